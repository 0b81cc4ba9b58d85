# Three spirals, and the regions that a net makes of them.
import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam

np.random.seed(0)
N, K = 60, 3
X, Y = np.zeros((N * K, 2)), np.zeros(N * K, dtype="uint8")
for j in range(K):
    radius = np.linspace(0.0, 1, N)
    theta = np.linspace(j * 4, (j + 1) * 4, N) + np.random.randn(N) * 0.2
    X[N * j : N * (j + 1)] = np.c_[radius * np.sin(theta), radius * np.cos(theta)]
    Y[N * j : N * (j + 1)] = j

model = Sequential()
model.add(Dense(50, activation="relu", input_shape=X[0].shape))
model.add(Dense(K, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer=Adam(learning_rate=0.02), metrics=["accuracy"])
model.fit(X, Y, epochs=15, batch_size=30, verbose=0)
loss, accuracy = model.evaluate(X, Y, verbose=0)
print(f"loss {loss:.4f}, accuracy {accuracy:.4f}")

xx, yy = np.meshgrid(np.linspace(-1, 1, 21), np.linspace(-1, 1, 21))
regions = model.predict(np.c_[xx.ravel(), yy.ravel()], verbose=0).argmax(axis=1).reshape(xx.shape)
plt.contourf(xx, yy, regions, alpha=0.8)
plt.scatter(X[:, 0], X[:, 1], c=Y, s=20)
plt.title("%d classes" % K)
print("centre:", regions[10, 10], "corners:", regions[0, 0], regions[0, -1], regions[-1, 0], regions[-1, -1])
plt.close()
