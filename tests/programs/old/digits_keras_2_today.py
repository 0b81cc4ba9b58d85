# digits_keras_2.py in today's words.
import numpy as np
from keras.datasets import mnist
from keras.layers import Dense, Dropout, LeakyReLU
from keras.models import Sequential
from keras.optimizers import Adam, RMSprop
from keras.utils import to_categorical

np.random.seed(1671)
(X_train, y_train), _ = mnist.load_data()
X_train = X_train[:400].reshape(400, 784).astype("float32") / 255
Y_train = to_categorical(y_train[:400], 10)

model = Sequential()
model.add(Dense(64, input_shape=(784,)))
model.add(LeakyReLU(negative_slope=0.3))
model.add(Dropout(0.3))
model.add(Dense(10, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer=RMSprop(learning_rate=0.001), metrics=["accuracy"])
history = model.fit(X_train, Y_train, batch_size=64, epochs=3, verbose=0, validation_split=0.2)
for old, name in (("acc", "accuracy"), ("val_acc", "val_accuracy"), ("loss", "loss"), ("val_loss", "val_loss")):
    print(old, history.history[name])

even = Sequential([Dense(1, activation="sigmoid", input_shape=(784,))])
even.compile(loss="binary_crossentropy", optimizer=Adam(learning_rate=0.01), metrics=["acc"])
print(even.fit(X_train, y_train[:400] % 2, epochs=2, verbose=0).history["acc"])
print((even.predict(X_train[:8], verbose=0) > 0.5).astype("int32").ravel())
