# The same net under three learning rate schedules.
import numpy as np
from tensorflow import keras
from tensorflow.keras.optimizers.schedules import (
    CosineDecay,
    ExponentialDecay,
    PiecewiseConstantDecay,
)

rng = np.random.default_rng(6)
X = rng.normal(size=(160, 6)).astype("float32")
y = (X[:, 0] * X[:, 1] > 0).astype("float32")

schedules = {
    "exponential": ExponentialDecay(0.05, decay_steps=20, decay_rate=0.5, staircase=True),
    "piecewise": PiecewiseConstantDecay([15, 30], [0.05, 0.02, 0.005]),
    "cosine": CosineDecay(0.05, decay_steps=40, alpha=0.01),
}
for name, schedule in schedules.items():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.SGD(schedule, momentum=0.9), "binary_crossentropy", metrics=["accuracy"])
    log = model.fit(X, y, batch_size=16, epochs=4, verbose=0).history
    print(f"{name:12} loss {log['loss'][-1]:.4f} accuracy {log['accuracy'][-1]:.4f}")
    print(
        "   rate at step 25:",
        round(float(schedule(25)), 6),
        "at the end:",
        round(float(model.optimizer.learning_rate), 6),
    )
