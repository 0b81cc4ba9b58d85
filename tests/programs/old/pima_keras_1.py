# Keras 1: output_dim, init, nb_epoch, W_regularizer, Dropout(p).
import numpy as np
from keras.layers.core import Activation, Dense, Dropout
from keras.models import Sequential
from keras.optimizers import SGD
from keras.regularizers import l2
from keras.utils import np_utils

np.random.seed(7)
X = np.random.rand(150, 8)
y = (X[:, 0] + X[:, 4] > 1).astype(int)
Y = np_utils.to_categorical(y, nb_classes=2)

model = Sequential()
model.add(Dense(output_dim=12, input_dim=8, init="uniform", W_regularizer=l2(0.001)))
model.add(Activation("relu"))
model.add(Dropout(p=0.1))
model.add(Dense(output_dim=2, init="uniform", bias=True))
model.add(Activation("softmax"))
model.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.1, momentum=0.9), metrics=["accuracy"])
history = model.fit(X, Y, nb_epoch=6, batch_size=10, verbose=0)
print(history.history["loss"])
print(model.predict_classes(X[:10], verbose=0), model.predict_proba(X[:2], verbose=0))
