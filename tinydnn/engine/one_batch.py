"""Training steps outside `fit`: on one batch, a part of the step at a time."""

from contextlib import ExitStack
from typing import Any

from tinydnn.device import ranks
from tinydnn.device.interrupts import deferred_interrupt
from tinydnn.engine.data import Data
from tinydnn.engine.network import Network
from tinydnn.engine.passes import Pass
from tinydnn.engine.sample_weights import weights_of
from tinydnn.engine.shards import Shards
from tinydnn.files import identity


class OneBatch:
    """All samples as one batch, on which a model takes steps by the code that `fit` runs.

        with OneBatch(model, x, y) as batch:
            passes = batch.gradients()
            logs = batch.logs()
            batch.update()

    The three methods may be called again and again, and `logs` and `update` may be left out. Ctrl-C takes effect at
    the end of the block.

    Args:
        model: compiled; it is built here where that has not been done.
        x, y, sample_weight, class_weight: as for fit.
        caller: who asks, for error messages.

    Raises:
        ValueError: the model is not compiled, or the samples or targets are not what it expects.
    """

    def __init__(
        self,
        model: Network,
        x: Any,
        y: Any,
        caller: str = "OneBatch",
        sample_weight: Any = None,
        class_weight: Any = None,
    ) -> None:
        model.require_compiled(caller, y)
        self._data = Data(model, x, y, weights=weights_of(y, sample_weight, class_weight))
        self._model = model
        self._passes: list[Pass] = []
        self._stack = ExitStack()

    def __enter__(self) -> "OneBatch":
        try:
            self._interrupt = self._stack.enter_context(deferred_interrupt())
            self._model.prepare_training(self._data.x.shape[1:])
            identity.check_data_of_ranks("take one batch", self._data)
            self._shards = Shards(self._model, self._data, self._data.n, training=True)
            self._stack.enter_context(self._shards)
            return self
        except BaseException:
            self._stack.close()
            raise

    def __exit__(self, *error: Any) -> None:
        with self._stack:
            if error[0] is None:
                ranks.check(self._interrupt)

    def gradients(self) -> list[Pass]:
        """Run the batch forward and backward with the present weights.

        Returns the passes, whose gradients add up to the batch's; their tensors are valid until the next call. `update`
        sums the gradients into the first pass's.
        """
        self._shards.begin()
        self._passes = self._shards.gradients(0, self._shards.data.n)
        return self._passes

    def logs(self) -> dict[str, float]:
        """The loss and metrics of the last `gradients`."""
        return dict(self._shards.logs())

    def update(self) -> None:
        """Update the weights with the last `gradients`, whatever the loss."""
        self._shards.update(self._passes)
