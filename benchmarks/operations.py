"""The operations of a training step, one by one, on tinydnn and on Keras: what the suites of pytest-benchmark time.

All take the walkthrough's 512 digits a step, and return once they are done, on a GPU too.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers import label, make
from benchmarks.task import OUTPUTS, Task
from keras_ref.engines import backend_name


class TinydnnOperations:
    """As `fit` runs them: on a CPU by as many threads as share a batch there."""

    def __init__(self, task: Task) -> None:
        from tinydnn.engine.data import Data
        from tinydnn.engine.shards import Shards

        self.model = make("tinydnn", task).model
        x, labels = task.data()
        data = Data(self.model, x, np.eye(OUTPUTS, dtype=task.dtype)[labels])
        self.model.prepare_training(data.x.shape[1:])
        self._batch = task.batch_size
        self._shards = Shards(self.model, data, self._batch, training=True)
        self._shards.__enter__()
        self._order = self.model.backend.asarray(np.random.default_rng(1).permutation(task.samples))
        self._shards.begin(self._order)

    def _each_share(self, work: Callable[[Any, Any], None]) -> None:
        self._shards.each_share(self._batch, lambda own, part: work(own, self._order[part]))
        self._wait()

    def _wait(self) -> None:
        if self.model.device == "gpu":
            self.model.backend.xp.cuda.Device().synchronize()

    def gather(self) -> None:
        self._each_share(lambda own, rows: own.gather(rows))

    def forward(self) -> None:
        self._each_share(lambda own, rows: own.forward(rows))

    def forward_and_backward(self) -> None:
        self.passes = self._shards.gradients(0, self._batch)
        self._wait()

    def backward(self) -> None:
        self._each_share(lambda own, rows: own.backward(own.output, self._batch))

    def update(self) -> None:
        self._shards.update(self.passes)
        self._wait()

    def step(self) -> None:
        self._shards.update(self._shards.gradients(0, self._batch))
        self._wait()


class KerasOperations:
    """As compiled functions on tensors; a step is train_on_batch, and backward can't be asked for alone."""

    def __init__(self, task: Task) -> None:
        if backend_name() != "tensorflow":
            raise ValueError(f"expected Keras on TensorFlow; set KERAS_BACKEND=tensorflow. Received: {label('Keras')}")
        self.model = make("Keras", task).model
        import tensorflow as tf

        x, labels = task.data()
        y = np.eye(OUTPUTS, dtype=task.dtype)[labels]
        rows = np.random.default_rng(1).permutation(task.samples)[: task.batch_size]
        self._x, self._y = x[rows], y[rows]
        all_x, batch, targets, indices = map(tf.constant, (x, self._x, self._y, rows))
        model = self.model
        model.optimizer.build(model.trainable_variables)

        def gradients() -> Any:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(model.loss_fn(targets, model(batch, training=True)))
            return tape.gradient(loss, [variable.value for variable in model.trainable_variables])

        import keras

        model.loss_fn = keras.losses.categorical_crossentropy
        self._gather = tf.function(lambda: tf.gather(all_x, indices))
        self._forward = tf.function(lambda: model(tf.gather(all_x, indices), training=True))
        self._gradients = tf.function(gradients)
        self._update = tf.function(lambda g: model.optimizer.apply(g, model.trainable_variables))

    def gather(self) -> None:
        self._gather().numpy()

    def forward(self) -> None:
        self._forward().numpy()

    def forward_and_backward(self) -> None:
        self.found = self._gradients()
        self.found[-1].numpy()

    def update(self) -> None:
        self._update(self.found)
        self.model.trainable_variables[-1].numpy()

    def step(self) -> None:
        self.model.train_on_batch(self._x, self._y)


ENGINES: dict[str, Callable[[Task], Any]] = {"tinydnn": TinydnnOperations, "keras": KerasOperations}
