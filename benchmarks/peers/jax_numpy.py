"""JAX: jitted functions, with the digits in one array on the task's device; RMSprop by hand, as in Keras."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.task import Array, Pace, Task
from keras_ref.backends import BACKENDS


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


def _steps(weights: list[Any], velocities: list[Any], x: Any, labels: Any, rows: Any) -> tuple[list[Any], list[Any]]:
    """As many steps as there are rows of `rows`, (steps, batch size)."""

    def step(state: Any, rows: Any) -> tuple[Any, None]:
        return _step(*state, x, labels, rows), None

    state, _ = jax.lax.scan(step, (weights, velocities), rows)
    return state  # type: ignore[no-any-return]


class Jax:
    """A step is one call. Weights and velocities are lists of arrays, which each call replaces."""

    optimizer = "rmsprop"

    def __init__(self, task: Task) -> None:
        backend = BACKENDS["jax"]
        backend.choose(task.device)
        backend.set_tf32(task.tf32)
        jax.config.update("jax_enable_x64", task.dtype == "float64")
        self._task, self._rng = task, np.random.default_rng()
        weights = [jnp.asarray(weight) for weight in task.weights()]
        self._state = weights, [jnp.zeros_like(weight) for weight in weights]
        self._step = jax.jit(_step, donate_argnums=(0, 1))
        self._probabilities = jax.jit(lambda weights, x: jax.nn.softmax(_logits(weights, x)))

    def train(self, epochs: int, pace: Pace) -> None:
        x, labels = map(jnp.asarray, self._task.data())
        for _ in range(epochs):
            pace.begin()
            self._epoch(x, labels, self._rng.permutation(len(x)).astype(np.int32))
            jax.block_until_ready(self._state)
            pace.end()

    def _epoch(self, x: Any, labels: Any, order: Array) -> None:
        for start in range(0, len(x), self._task.batch_size):
            self._state = self._step(*self._state, x, labels, order[start : start + self._task.batch_size])

    def weights(self) -> list[Array]:
        return [np.asarray(weight) for weight in self._state[0]]

    def predict(self, x: Array) -> Array:
        return np.asarray(self._probabilities(self._state[0], x))


class Scanned(Jax):
    """All whole batches of an epoch are one call, by lax.scan; a smaller last one is another."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._steps = jax.jit(_steps, donate_argnums=(0, 1))

    def _epoch(self, x: Any, labels: Any, order: Array) -> None:
        whole = len(x) // self._task.batch_size * self._task.batch_size
        self._state = self._steps(*self._state, x, labels, order[:whole].reshape(-1, self._task.batch_size))
        if whole < len(x):
            self._state = self._step(*self._state, x, labels, order[whole:])
