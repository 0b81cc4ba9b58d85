"""tinydnn and Keras: one program, by Keras' own `fit`; only the import differs."""

import os
from typing import Any

from benchmarks.task import OUTPUTS, Array, Pace, Task


class Fit:
    """The walkthrough's program on either engine, with the digits in NumPy arrays.

    Args:
        keras: the module keras, or tinydnn.
        task: what to train.
        threads: tinydnn's own argument.
        compile_options: more arguments for `compile`.
    """

    optimizer = "rmsprop"

    def __init__(self, keras: Any, task: Task, threads: int | None = None, **compile_options: Any) -> None:
        self.keras, self.task = keras, task
        keras.config.set_floatx(task.dtype)
        options = {} if threads is None else {"threads": threads}
        self.model = keras.Sequential(**options)
        self.model.add(keras.layers.Input((task.sizes[0],)))
        if task.pixels:
            self.model.add(keras.layers.Rescaling(1 / 255))
        for units in task.hidden:
            self.model.add(keras.layers.Dense(units, activation="sigmoid"))
        self.model.add(keras.layers.Dense(OUTPUTS, activation="softmax"))
        self.model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"], **compile_options)
        self.model.set_weights(task.weights())

    def train(self, epochs: int, pace: Pace) -> None:
        class Paced(self.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
            def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                pace.begin()

            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                pace.end()

        x, labels = self.task.digits() if self.task.pixels else self.task.data()
        y = self.keras.utils.to_categorical(labels, OUTPUTS)
        self.model.fit(x, y, batch_size=self.task.batch_size, epochs=epochs, verbose=0, callbacks=[Paced()])

    def weights(self) -> list[Array]:
        return list(self.model.get_weights())

    def predict(self, x: Array) -> Array:
        return self.model.predict(x, verbose=0)


def limit_tensorflow(threads: int | None) -> None:
    """Hold TensorFlow, before it is imported, to so many threads."""
    if threads is not None:
        os.environ |= {f"TF_NUM_{kind}_THREADS": str(threads) for kind in ("INTRAOP", "INTEROP")}
