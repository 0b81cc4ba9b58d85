# A line through points with outliers: three losses.
import numpy as np
from tensorflow.keras import layers, losses, models, optimizers, utils

rng = np.random.default_rng(5)
x = rng.uniform(-1, 1, 120)
y = 3 * x + 1 + rng.normal(0, 0.1, 120)
y[::10] += 8

for loss in ["mse", losses.MeanAbsoluteError(), losses.Huber(delta=0.5)]:
    utils.set_random_seed(5)
    model = models.Sequential([layers.Dense(1, input_shape=(1,))])
    model.compile(loss=loss, optimizer=optimizers.SGD(learning_rate=0.1), metrics=["mae", "mse"])
    log = model.fit(x, y, epochs=6, batch_size=12, verbose=0).history
    (slope,), intercept = model.get_weights()
    print(f"y = {slope[0]:.3f} x + {intercept[0]:.3f}, loss {log['loss'][-1]:.4f}, mae {log['mae'][-1]:.4f}")
