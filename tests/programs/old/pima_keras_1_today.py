# pima_keras_1.py in today's words.
import numpy as np
from keras.layers import Activation, Dense, Dropout
from keras.models import Sequential
from keras.optimizers import SGD
from keras.regularizers import l2
from keras.utils import to_categorical

np.random.seed(7)
X = np.random.rand(150, 8)
y = (X[:, 0] + X[:, 4] > 1).astype(int)
Y = to_categorical(y, num_classes=2)

model = Sequential()
model.add(Dense(units=12, input_dim=8, kernel_initializer="uniform", kernel_regularizer=l2(0.001)))
model.add(Activation("relu"))
model.add(Dropout(rate=0.1))
model.add(Dense(units=2, kernel_initializer="uniform", use_bias=True))
model.add(Activation("softmax"))
model.compile(loss="categorical_crossentropy", optimizer=SGD(learning_rate=0.1, momentum=0.9), metrics=["accuracy"])
history = model.fit(X, Y, epochs=6, batch_size=10, verbose=0)
print(history.history["loss"])
print(model.predict(X[:10], verbose=0).argmax(axis=-1), model.predict(X[:2], verbose=0))
