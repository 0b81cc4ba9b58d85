# What a net has learnt of eight classes helps with two others, of which there are few samples.
import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(42)
rng = np.random.default_rng(42)
prototypes = rng.normal(size=(10, 12))
class_A, class_B = rng.integers(0, 8, 240), rng.integers(8, 10, 40)
X_A = prototypes[class_A] + rng.normal(size=(240, 12))
X_B = prototypes[class_B] + rng.normal(size=(40, 12))
y_B = (class_B == 9).astype("float32")

model_A = keras.models.Sequential()
model_A.add(keras.Input(shape=(12,)))
for n_hidden in (30, 20):
    model_A.add(keras.layers.Dense(n_hidden, activation="selu", kernel_initializer="lecun_normal"))
model_A.add(keras.layers.Dense(8, activation="softmax"))
model_A.compile(
    loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=0.02), metrics=["accuracy"]
)
model_A.fit(X_A, class_A, epochs=4, verbose=0)

model_B_on_A = keras.models.Sequential(model_A.layers[:-1])
model_B_on_A.add(keras.layers.Dense(1, activation="sigmoid"))
for layer in model_B_on_A.layers[:-1]:
    layer.trainable = False
model_B_on_A.compile(
    loss="binary_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=0.05), metrics=["accuracy"]
)
frozen = model_B_on_A.layers[0].get_weights()[0].copy()
history = model_B_on_A.fit(X_B[:30], y_B[:30], epochs=3, validation_data=(X_B[30:], y_B[30:]), verbose=0)
print("frozen:", history.history["loss"], (model_B_on_A.layers[0].get_weights()[0] == frozen).all())

for layer in model_B_on_A.layers[:-1]:
    layer.trainable = True
model_B_on_A.compile(
    loss="binary_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=0.02), metrics=["accuracy"]
)
history = model_B_on_A.fit(X_B[:30], y_B[:30], epochs=3, validation_data=(X_B[30:], y_B[30:]), verbose=0)
print("all:", history.history["loss"], "test:", model_B_on_A.evaluate(X_B[30:], y_B[30:], verbose=0))
print("trained:", len(model_B_on_A.trainable_variables))
