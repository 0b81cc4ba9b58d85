# What evaluate returns, by its name.
import numpy as np
from keras.layers import Dense
from keras.models import Sequential

np.random.seed(12)
dataset = np.random.rand(150, 9)
dataset[:, 8] = dataset[:, 0] > dataset[:, 3]
X_train, Y_train = dataset[:100, 0:8], dataset[:100, 8]
X_test, Y_test = dataset[100:, 0:8], dataset[100:, 8]

model = Sequential()
model.add(Dense(12, input_dim=8, kernel_initializer="random_uniform", activation="relu"))
model.add(Dense(1, kernel_initializer="random_uniform", activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="Adam", metrics=["accuracy"])
model.fit(X_train, Y_train, validation_data=(X_test, Y_test), epochs=6, batch_size=10, verbose=0)
scores = model.evaluate(X_test, Y_test)
print("\n%s: %.4f" % (model.metrics_names[0], scores[0]))
print("Accuracy: %.2f%%" % (scores[1] * 100))
rounded = [float(round(x[0])) for x in model.predict(X_test)]
print(rounded[:10], np.mean(np.array(rounded) == Y_test))
