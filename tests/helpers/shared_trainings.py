"""Trainings that processes share, or threads: what they log, predict and end with, bit by bit.

`mpirun -n 2 python shared_trainings.py` prints them as JSON; `trainings(threads=2)` gives those of one process.
"""

import hashlib
import json

import numpy as np

import tinydnn as keras
from tinydnn import layers

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(301, 20)), rng.integers(0, 3, 301)
X_TEST, Y_TEST = rng.normal(size=(77, 20)), rng.integers(0, 3, 77)
WEIGHTS = rng.uniform(0.5, 2, 301)
METRICS = "accuracy", "sparse_top_k_categorical_accuracy"


def digest(arrays):
    """The bits of some arrays."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(each).tobytes() for each in arrays)).hexdigest()


def net(threads, *hidden, optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=("accuracy",)):
    """A net of these hidden layers, compiled."""
    keras.utils.set_random_seed(3)
    stack = [keras.Input((20,)), *(hidden or [layers.Dense(16, "relu")]), layers.Dense(3, "softmax")]
    model = keras.Sequential(stack, threads=threads)
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


def after(model, **settings):
    """What a training leaves: its log, the weights and slots, predictions and an evaluation."""
    history = model.fit(X, Y, **{"batch_size": 64, "epochs": 3, "verbose": 0, "validation_split": 0.2} | settings)
    predicted = model.predict(X_TEST, batch_size=32, verbose=0)
    measured = model.evaluate(X_TEST, Y_TEST, batch_size=32, verbose=0)
    slots = [np.asarray(each) for each in model.optimizer.slots.values()]
    return [history.history, digest(model.get_weights()), digest(slots), digest([predicted]), measured]


def batches():
    """A stream of batches, each of another size."""
    stream = np.random.default_rng(5)
    while True:
        x = stream.normal(size=(stream.integers(1, 40), 20))
        yield x, (x[:, 0] > 0).astype(int)


def on_single_batches(threads):
    model = net(threads)
    logs = [model.train_on_batch(X[:n], Y[:n], return_dict=True) for n in (1, 2, 50)]
    return [logs, digest(model.get_weights()), digest([model.predict_on_batch(X[:5])])]


def on_a_stream(threads):
    model = net(threads)
    log = model.fit(batches(), steps_per_epoch=4, epochs=2, verbose=0).history
    return [log, digest(model.get_weights())]


def in_two_parts(threads):
    """Stopped early, and its best weights restored."""
    model = net(threads, optimizer=keras.optimizers.Adam(0.1))
    stop = keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True)
    return after(model, callbacks=[stop], epochs=8)


def trainings(threads):
    """Each training by its name."""
    keras.utils.set_random_seed(3)
    clipped = keras.optimizers.Adam(global_clipnorm=0.1)
    penalized = layers.Dense(16, "tanh", kernel_regularizer="l2", activity_regularizer="l2")
    return {
        "plain": after(net(threads)),
        "a last batch of one": after(net(threads), batch_size=48),
        "dropout and noise": after(net(threads, layers.Dropout(0.3), layers.GaussianNoise(0.1))),
        "penalties": after(net(threads, penalized)),
        "clipped": after(net(threads, optimizer=clipped)),
        "weighted": after(net(threads, metrics=METRICS), sample_weight=WEIGHTS),
        "stopped early": in_two_parts(threads),
        "rows that are mixed": after(net(threads, layers.Dense(16), layers.BatchNormalization())),
        "single batches": on_single_batches(threads),
        "a stream": on_a_stream(threads),
    }  # fmt: skip


if __name__ == "__main__":
    keras.distribution.set_distribution(keras.distribution.DataParallel())
    print(json.dumps(trainings(threads=1)))
