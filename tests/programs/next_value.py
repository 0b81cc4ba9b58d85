# The next value of a series from the twelve before it, and a forecast that feeds on itself.
import numpy as np
from keras.layers import Dense
from keras.models import Sequential

np.random.seed(3)
month = np.arange(144)
passengers = 100 + 2 * month + 30 * np.sin(2 * np.pi * month / 12) + np.random.normal(0, 5, 144)
low, high = passengers.min(), passengers.max()
scaled = (passengers - low) / (high - low)


def create_dataset(series, look_back):
    windows = [series[i : i + look_back] for i in range(len(series) - look_back)]
    return np.array(windows), series[look_back:]


X, Y = create_dataset(scaled, 12)
split = int(len(X) * 0.67)
model = Sequential()
model.add(Dense(16, input_dim=12, activation="relu"))
model.add(Dense(1))
model.compile(loss="mean_squared_error", optimizer="adam")
model.fit(X[:split], Y[:split], epochs=10, batch_size=8, shuffle=False, verbose=0)
for name, part in (("Train", slice(0, split)), ("Test", slice(split, None))):
    error = model.evaluate(X[part], Y[part], verbose=0)
    print("%s score: %.5f MSE (%.3f RMSE)" % (name, error, np.sqrt(error) * (high - low)))

window = list(scaled[-12:])
for _ in range(4):
    window.append(model.predict(np.array([window[-12:]]), verbose=0)[0, 0])
print("forecast:", (np.array(window[-4:], dtype=float) * (high - low) + low).round(2))
