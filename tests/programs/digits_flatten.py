# Handwritten digits, flattened; the default progress of fit.
import tensorflow as tf

tf.keras.utils.set_random_seed(5)
mnist = tf.keras.datasets.mnist
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = x_train[:1500] / 255.0, x_test[:300] / 255.0
y_train, y_test = y_train[:1500], y_test[:300]

model = tf.keras.models.Sequential(
    [
        tf.keras.layers.Flatten(input_shape=(28, 28)),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dropout(0.2),
        tf.keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=3)
model.evaluate(x_test, y_test, verbose=2)
probabilities = model.predict(x_test[:3])
print(probabilities.argmax(axis=1), y_test[:3])
