"""JAX: a step as one jitted function, with the digits in one array on its device; RMSprop by hand, as in Keras."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.task import Array, Pace, Task


def _logits(weights: list[Any], x: Any) -> Any:
    *hidden, W, b = weights
    for V, c in zip(hidden[::2], hidden[1::2], strict=True):
        x = jax.nn.sigmoid(x @ V + c)
    return x @ W + b


def _loss(weights: list[Any], x: Any, labels: Any) -> Any:
    logarithms = jax.nn.log_softmax(_logits(weights, x))
    return -jnp.take_along_axis(logarithms, labels[:, None], axis=1).mean()


def _step(weights: list[Any], velocities: list[Any], x: Any, labels: Any, rows: Any) -> tuple[list[Any], list[Any]]:
    gradients = jax.grad(_loss)(weights, x[rows], labels[rows])
    velocities = [0.9 * v + 0.1 * g * g for v, g in zip(velocities, gradients, strict=True)]
    update = zip(weights, gradients, velocities, strict=True)
    return [w - 0.001 * g / jnp.sqrt(v + 1e-7) for w, g, v in update], velocities


class Jax:
    """Keeps weights and velocities as lists of arrays, which each step replaces."""

    optimizer = "rmsprop"

    def __init__(self, task: Task) -> None:
        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_enable_x64", task.dtype == "float64")
        self._task, self._rng = task, np.random.default_rng()
        self._weights = [jnp.asarray(weight) for weight in task.weights()]
        self._velocities = [jnp.zeros_like(weight) for weight in self._weights]
        self._step = jax.jit(_step, donate_argnums=(0, 1))
        self._probabilities = jax.jit(lambda weights, x: jax.nn.softmax(_logits(weights, x)))

    def train(self, epochs: int, pace: Pace) -> None:
        x, labels = map(jnp.asarray, self._task.data())
        for _ in range(epochs):
            pace.begin()
            order = self._rng.permutation(len(x)).astype(np.int32)
            for start in range(0, len(x), self._task.batch_size):
                rows = order[start : start + self._task.batch_size]
                self._weights, self._velocities = self._step(self._weights, self._velocities, x, labels, rows)
            jax.block_until_ready(self._weights)
            pace.end()

    def weights(self) -> list[Array]:
        return [np.asarray(weight) for weight in self._weights]

    def predict(self, x: Array) -> Array:
        return np.asarray(self._probabilities(self._weights, x))
