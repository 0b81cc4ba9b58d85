# Batches that a generator makes, without an end.
import numpy as np
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import Adam
from keras.utils import set_random_seed

set_random_seed(14)


def waves(batch_size, seed):
    rng = np.random.RandomState(seed)
    while True:
        frequency = rng.uniform(1, 4, size=(batch_size, 1))
        time = np.linspace(0, 1, 20)
        yield np.sin(2 * np.pi * frequency * time), frequency[:, 0]


model = Sequential([Dense(32, activation="relu", input_shape=(20,)), Dense(1)])
model.compile(loss="mae", optimizer=Adam(learning_rate=0.01), metrics=["mse"])
validation_data = next(waves(48, 1))
history = model.fit(waves(16, 0), steps_per_epoch=10, epochs=4, validation_data=validation_data, verbose=0)
print(history.history)
print(model.evaluate(waves(16, 2), steps=4, verbose=0))
x, frequency = next(waves(5, 3))
print(np.c_[frequency, model.predict(x, verbose=0)])
