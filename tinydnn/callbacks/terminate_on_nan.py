"""TerminateOnNaN (mirrors keras/src/callbacks/terminate_on_nan.py)."""

from tinydnn.callbacks.callback import Callback


class TerminateOnNaN(Callback):
    """Makes a loss that is infinite or NaN the ordinary end of a training: `fit` returns the log of the epochs before.

    Without it `fit` raises a FloatingPointError. Either way the model has its last good weights, not those of NaN that
    Keras leaves. Mirrors keras/src/callbacks/terminate_on_nan.py.

    Args:
        raise_error: whether `fit` raises a RuntimeError instead.
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def end_at(self, batch: int, loss: float) -> None:
        """Say that the training ends here, or raise a RuntimeError; the model is back at its last good weights."""
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. Terminating training immediately."
            )
        self.model.stop_training = True
        print(f"Batch {batch}: Invalid loss, terminating training")
