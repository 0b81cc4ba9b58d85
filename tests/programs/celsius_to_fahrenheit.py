# One neuron learns F = 1.8 C + 32.
import numpy as np
import tensorflow as tf

celsius = np.array([-40, -10, 0, 8, 15, 22, 38], dtype=float)
fahrenheit = np.array([-40, 14, 32, 46.4, 59, 71.6, 100.4], dtype=float)

layer = tf.keras.layers.Dense(units=1, input_shape=[1])
model = tf.keras.Sequential([layer])
model.compile(loss="mean_squared_error", optimizer=tf.keras.optimizers.Adam(2.0))
history = model.fit(celsius, fahrenheit, epochs=40, verbose=False)

print("loss by the end:", history.history["loss"][-1])
print("100 degrees are", model.predict(np.array([100.0]), verbose=0))
weight, bias = layer.get_weights()
print("F = {:.3f} C + {:.3f}".format(weight[0][0], bias[0]))
