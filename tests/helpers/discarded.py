"""How much memory it takes to train one net after the other and keep none: a figure of docs/reliability.md."""

import resource
import sys

import numpy as np

import tinydnn as keras


def main(nets=40):
    x, y = np.random.default_rng(0).random((64, 784), np.float32), np.zeros(64, int)
    for _ in range(nets):
        model = keras.Sequential(
            [
                keras.Input((784,)),
                keras.layers.Dense(4000, activation="sigmoid"),
                keras.layers.Dense(36, activation="sigmoid"),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile("rmsprop", "sparse_categorical_crossentropy")
        model.fit(x, y, verbose=0)
    unit = 1 if sys.platform == "darwin" else 1024  # what the system counts in
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20:.0f} MB at most")


if __name__ == "__main__":
    main()
