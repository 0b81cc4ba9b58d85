# A model in one file, its weights in another, its architecture as JSON.
import os
import tempfile

import numpy as np
from keras.layers import Dense, Dropout
from keras.models import Sequential, load_model, model_from_json

folder = tempfile.mkdtemp()
np.random.seed(6)
X = np.random.rand(100, 8)
y = X.mean(axis=1) > 0.5

model = Sequential()
model.add(Dense(12, input_dim=8, kernel_initializer="uniform", activation="relu"))
model.add(Dropout(0.2))
model.add(Dense(1, kernel_initializer="uniform", activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X, y, epochs=5, batch_size=10, verbose=0)
scores = model.evaluate(X, y, verbose=0)
print("loss %.4f, accuracy %.2f%%" % (scores[0], scores[1] * 100))

with open(os.path.join(folder, "model.json"), "w") as json_file:
    json_file.write(model.to_json())
model.save_weights(os.path.join(folder, "model.weights.h5"))
with open(os.path.join(folder, "model.json")) as json_file:
    loaded_model = model_from_json(json_file.read())
loaded_model.load_weights(os.path.join(folder, "model.weights.h5"))
loaded_model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
score = loaded_model.evaluate(X, y, verbose=0)
print("from JSON: %.4f, %.2f%%" % (score[0], score[1] * 100))

model.save(os.path.join(folder, "model.keras"))
del model
model = load_model(os.path.join(folder, "model.keras"))
model.summary()
history = model.fit(X, y, epochs=2, batch_size=10, verbose=0)
print("two epochs more:", history.history["loss"])
