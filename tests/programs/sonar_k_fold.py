# Rock or mine: 60 echoes, few samples, so cross-validation.
import numpy
from keras import layers, models

numpy.random.seed(4)
echoes = numpy.random.rand(120, 60)
mine = (echoes[:, 10:20].mean(axis=1) > 0.5).astype("float32")


def create_baseline():
    model = models.Sequential()
    model.add(layers.Dense(30, input_shape=(60,), kernel_initializer="normal", activation="relu"))
    model.add(layers.Dense(1, kernel_initializer="normal", activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


k, size, scores = 2, 60, []
for fold in range(k):
    held_out = numpy.arange(fold * size, (fold + 1) * size)
    rest = numpy.setdiff1d(numpy.arange(120), held_out)
    mean, std = echoes[rest].mean(axis=0), echoes[rest].std(axis=0)
    model = create_baseline()
    model.fit((echoes[rest] - mean) / std, mine[rest], epochs=5, batch_size=10, verbose=0)
    loss, accuracy = model.evaluate((echoes[held_out] - mean) / std, mine[held_out], verbose=0)
    print("fold", fold, "loss", loss, "accuracy", accuracy)
    scores.append(accuracy * 100)
print("%.2f%% (+/- %.2f%%)" % (numpy.mean(scores), numpy.std(scores)))
