# Keras 2.2: lr, decay, np_utils, the log's "acc", predict_classes of one output.
import numpy as np
from keras.callbacks import ModelCheckpoint
from keras.datasets import mnist
from keras.layers.advanced_activations import LeakyReLU
from keras.layers.core import Dense, Dropout
from keras.models import Sequential
from keras.optimizers import Adam, RMSprop
from keras.utils.np_utils import to_categorical

np.random.seed(1671)
(X_train, y_train), _ = mnist.load_data()
X_train = X_train[:400].reshape(400, 784).astype("float32") / 255
Y_train = to_categorical(y_train[:400], 10)

model = Sequential()
model.add(Dense(64, batch_input_shape=(None, 784)))
model.add(LeakyReLU(alpha=0.3))
model.add(Dropout(0.3))
model.add(Dense(10, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer=RMSprop(lr=0.001), metrics=["accuracy"])
history = model.fit(X_train, Y_train, batch_size=64, epochs=3, verbose=0, validation_split=0.2)
for name in ("acc", "val_acc", "loss", "val_loss"):
    print(name, history.history[name])

even = Sequential([Dense(1, activation="sigmoid", input_shape=(784,))])
even.compile(loss="binary_crossentropy", optimizer=Adam(lr=0.01, decay=1e-6), metrics=["acc"])
print(even.fit(X_train, y_train[:400] % 2, epochs=2, verbose=0).history["acc"])
print(even.predict_classes(X_train[:8]).ravel())
