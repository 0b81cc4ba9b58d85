# XOR with layers and their activations apart, as they were written in 2016.
import numpy as np
from keras.layers import Activation, Dense
from keras.models import Sequential
from keras.optimizers import SGD

training_data = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
target_data = np.array([[0], [1], [1], [0]], "float32")

model = Sequential()
model.add(Dense(16, input_dim=2))
model.add(Activation("tanh"))
model.add(Dense(1))
model.add(Activation("sigmoid"))
model.compile(loss="mean_squared_error", optimizer=SGD(learning_rate=1.0), metrics=["binary_accuracy"])
history = model.fit(training_data, target_data, epochs=40, batch_size=4, verbose=0)

print("first and last loss:", history.history["loss"][0], history.history["loss"][-1])
print("binary accuracy:", history.history["binary_accuracy"][-1])
print(model.predict(training_data).round(2))
