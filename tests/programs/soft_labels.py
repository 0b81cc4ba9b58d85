# Labels that are not quite sure, and whether the right class is among the first two.
import keras
import numpy as np

keras.utils.set_random_seed(66)
rng = np.random.default_rng(66)
X = rng.normal(size=(200, 10)).astype("float32")
y = (X @ rng.normal(size=(10, 5))).argmax(axis=1)
one_hot = keras.utils.to_categorical(y, 5)

model = keras.Sequential(
    [keras.Input((10,)), keras.layers.Dense(32, activation="gelu"), keras.layers.Dense(5, activation="softmax")]
)
model.compile(
    optimizer=keras.optimizers.AdamW(learning_rate=0.005, weight_decay=0.01),
    loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
    metrics=[keras.metrics.CategoricalAccuracy(name="top_1"), keras.metrics.TopKCategoricalAccuracy(k=2, name="top_2")],
)
history = model.fit(
    X[:160], one_hot[:160], epochs=5, batch_size=20, validation_data=(X[160:], one_hot[160:]), verbose=0
)
for name, values in history.history.items():
    print(name, " ".join("%.4f" % value for value in values))
