# Wines by 13 measurements: stop early, keep the best epoch's file, load it again.
import os
import tempfile

import numpy as np
from tensorflow import keras
from tensorflow.keras.callbacks import EarlyStopping, ModelCheckpoint

keras.utils.set_random_seed(21)
rng = np.random.RandomState(21)
cultivar = rng.randint(0, 3, 180)
measured = rng.normal(size=(180, 13)) + 0.9 * rng.normal(size=(3, 13))[cultivar]

best = os.path.join(tempfile.mkdtemp(), "best.keras")
model = keras.models.Sequential(
    [
        keras.layers.InputLayer(shape=(13,)),
        keras.layers.Dense(32, activation="relu", kernel_initializer="he_uniform"),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile(keras.optimizers.Adam(learning_rate=0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
stop = EarlyStopping(monitor="val_loss", patience=2, mode="min", restore_best_weights=True, verbose=1)
keep = ModelCheckpoint(best, monitor="val_accuracy", save_best_only=True, mode="max")
history = model.fit(
    measured[:130], cultivar[:130], validation_data=(measured[130:], cultivar[130:]),
    epochs=15, batch_size=16, callbacks=[stop, keep], verbose=0,
)  # fmt: skip

print("epochs:", len(history.epoch), "stopped in", stop.stopped_epoch)
print("best validation accuracy:", max(history.history["val_accuracy"]))
saved = keras.models.load_model(best)
print("of the saved model:", saved.evaluate(measured[130:], cultivar[130:], verbose=0))
print("of the restored one:", model.evaluate(measured[130:], cultivar[130:], verbose=0))
