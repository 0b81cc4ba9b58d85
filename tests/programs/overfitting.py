# Three ways against overfitting.
import numpy as np
from tensorflow.keras import Sequential, layers, regularizers, utils

rng = np.random.default_rng(0)
X = rng.normal(size=(160, 20))
y = (X[:, :2].sum(axis=1) + rng.normal(0, 1, 160) > 0).astype("float32")


def small():
    return [layers.Dense(4, activation="relu"), layers.Dense(1, activation="sigmoid")]


def large(**kwargs):
    return [layers.Dense(64, activation="relu", **kwargs), layers.Dense(1, activation="sigmoid")]


def with_dropout():
    return [layers.Dense(64, activation="relu"), layers.Dropout(0.5), layers.Dense(1, activation="sigmoid")]


variants = {
    "small": small(),
    "l1 and l2": large(kernel_regularizer=regularizers.l1_l2(l1=0.0005, l2=0.001), bias_regularizer="l2"),
    "dropout": with_dropout(),
}
for name, net in variants.items():
    utils.set_random_seed(100)
    model = Sequential(net)
    model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    history = model.fit(X, y, epochs=6, batch_size=32, validation_split=0.4, verbose=0)
    best = int(np.argmin(history.history["val_loss"]))
    print(f"{name}: best epoch {best + 1}, val_loss {history.history['val_loss'][best]:.4f}")
    print("   loss in the end: %.4f and %.4f" % (history.history["loss"][-1], history.history["val_loss"][-1]))
