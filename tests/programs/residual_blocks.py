# A functional net with skip connections and layer normalization.
import numpy as np
from tensorflow.keras import Input, Model, layers, optimizers, utils

utils.set_random_seed(12)


def block(x, units):
    shortcut = x
    x = layers.Dense(units)(x)
    x = layers.LayerNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.Dropout(0.1)(x)
    x = layers.Dense(units)(x)
    return layers.Add()([shortcut, x])


inputs = Input(shape=(12,), name="features")
x = layers.Dense(24, activation="relu")(inputs)
x = block(x, 24)
x = block(x, 24)
outputs = layers.Dense(4, activation="softmax", name="classes")(x)
model = Model(inputs, outputs, name="residual")
model.summary()

rng = np.random.default_rng(12)
X = rng.normal(size=(200, 12)).astype("float32")
y = X[:, :4].argmax(axis=1)
model.compile(optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(X, y, epochs=4, batch_size=40, validation_split=0.2, verbose=0)
for name, values in history.history.items():
    print(name, np.round(values, 3))
print(model.get_layer("classes").output.shape, model.input_shape, len(model.layers))
