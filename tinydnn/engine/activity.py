"""The penalty on a layer's outputs, within a pass.

Keras adds regularizer(outputs) / rows to a batch's loss. That is the mean of the rows' own penalties, so each row adds
its own to its loss, and threads that share a batch need nothing of each other.
"""

from collections.abc import Callable
from typing import Any

from tinydnn.activations import Activation
from tinydnn.device.backend import Array, Shape
from tinydnn.device.elementwise import entry
from tinydnn.regularizers import Regularizer


class ActivityPenalty:
    """What an `activity_regularizer` adds to the losses and gradients of some rows.

    Args:
        regularizer: the layer's.
        activation: the layer's; None where the gradient that arrives is one with respect to its output.
        room: where its arrays come from.
        n, outputs: how many rows the layer has, and how many outputs each.
    """

    def __init__(
        self,
        regularizer: Regularizer,
        activation: Activation | None,
        room: Callable[[str, Shape], Array],
        n: int,
        outputs: int,
    ) -> None:
        self._regularizer, self._activation = regularizer, activation
        self._work, self._da = room("activity work", (n, outputs)), room("activity da", (n, outputs))
        self._sums = room("activity", (n, 1))

    def add_losses(self, xp: Any, a: Array, l: Array, out: Array) -> None:
        """Each row's loss l with its penalty, into `out`."""
        self._regularizer.of_outputs(xp, a, self._da)
        entry.sum_rows(xp, self._sums, self._work, self._da)
        xp.add(l, self._sums.reshape(-1), out=out)

    def with_gradient(self, xp: Any, z: Array, a: Array, arriving: Array, n: int) -> Array:
        """The gradient that arrives at the layer, together with that of (sum of the rows' penalties) / n."""
        self._regularizer.outputs_gradient(xp, a, self._da, n)
        own = self._da
        if self._activation is not None:
            self._activation.backward(xp, z, a, self._da, self._work)
            own = self._work
        return xp.add(arriving, own, out=own)
