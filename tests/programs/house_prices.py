# Prices of houses: scaled features, mean absolute error, the coefficient of determination by hand.
import numpy as np
import keras
from keras import layers

keras.utils.set_random_seed(3)
rooms = np.random.normal(6, 1, 200)
age = np.random.uniform(0, 100, 200)
crime = np.random.exponential(3, 200)
price = 9 * rooms - 0.1 * age - 0.8 * crime + np.random.normal(0, 2, 200) - 15
features = np.column_stack([rooms, age, crime])
features = (features - features.mean(axis=0)) / features.std(axis=0)

model = keras.Sequential()
model.add(layers.Dense(64, activation="relu"))
model.add(layers.Dense(64, activation="relu"))
model.add(layers.Dense(1))
model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
history = model.fit(features[:150], price[:150], epochs=12, batch_size=16, validation_split=0.2, verbose=0)
for name in ("loss", "mae", "val_loss", "val_mae"):
    print(name, [round(value, 3) for value in history.history[name][::4]])

mse, mae = model.evaluate(features[150:], price[150:], verbose=0)
guess = model.predict(features[150:], verbose=0).flatten()
residual = np.sum((price[150:] - guess) ** 2)
total = np.sum((price[150:] - price[150:].mean()) ** 2)
print(f"mse {mse:.3f}, rmse {np.sqrt(mse):.3f}, mae {mae:.3f}, r2 {1 - residual / total:.4f}")
model.summary()
