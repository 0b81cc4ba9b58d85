# Good or bad reviews as multi-hot vectors, and the curves of the training as a picture.
import io

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, models, optimizers

words = 400
rng = np.random.RandomState(11)
reviews = [rng.randint(0, words, rng.randint(20, 60)) for _ in range(300)]
labels = np.array([float(np.mean(review < 180) > 0.45) for review in reviews])


def vectorize(sequences, dimension=words):
    results = np.zeros((len(sequences), dimension))
    for i, sequence in enumerate(sequences):
        results[i, sequence] = 1.0
    return results


x = vectorize(reviews)
x_val, partial_x_train = x[:100], x[100:]
y_val, partial_y_train = labels[:100], labels[100:]

model = models.Sequential()
model.add(layers.Dense(16, activation="relu", input_shape=(words,)))
model.add(layers.Dense(16, activation="relu"))
model.add(layers.Dense(1, activation="sigmoid"))
model.compile(optimizer=optimizers.RMSprop(learning_rate=0.001), loss="binary_crossentropy", metrics=["acc"])
history = model.fit(
    partial_x_train, partial_y_train, epochs=6, batch_size=64, validation_data=(x_val, y_val), verbose=0
)

history_dict = history.history
print(list(history_dict.keys()))
epochs = range(1, len(history_dict["acc"]) + 1)
plt.plot(epochs, history_dict["loss"], "bo", label="Training loss")
plt.plot(epochs, history_dict["val_loss"], "b", label="Validation loss")
plt.xlabel("Epochs")
plt.legend()
print("a curve of", len(plt.gca().lines[0].get_ydata()), "points that ends at", plt.gca().lines[1].get_ydata()[-1])
plt.savefig(io.BytesIO())
plt.close()
print(model.predict(x_val[:4]))
