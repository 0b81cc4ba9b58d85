"""TerminateOnNaN (mirrors keras/src/callbacks/terminate_on_nan.py)."""

from tinydnn.callbacks.callback import Callback
from tinydnn.engine.divergence import InfiniteLossError


class TerminateOnNaN(Callback):
    """Makes a loss that is infinite or NaN the ordinary end of a training: `fit` returns the log of the epochs before.

    Without it `fit` raises a FloatingPointError. Either way the model has its last good weights, not those of NaN that
    Keras leaves. Mirrors keras/src/callbacks/terminate_on_nan.py.

    Args:
        raise_error: whether `fit` raises a RuntimeError instead.
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def end_at(self, error: InfiniteLossError) -> None:
        """Say that the training ends here, or raise a RuntimeError."""
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {error.step}. Loss value: {error.loss}. "
                "Terminating training immediately."
            ) from error
        print(f"Batch {error.step}: Invalid loss, terminating training")
