# A first network: eight measurements of a patient, one yes or no.
from keras.layers import Dense
from keras.models import Sequential
import numpy as np

np.random.seed(7)
X = np.random.rand(240, 8)
y = (X[:, 1] + 0.5 * X[:, 5] - 0.3 * X[:, 7] > 0.6).astype(int)

model = Sequential()
model.add(Dense(12, input_dim=8, activation="relu"))
model.add(Dense(8, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X, y, epochs=20, batch_size=10, verbose=0)

_, accuracy = model.evaluate(X, y)
print("Accuracy: %.2f" % (accuracy * 100))
predictions = (model.predict(X) > 0.5).astype(int)
for i in range(5):
    print("%s => %d (expected %d)" % (X[i].round(2).tolist(), predictions[i, 0], y[i]))
