# Passengers of a ship: ages that are missing, a file for the submission.
import csv
import io

import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout

rng = np.random.RandomState(1912)
sex = rng.randint(0, 2, 250)
ticket_class = rng.randint(1, 4, 250)
age = np.where(rng.rand(250) < 0.15, np.nan, rng.uniform(1, 70, 250))
fare = rng.lognormal(2.5, 1, 250) / ticket_class
survived = (sex + (ticket_class < 3) + (np.nan_to_num(age, nan=30) < 12) >= 2).astype(int)

age = np.where(np.isnan(age), np.nanmedian(age), age)
X = np.column_stack([sex, ticket_class == 1, ticket_class == 2, age / 80, np.log1p(fare)]).astype("float32")
train, test = slice(0, 200), slice(200, None)


def create_model(lyrs=[16], act="relu", opt="Adam", dr=0.1):
    model = Sequential()
    model.add(Dense(lyrs[0], input_dim=X.shape[1], activation=act))
    for i in range(1, len(lyrs)):
        model.add(Dense(lyrs[i], activation=act))
    model.add(Dropout(dr))
    model.add(Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=opt, metrics=["accuracy"])
    return model


model = create_model([16, 8], dr=0.2)
training = model.fit(X[train], survived[train], epochs=12, batch_size=32, validation_split=0.2, verbose=0)
val_acc = np.mean(training.history["val_accuracy"])
print("\n%s: %.2f%%" % ("val_accuracy", val_acc * 100))

submission = io.StringIO()
writer = csv.writer(submission)
writer.writerow(["PassengerId", "Survived"])
for number, chance in enumerate(model.predict(X[test], verbose=0).ravel(), start=201):
    writer.writerow([number, int(round(float(chance)))])
print(submission.getvalue()[:180])
