# A deep net with batch normalization between a layer and its activation, as He's papers have it.
import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(19)
(X, y), _ = keras.datasets.mnist.load_data()
X, y = X[:600] / 255.0, y[:600]

model = keras.models.Sequential()
model.add(keras.layers.Flatten(input_shape=[28, 28]))
model.add(keras.layers.BatchNormalization())
for units in (40, 30, 20):
    model.add(keras.layers.Dense(units, kernel_initializer="he_normal", use_bias=False))
    model.add(keras.layers.BatchNormalization(momentum=0.9))
    model.add(keras.layers.Activation("elu"))
model.add(keras.layers.Dense(10, activation="softmax"))
print(len(model.trainable_weights), "weights are trained,", len(model.non_trainable_weights), "are not")

model.compile(
    loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=0.05), metrics=["accuracy"]
)
history = model.fit(X[:500], y[:500], epochs=3, validation_data=(X[500:], y[500:]), verbose=2)
gamma, beta, mean, variance = model.layers[3].get_weights()
for values in (gamma, beta, mean, variance):
    print(values.shape, np.mean(values).round(4), np.std(values).round(4))
