"""scikit-learn: its MLPClassifier, by partial_fit, an epoch a call; it has no RMSprop, so Adam, the nearest."""

import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from benchmarks.task import OUTPUTS, Array, Pace, Task


class ScikitLearn:
    """Starts from the task's weights, though the library has no way to give it some."""

    optimizer = "adam"

    def __init__(self, task: Task) -> None:
        if task.threads is not None:
            threadpool_limits(task.threads)
        self._task = task
        self._model = MLPClassifier(
            task.hidden, activation="logistic", solver="adam", alpha=0, batch_size=task.batch_size, epsilon=1e-7
        )
        # There are no weights before the first call; they are replaced after one, and the optimizer made anew.
        every = np.arange(OUTPUTS)
        self._model.set_params(batch_size=OUTPUTS)
        self._model.partial_fit(np.zeros((OUTPUTS, task.sizes[0]), task.dtype), every, classes=every)
        self._model.set_params(batch_size=task.batch_size)
        weights = task.weights()
        self._model.coefs_, self._model.intercepts_ = weights[::2], weights[1::2]
        del self._model._optimizer

    def train(self, epochs: int, pace: Pace) -> None:
        x, labels = self._task.data()
        for _ in range(epochs):
            pace.begin()
            self._model.partial_fit(x, labels)
            pace.end()

    def weights(self) -> list[Array]:
        pairs = zip(self._model.coefs_, self._model.intercepts_, strict=True)
        return [weight for pair in pairs for weight in pair]

    def predict(self, x: Array) -> Array:
        return self._model.predict_proba(x)
