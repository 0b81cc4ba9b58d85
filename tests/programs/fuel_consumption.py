# Miles per gallon from a layer that normalizes what goes in, with one column and with all of them.
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

tf.keras.utils.set_random_seed(80)
rng = np.random.RandomState(80)
horsepower = rng.normal(105, 38, 160)
weight = rng.normal(2980, 850, 160)
origin = np.eye(3)[rng.randint(0, 3, 160)]
mpg = 46 - 0.0057 * weight - 0.02 * horsepower + origin @ [0, 1, 2] + rng.normal(0, 2, 160)
features = np.column_stack([horsepower, weight, origin]).astype("float32")

normalizer = layers.Normalization(axis=-1)
normalizer.adapt(features)
print("first row:", np.array(normalizer(features[:1])))

horsepower_normalizer = layers.Normalization(input_shape=[1], axis=None)
horsepower_normalizer.adapt(horsepower)
linear = tf.keras.Sequential([horsepower_normalizer, layers.Dense(units=1)])
linear.compile(optimizer=tf.keras.optimizers.Adam(learning_rate=0.1), loss="mean_absolute_error")
history = linear.fit(horsepower, mpg, epochs=5, validation_split=0.2, verbose=0)
print("horsepower alone:", history.history["val_loss"])

dnn = tf.keras.Sequential(
    [normalizer, layers.Dense(32, activation="relu"), layers.Dense(32, activation="relu"), layers.Dense(1)]
)
dnn.compile(loss="mean_absolute_error", optimizer=tf.keras.optimizers.Adam(0.01))
history = dnn.fit(features, mpg, validation_split=0.2, epochs=5, verbose=0)
print("weights:", dnn.count_params())
print("all columns:", history.history["val_loss"])
