# Topics of newswires: one-hot and integer labels, and a layer that is too narrow.
import numpy as np
from tensorflow.keras import layers, models
from tensorflow.keras.utils import to_categorical, set_random_seed

topics, words = 12, 150
rng = np.random.default_rng(2)
topic = rng.integers(0, topics, 360)
wires = (rng.random((360, words)) < 0.05 + 0.3 * (rng.random((topics, words)) < 0.1)[topic]).astype("float32")


def build(width, loss):
    set_random_seed(0)
    model = models.Sequential()
    model.add(layers.Dense(64, activation="relu", input_shape=(words,)))
    model.add(layers.Dense(width, activation="relu"))
    model.add(layers.Dense(topics, activation="softmax"))
    model.compile(optimizer="rmsprop", loss=loss, metrics=["accuracy"])
    return model


one_hot = to_categorical(topic)
wide = build(64, "categorical_crossentropy")
wide.fit(wires[:300], one_hot[:300], epochs=5, batch_size=50, verbose=0)
print("wide, one-hot:", wide.evaluate(wires[300:], one_hot[300:], verbose=0))
narrow = build(4, "sparse_categorical_crossentropy")
narrow.fit(wires[:300], topic[:300], epochs=5, batch_size=50, verbose=0)
print("narrow, integers:", narrow.evaluate(wires[300:], topic[300:], verbose=0))

predictions = wide.predict(wires[300:])
print(predictions.shape, round(float(np.sum(predictions[0])), 4), np.argmax(predictions[:6], axis=1))
shuffled = rng.permutation(topic[300:])
print("by chance:", np.mean(shuffled == topic[300:]))
