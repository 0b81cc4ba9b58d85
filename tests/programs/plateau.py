# Smaller steps where the loss no longer falls.
import numpy as np
import keras
from keras.callbacks import EarlyStopping, ReduceLROnPlateau

keras.utils.set_random_seed(9)
x = np.random.uniform(-1, 1, (200, 2))
y = np.sin(3 * x[:, 0]) * x[:, 1]

model = keras.Sequential(
    [keras.Input((2,)), keras.layers.Dense(32, "tanh"), keras.layers.Dense(32, "tanh"), keras.layers.Dense(1)]
)
model.compile(keras.optimizers.Adam(0.05), "mse")
reduce_lr = ReduceLROnPlateau(monitor="val_loss", factor=0.2, patience=2, min_lr=1e-4, verbose=1)
early_stopping = EarlyStopping(monitor="val_loss", min_delta=1e-4, patience=6)
history = model.fit(
    x, y, validation_split=0.25, epochs=20, batch_size=50, callbacks=[reduce_lr, early_stopping], verbose=0
)
print("rates:", sorted(set(round(float(rate), 6) for rate in history.history["learning_rate"])))
print("epochs:", len(history.history["loss"]))
print("the best of val_loss:", min(history.history["val_loss"]))
