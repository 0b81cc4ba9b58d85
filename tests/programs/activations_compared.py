# One net, some activations, by name, as functions and as layers.
import numpy as np
from keras import Sequential, activations, layers, utils
from keras.layers import LeakyReLU

x = np.linspace(-2, 2, 120)[:, None]
y = np.sin(3 * x)
candidates = ["selu", activations.tanh, LeakyReLU(negative_slope=0.1)]
for activation in candidates:
    utils.set_random_seed(55)
    model = Sequential([layers.Input((1,)), layers.Dense(24)])
    model.add(activation if isinstance(activation, layers.Layer) else layers.Activation(activation))
    model.add(layers.Dense(1))
    model.compile("adam", "mse")
    history = model.fit(x, y, epochs=3, batch_size=8, verbose=0)
    name = activation if isinstance(activation, str) else getattr(activation, "__name__", "a layer")
    print(name.ljust(12), history.history["loss"])
