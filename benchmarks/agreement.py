"""Whether a peer trains what it is timed for: its weights after some steps, next to tinydnn's in float64.

Each step takes the same batch whole, so that the order in which a peer shuffles it makes no difference.
"""

import functools
from dataclasses import replace
from typing import Any

import numpy as np

import tinydnn
from benchmarks.peers.fit import Fit
from benchmarks.task import Array, Pace, Task
from tinydnn.device.elementwise import elementwise

STEPS = 5
# Five steps move a weight by up to 9e-3, a wrong formula most of them by 1e-3. What a framework may round differently,
# where a gradient is nearly 0 and RMSprop divides it by its own size, is 1e-5 at most in float32.
TOLERANCE = 1e-4


class DisagreementError(Exception):
    """A peer's weights are not what its optimizer makes of these digits."""


class _TorchRMSprop(tinydnn.optimizers.RMSprop):
    """w = w - learning_rate * g / (sqrt(v) + epsilon)"""

    @elementwise
    def step(w: Any, v: Any, m: Any, a: Any, g: Any, rate: Any, rho: Any, momentum: Any, epsilon: Any) -> Any:
        v = rho * v + (1 - rho) * (g * g)
        w = w - rate * g / (np.sqrt(v) + epsilon)
        return w, v, m, a


_OPTIMIZERS: dict[str, Any] = {
    "rmsprop": tinydnn.optimizers.RMSprop,
    "rmsprop, epsilon outside the root": _TorchRMSprop,
    "adam": tinydnn.optimizers.Adam,
}


def task_of_one_batch(task: Task) -> Task:
    """The same net, whose epochs are one step on the first digits; in float64 where TF32 would round float32."""
    n = min(task.batch_size, task.samples)
    return replace(task, samples=n, batch_size=n, dtype="float64" if task.tf32 else task.dtype)


@functools.cache
def _expected(task: Task, optimizer: str) -> list[Array]:
    floatx = tinydnn.config.floatx()
    tinydnn.config.set_floatx("float64")
    try:
        reference = Fit(tinydnn, replace(task, dtype="float64", device="cpu", tf32=False))
        reference.model.compile(_OPTIMIZERS[optimizer](), "categorical_crossentropy")
        reference.train(STEPS, Pace())
        return reference.weights()
    finally:
        tinydnn.config.set_floatx(floatx)


def largest_difference(weights: list[Array], task: Task, optimizer: str) -> float:
    """Of any weight, after the steps of `task_of_one_batch`.

    Raises:
        DisagreementError: it is beyond the tolerance.
    """
    expected = _expected(task_of_one_batch(task), optimizer)
    largest = max(float(np.abs(ours - theirs).max()) for ours, theirs in zip(weights, expected, strict=True))
    if not largest <= TOLERANCE:
        raise DisagreementError(
            f"after {STEPS} steps of {optimizer}, a weight is {largest:.1e} from where it should be; "
            f"{TOLERANCE:.0e} is allowed"
        )
    return largest
