# A learning rate that is halved every three epochs, and a log as CSV.
import math
import os
import tempfile

import numpy as np
from keras.callbacks import CSVLogger, LearningRateScheduler
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import SGD

np.random.seed(7)
X = np.random.normal(size=(150, 10))
Y = (X[:, :3].sum(axis=1) > 0).astype(int)


def step_decay(epoch):
    initial_lrate, drop, epochs_drop = 0.1, 0.5, 3.0
    return initial_lrate * math.pow(drop, math.floor((1 + epoch) / epochs_drop))


model = Sequential()
model.add(Dense(20, input_dim=10, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer=SGD(learning_rate=0.0, momentum=0.9), metrics=["accuracy"])

path = os.path.join(tempfile.mkdtemp(), "training.csv")
callbacks_list = [LearningRateScheduler(step_decay, verbose=1), CSVLogger(path)]
history = model.fit(X, Y, validation_split=0.33, epochs=7, batch_size=28, callbacks=callbacks_list, verbose=0)
print(history.history["learning_rate"])
with open(path) as file:
    print(file.read())
