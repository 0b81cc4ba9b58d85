# Every combination of a few settings.
import itertools

import numpy as np
import tensorflow.keras as keras

np.random.seed(7)
X = np.random.rand(90, 4)
y = (X[:, 0] > X[:, 1]).astype(int)


def create_model(optimizer="adam", neurons=8, dropout_rate=0.0):
    model = keras.models.Sequential()
    model.add(
        keras.layers.Dense(neurons, activation="relu", input_shape=(4,), kernel_constraint=keras.constraints.MaxNorm(3))
    )
    model.add(keras.layers.Dropout(dropout_rate))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


param_grid = dict(optimizer=["adam"], neurons=[4, 16], dropout_rate=[0.2])
found = []
for values in itertools.product(*param_grid.values()):
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    params = dict(zip(param_grid, values))
    model = create_model(**params)
    history = model.fit(X, y, epochs=2, batch_size=10, verbose=0)
    found.append((history.history["loss"][-1], params))
found.sort(key=lambda each: each[0])
print("Best: %f using %s" % found[0])
for loss, params in found:
    print("%f with: %r" % (loss, params))
