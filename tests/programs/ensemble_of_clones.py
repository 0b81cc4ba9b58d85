# Two copies of one architecture, trained on samples drawn with replacement, whose mean predicts.
import numpy as np
import keras

keras.utils.set_random_seed(60)
rng = np.random.default_rng(60)
X = rng.uniform(-2, 2, (180, 2))
y = np.exp(-(X**2).sum(axis=1))
template = keras.Sequential(
    [keras.layers.Input((2,)), keras.layers.Dense(20, "tanh", name="hidden"), keras.layers.Dense(1, name="height")],
    name="bell",
)
members = []
for number in range(2):
    member = keras.models.clone_model(template)
    member.compile(keras.optimizers.Adam(0.02), "mse")
    chosen = rng.integers(0, 140, 140)
    member.fit(X[chosen], y[chosen], epochs=6, batch_size=20, verbose=0)
    print(number, [layer.name for layer in member.layers], member.evaluate(X[140:], y[140:], verbose=0))
    members.append(member)
together = np.mean([member.predict(X[140:], verbose=0) for member in members], axis=0)[:, 0]
print("together:", np.mean((together - y[140:]) ** 2))
