# Batches from a PyDataset, which makes them when they are asked for.
import math

import keras
import numpy as np


class Rows(keras.utils.PyDataset):
    def __init__(self, x, y, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, idx):
        low = idx * self.batch_size
        high = min(low + self.batch_size, len(self.x))
        return self.x[low:high] / 100.0, self.y[low:high]


keras.utils.set_random_seed(15)
x = np.random.randint(0, 100, (130, 7))
y = (x.sum(axis=1) > 350).astype("float32")

model = keras.Sequential([keras.Input((7,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(1, "sigmoid")])
model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
history = model.fit(
    Rows(x[:100], y[:100], 16), validation_data=Rows(x[100:], y[100:], 16), epochs=4, shuffle=False, verbose=0
)
print(history.history)
print("batches:", len(Rows(x, y, 16)), "rows:", len(model.predict(Rows(x, y, 16), verbose=0)))
