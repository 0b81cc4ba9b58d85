"""No framework: the matrix products of an epoch's steps alone, which no engine on this BLAS can be faster than."""

from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.task import Array, Pace, Task
from tinydnn.device.memory import share
from tinydnn.device.threads import Team, available_cores, single_threaded_blas


class Products:
    """x @ W, x.T @ dz, and behind the first layer dz @ W.T, with the shapes of the task, into arrays that are there.

    Args:
        task: what they belong to.
        shared: whether threads share each batch's rows, as tinydnn's do; else BLAS is asked for the whole batch, and
            uses threads of its own.
    """

    optimizer = None

    def __init__(self, task: Task, shared: bool) -> None:
        self._task, self._shared = task, shared

    def train(self, epochs: int, pace: Pace) -> None:
        task = self._task
        threads = (task.threads or available_cores()) if self._shared else 1
        shares = {n: [self._arrays(_rows(n, threads, i)) for i in range(threads)] for n in set(task.batches)}
        with Team(threads) as team, single_threaded_blas() if self._shared else threadpool_limits(task.threads):
            for _ in range(epochs):
                pace.begin()
                for n in task.batches:
                    team.run(lambda i, n=n: _multiply(*shares[n][i]))  # type: ignore[misc]
                pace.end()

    def _arrays(self, rows: int) -> Any:
        rng = np.random.default_rng(1)
        kernels = self._task.weights()[::2]
        x = [rng.random((rows, size), self._task.dtype) for size in self._task.sizes]
        z, dx = [np.empty_like(each) for each in x], [np.empty_like(each) for each in x]
        return kernels, x, z, dx, [np.empty_like(W) for W in kernels]


def _multiply(kernels: list[Array], x: list[Array], z: list[Array], dx: list[Array], dW: list[Array]) -> None:
    for i, W in enumerate(kernels):
        np.matmul(x[i], W, out=z[i + 1])
    for i, W in reversed(list(enumerate(kernels))):
        np.matmul(x[i].T, z[i + 1], out=dW[i])
        if i > 0:
            np.matmul(z[i + 1], W.T, out=dx[i])


def _rows(n: int, threads: int, index: int) -> int:
    part = share(n, threads, index)
    return part.stop - part.start
