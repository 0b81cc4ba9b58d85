# Customers who leave: categories as columns of 0 and 1, batch normalization, predictions of single rows.
import numpy as np
from tensorflow.keras.layers import BatchNormalization, Dense, Dropout
from tensorflow.keras.models import Sequential
from tensorflow.keras.utils import set_random_seed

set_random_seed(1)
n = 320
country = np.random.choice(["France", "Germany", "Spain"], n)
age = np.random.randint(18, 80, n)
balance = np.random.exponential(50_000, n)
active = np.random.rand(n) < 0.5
left = ((age > 50) & ~active) | ((country == "Germany") & (balance > 80_000))

dummies = np.stack([country == each for each in ("France", "Germany")], axis=1)
numbers = np.stack([age, balance, active], axis=1).astype(float)
numbers = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
X = np.concatenate([dummies, numbers], axis=1)
y = left.astype(int)

classifier = Sequential()
classifier.add(Dense(units=16, kernel_initializer="uniform", activation="relu", input_dim=X.shape[1]))
classifier.add(BatchNormalization())
classifier.add(Dropout(rate=0.1))
classifier.add(Dense(units=8, kernel_initializer="uniform", activation="relu"))
classifier.add(BatchNormalization())
classifier.add(Dense(units=1, kernel_initializer="uniform", activation="sigmoid"))
classifier.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
classifier.fit(X[:256], y[:256], batch_size=32, epochs=5, verbose=0)

y_pred = classifier.predict(X[256:]) > 0.5
tp = np.sum(y_pred[:, 0] & left[256:])
tn = np.sum(~y_pred[:, 0] & ~left[256:])
print("accuracy", (tp + tn) / 64, "found", tp, "of", left[256:].sum())
print(classifier.predict(X[300:301], verbose=0))
classifier.summary()
