"""The walkthrough's net and its training, in Keras and nothing else.

Change the first import to `import tinydnn as keras`, and the same lines run on tinydnn.
"""

import keras

from tinydnn.datasets import mnist  # the digits of keras.datasets.mnist, without a download

keras.utils.set_random_seed(42)
(x_train, y_train), (x_test, y_test) = mnist.load_data()

model = keras.models.Sequential()
model.add(keras.layers.Input((28, 28)))
model.add(keras.layers.Reshape((28 * 28,)))
model.add(keras.layers.Dense(324, activation="sigmoid"))
model.add(keras.layers.Dense(36, activation="sigmoid"))
model.add(keras.layers.Dense(10, activation="softmax"))
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
model.summary()

one_hot = keras.utils.to_categorical(y_train, 10)
model.fit(x_train, one_hot, epochs=20, batch_size=512, validation_split=0.2, shuffle=True, verbose=2)
loss, accuracy = model.evaluate(x_test, keras.utils.to_categorical(y_test, 10), verbose=0)
print(f"Test loss {loss:.4f}, test accuracy {accuracy:.4f}")
