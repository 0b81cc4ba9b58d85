"""tinydnn and Keras: one program, by Keras' own `fit`; only the import differs."""

import importlib
import os
from typing import Any

from benchmarks.task import OUTPUTS, Array, Pace, Task
from keras_ref.engines import backend_name, load


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
        wait = self._wait

        class Paced(self.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
            def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                pace.begin()

            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                wait()
                pace.end()

        x, labels = self.task.digits() if self.task.pixels else self.task.data()
        y = self.keras.utils.to_categorical(labels, OUTPUTS)
        self.model.fit(x, y, batch_size=self.task.batch_size, epochs=epochs, verbose=0, callbacks=[Paced()])

    def _wait(self) -> None:
        """Return once the weights are there. The epoch's log is read from a GPU after all that was queued before."""

    def weights(self) -> list[Array]:
        return list(self.model.get_weights())

    def predict(self, x: Array) -> Array:
        return self.model.predict(x, verbose=0)


class KerasFit(Fit):
    """Keras on its backend, which is held to the task's threads, if it can be, device, precision and dtype.

    Args:
        task: what to train.
        jit: whether a step is compiled: by XLA on TensorFlow and JAX, by torch.compile on PyTorch.
    """

    def __init__(self, task: Task, jit: bool) -> None:
        _limit_threads(task.threads)
        keras = load("keras", task.device, tf32=task.tf32)
        if backend_name() == "jax":
            importlib.import_module("jax").config.update("jax_enable_x64", task.dtype == "float64")
        if backend_name() == "torch" and jit:
            importlib.import_module("torch").compiler.reset()  # else the ninth net would run without being compiled
        keras.config.set_dtype_policy(task.dtype)  # Keras derives it from floatx only once, with its first layer
        super().__init__(keras, task, jit_compile=jit)

    def _wait(self) -> None:
        self.model.trainable_variables[-1].numpy()  # its log may be there before the last update


def _limit_threads(threads: int | None) -> None:
    """Hold Keras' backend to so many threads; JAX has no setting for that."""
    if threads is None:
        return
    os.environ |= {f"TF_NUM_{kind}_THREADS": str(threads) for kind in ("INTRAOP", "INTEROP")}
    if backend_name() == "torch":
        importlib.import_module("torch").set_num_threads(threads)
