"""What every peer trains: the walkthrough's net, or one of another size, on the same digits, from the same weights."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tinydnn.datasets import mnist

Array = Any

INPUTS, OUTPUTS = 784, 10


@dataclass(frozen=True)
class Task:
    """A net and how it is trained.

    hidden: the units of each hidden layer, all sigmoid; behind them are 10 softmax outputs.
    samples, batch_size: how many digits an epoch has, and a step.
    dtype: "float32" or "float64".
    threads: how many a peer may use; None is what it takes by itself.
    device: "cpu" or "gpu".
    tf32: whether a GPU rounds the factors of matrix products of float32 to 10 bits (TensorFloat-32).
    pixels: whether tinydnn and Keras get bytes 0 .. 255, and scale them by a layer, or numbers 0 .. 1 as the others do.
    """

    hidden: tuple[int, ...] = (324, 36)
    samples: int = 48_000
    batch_size: int = 512
    dtype: str = "float32"
    threads: int | None = None
    device: Literal["cpu", "gpu"] = "cpu"
    tf32: bool = False
    pixels: bool = False

    @property
    def sizes(self) -> tuple[int, ...]:
        return (INPUTS, *self.hidden, OUTPUTS)

    @property
    def batches(self) -> list[int]:
        """How many digits each step of an epoch has; the last one may have fewer."""
        whole, rest = divmod(self.samples, self.batch_size)
        return [self.batch_size] * whole + [rest] * (rest > 0)

    @property
    def flops(self) -> int:
        """Of an epoch's products: 2 a weight and sample for x @ W, for x.T @ dz, and behind the first for dz @ W.T."""
        first, *others = [2 * inputs * outputs for inputs, outputs in zip(self.sizes, self.sizes[1:], strict=False)]
        return self.samples * (2 * first + 3 * sum(others))

    def digits(self) -> tuple[Array, Array]:
        """The digits as rows of bytes, (samples, 784), and their labels, (samples,)."""
        (x, labels), _ = mnist.load_data()
        return x.reshape(-1, INPUTS)[: self.samples], labels[: self.samples].astype(np.int64)

    def data(self) -> tuple[Array, Array]:
        """The digits as rows of numbers from 0 to 1 in the task's dtype, and their labels."""
        x, labels = self.digits()
        return scaled(x, self.dtype), labels

    def weights(self) -> list[Array]:
        """W and b of each layer: the same for every peer, drawn as Keras' glorot_uniform draws."""
        rng = np.random.default_rng(1)
        weights: list[Array] = []
        for inputs, outputs in zip(self.sizes, self.sizes[1:], strict=False):
            limit = np.sqrt(6 / (inputs + outputs))
            weights += [rng.uniform(-limit, limit, (inputs, outputs)), np.zeros(outputs)]
        return [weight.astype(self.dtype) for weight in weights]


def scaled(x: Array, dtype: str) -> Array:
    """Grey values 0 .. 255 as numbers from 0 to 1."""
    return np.divide(x, 255, dtype=dtype)


class Pace:
    """Begins and ends each epoch of a training; a worker's waits for its turn, and takes the time."""

    def begin(self) -> None: ...

    def end(self) -> None: ...
