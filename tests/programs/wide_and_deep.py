# Districts of a state: a deep path beside a short one.
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(42)
rng = np.random.default_rng(42)
X = rng.normal(size=(256, 8)).astype("float32")
y = 0.7 * X[:, 0] + np.abs(X[:, 1]) - 0.4 * X[:, 2] * X[:, 3]

input_ = tf.keras.layers.Input(shape=X.shape[1:])
hidden1 = tf.keras.layers.Dense(30, activation="relu")(input_)
hidden2 = tf.keras.layers.Dense(30, activation="relu")(hidden1)
concat = tf.keras.layers.Concatenate()([input_, hidden2])
output = tf.keras.layers.Dense(1)(concat)
model = tf.keras.Model(inputs=[input_], outputs=[output])
model.summary()

model.compile(loss="mean_squared_error", optimizer=tf.keras.optimizers.SGD(learning_rate=0.02))
history = model.fit(X[:200], y[:200], epochs=5, validation_data=(X[200:], y[200:]), verbose=0)
print(history.history)
print(model.predict(X[:3], verbose=0))
