# Which learning rate: let it grow with every batch, and look where the loss is lowest.
import numpy as np
import keras


class Finder(keras.callbacks.Callback):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor
        self.rates, self.losses = [], []

    def on_train_begin(self, logs=None):
        self.weights = self.model.get_weights()

    def on_train_batch_end(self, batch, logs=None):
        rate = float(self.model.optimizer.learning_rate)
        self.rates.append(rate)
        self.losses.append(logs["loss"])
        self.model.optimizer.learning_rate = rate * self.factor

    def on_train_end(self, logs=None):
        self.model.set_weights(self.weights)


keras.utils.set_random_seed(25)
x = np.random.normal(size=(640, 9))
y = np.tanh(x[:, 0]) + x[:, 1]
model = keras.Sequential([keras.Input((9,)), keras.layers.Dense(30, activation="relu"), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=1e-4), loss="mse")
loss = model.evaluate(x, y, verbose=0)
finder = Finder(1.2)
model.fit(x, y, epochs=2, batch_size=32, callbacks=[finder], verbose=0)
best = int(np.argmin(finder.losses))
print("lowest loss", finder.losses[best], "at a rate of", finder.rates[best], "in step", best)
print("last rate", finder.rates[-1])
print("as before:", loss == model.evaluate(x, y, verbose=0))
