# Dropout of what goes in, weights kept short, a large rate with momentum.
import numpy as np
from keras.constraints import MaxNorm
from keras.layers import Dense, Dropout, Input
from keras.models import Sequential
from keras.optimizers import SGD
from keras.utils import set_random_seed

set_random_seed(7)
X = np.random.normal(size=(208, 60))
y = (X[:, ::7].sum(axis=1) > 0).astype(int)

model = Sequential()
model.add(Input(shape=(60,)))
model.add(Dropout(0.2))
model.add(Dense(60, activation="relu", kernel_constraint=MaxNorm(max_value=3)))
model.add(Dropout(0.2))
model.add(Dense(30, activation="relu", kernel_constraint=MaxNorm(3)))
model.add(Dense(1, activation="sigmoid"))
sgd = SGD(learning_rate=0.1, momentum=0.9, nesterov=True)
model.compile(loss="binary_crossentropy", optimizer=sgd, metrics=["accuracy"])
history = model.fit(X, y, epochs=6, batch_size=16, validation_split=0.2, verbose=0)
for epoch in history.epoch:
    print(epoch, round(history.history["loss"][epoch], 3), round(history.history["val_loss"][epoch], 3))
norms = [np.linalg.norm(layer.get_weights()[0], axis=0).max() for layer in model.layers if layer.get_weights()]
print("longest columns:", norms)
