# Logits to train with, probabilities to look at: a softmax around the finished model.
import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(4)
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train, x_test = x_train[:500] / 255.0, x_test[:100] / 255.0
y_train, y_test = y_train[:500], y_test[:100]

model = keras.models.Sequential(
    [
        keras.Input(shape=(28, 28)),
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10),
    ]
)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
predictions = model(x_train[:1]).numpy()
print(predictions.shape, predictions.std())
print("untrained:", loss_fn(y_train[:1], predictions).numpy())
model.compile(optimizer="adam", loss=loss_fn, metrics=["accuracy"])
model.fit(x_train, y_train, epochs=2, verbose=0)
print(model.evaluate(x_test, y_test, verbose=0))

probability_model = keras.Sequential([model, keras.layers.Softmax()])
print(probability_model(x_test[:2]).numpy().round(3))
print(np.argmax(probability_model.predict(x_test[:10], verbose=0), axis=1))
