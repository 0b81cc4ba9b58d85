# An autoencoder of two Sequential models, one after the other, that takes noise away.
import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(17)
rng = np.random.default_rng(17)
phase = rng.uniform(0, 2 * np.pi, (240, 1))
clean = 0.5 + 0.5 * np.sin(np.linspace(0, 6, 24) + phase)
noisy = np.clip(clean + rng.normal(0, 0.1, clean.shape), 0, 1)

encoder = keras.models.Sequential(
    [
        keras.layers.Dense(16, activation="selu", input_shape=[24]),
        keras.layers.Dense(3, activation="selu"),
    ]
)
decoder = keras.models.Sequential(
    [
        keras.layers.Dense(16, activation="selu", input_shape=[3]),
        keras.layers.Dense(24, activation="sigmoid"),
    ]
)
autoencoder = keras.models.Sequential([encoder, decoder])
autoencoder.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=1.5))
history = autoencoder.fit(noisy[:200], clean[:200], epochs=8, validation_data=(noisy[200:], clean[200:]), verbose=0)
print([round(loss, 4) for loss in history.history["val_loss"]])
codings = encoder.predict(noisy[200:203], verbose=0)
print(codings)
print(decoder.predict(codings, verbose=0)[:, :4])
