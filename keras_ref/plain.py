"""The walkthrough's net on scaled digits, as a plain program for Keras.

Change the first import to `import tinydnn as keras`, and the same program runs on tinydnn.
"""

import keras

from tinydnn.datasets import mnist  # the digits of keras.datasets.mnist, without a download

keras.utils.set_random_seed(42)
(x_train, y_train), (x_test, y_test) = mnist.load_data()

model = keras.models.Sequential()
model.add(keras.layers.Input((28, 28)))
model.add(keras.layers.Rescaling(1 / 255))
model.add(keras.layers.Reshape((28 * 28,)))
model.add(keras.layers.Dense(324, activation="sigmoid"))
model.add(keras.layers.Dense(36, activation="sigmoid"))
model.add(keras.layers.Dense(10, activation="softmax"))
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
model.summary()

model.fit(x_train, keras.utils.to_categorical(y_train), epochs=3, batch_size=512, validation_split=0.2, verbose=2)
loss, accuracy = model.evaluate(x_test, keras.utils.to_categorical(y_test), verbose=0)
print(f"Test loss {loss:.4f}, test accuracy {accuracy:.4f}")
