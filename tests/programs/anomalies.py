# What an autoencoder rebuilds badly is unusual.
import numpy as np
from tensorflow.keras import regularizers
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Sequential
from tensorflow.keras.utils import set_random_seed

set_random_seed(77)
rng = np.random.default_rng(77)
mixing = rng.normal(size=(3, 15))
normal = rng.normal(size=(300, 3)) @ mixing + 0.1 * rng.normal(size=(300, 15))
strange = rng.normal(size=(20, 15)) * 1.5
mean, std = normal.mean(axis=0), normal.std(axis=0)
normal, strange = (normal - mean) / std, (strange - mean) / std

autoencoder = Sequential()
autoencoder.add(Dense(8, activation="tanh", input_shape=(15,), activity_regularizer=regularizers.l2(1e-4)))
autoencoder.add(Dense(3, activation="linear", name="bottleneck"))
autoencoder.add(Dense(8, activation="tanh"))
autoencoder.add(Dense(15))
autoencoder.compile(optimizer="adam", loss="mse", metrics=["mae"])
history = autoencoder.fit(normal, normal, epochs=10, batch_size=32, validation_split=0.1, verbose=0)
print(history.history["val_loss"][::3])


def errors(x):
    return np.mean(np.square(x - autoencoder.predict(x, verbose=0)), axis=1)


threshold = np.quantile(errors(normal), 0.95)
print("threshold", threshold, "found", int((errors(strange) > threshold).sum()), "of", len(strange))
