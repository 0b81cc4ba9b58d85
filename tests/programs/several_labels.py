# Texts with several tags at once: a sigmoid for each.
import numpy as np
from keras import layers, losses, metrics, models, optimizers, utils

utils.set_random_seed(70)
rng = np.random.default_rng(70)
vocabulary, tags = 60, 5
keywords = rng.random((tags, vocabulary)) < 0.15
tagged = rng.random((220, tags)) < 0.3
texts = (rng.random((220, vocabulary)) < 0.05 + 0.4 * (tagged @ keywords > 0)).astype("float32")

model = models.Sequential(
    [
        layers.Input(shape=(vocabulary,), name="words"),
        layers.Dense(32, activation="relu"),
        layers.Dense(tags, activation="sigmoid", name="tags"),
    ]
)
model.compile(
    optimizer=optimizers.Nadam(learning_rate=0.01),
    loss=losses.BinaryCrossentropy(),
    metrics=[metrics.BinaryAccuracy(name="hits"), "mae"],
)
history = model.fit(texts[:180], tagged[:180].astype(int), epochs=5, batch_size=30, verbose=2)
print(model.evaluate(texts[180:], tagged[180:], verbose=0))
found = model.predict(texts[180:184], verbose=0) > 0.5
print([np.flatnonzero(row).tolist() for row in found], [np.flatnonzero(row).tolist() for row in tagged[180:184]])
