# The outputs of every layer, from a model that shares the layers.
import keras
import numpy as np

keras.utils.set_random_seed(90)
inputs = keras.layers.Input(shape=(6,))
x = keras.layers.Dense(5, activation="relu", name="first")(inputs)
x = keras.layers.Dense(4, activation="tanh", name="second")(x)
outputs = keras.layers.Dense(1, name="last")(x)
model = keras.Model(inputs=inputs, outputs=outputs)
X = np.random.default_rng(90).normal(size=(96, 6))
model.compile("adam", "mse")
model.fit(X, X.max(axis=1), epochs=3, batch_size=24, verbose=0)

layer_outputs = [layer.output for layer in model.layers[1:]]
activation_model = keras.models.Model(inputs=model.input, outputs=layer_outputs)
for layer, activation in zip(model.layers[1:], activation_model.predict(X[:8], verbose=0)):
    print(layer.name, activation.shape, "mean", activation.mean(), "off", (activation == 0).mean())
features = keras.Model(model.inputs, model.get_layer("second").output)
print(features.predict(X[:2], verbose=0))
