# The same start, three optimizers.
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.default_rng(18)
X = rng.normal(size=(128, 5))
y = keras.utils.to_categorical((X[:, 0] > 0).astype(int) + (X[:, 1] > 0), 3)

results = {}
for name in ["sgd", "adamw", "nadam"]:
    keras.utils.set_random_seed(27)
    model = keras.Sequential([layers.Input((5,)), layers.Dense(12, "relu"), layers.Dense(3, "softmax")])
    model.compile(optimizer=name, loss="categorical_crossentropy", metrics=["categorical_accuracy"])
    results[name] = model.fit(X, y, epochs=3, batch_size=16, verbose=0).history
for name, log in sorted(results.items(), key=lambda item: item[1]["loss"][-1]):
    print(f"{name:10} {log['loss'][-1]:.5f} {log['categorical_accuracy'][-1]:.4f}")
