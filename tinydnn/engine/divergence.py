"""What happens where a loss becomes infinite or NaN: the network goes back to its last good weights."""

from tinydnn.engine.network import Network
from tinydnn.engine.snapshot import restore, snapshot


class Divergence:
    """Keeps the snapshots of a network to which a training goes back.

    began: at the start of this epoch.
    good: at the start of the last epoch that gave a finite loss.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self.good = snapshot(network)
        self.began = self.good

    def begin_epoch(self) -> None:
        """Note where an epoch begins."""
        self.began = snapshot(self._network)

    def check(self, infinite: tuple[int, float] | None, epoch: int, steps: int) -> None:
        """See that every loss of this epoch so far was finite, or go back to where one was.

        infinite: the first step whose loss was not, and the average then; None where there is none.

        Raises:
            FloatingPointError: one was not.
        """
        if infinite is None:
            self.good = self.began
            return
        step, loss = infinite
        if step > 0:
            self.good = self.began
        restore(self._network, self.good)
        of = f" of {steps}" if steps else ""
        raise FloatingPointError(
            f"The loss became {loss} in epoch {epoch + 1}, step {step + 1}{of}. Training stopped; the model is "
            "back at the last weights at an epoch's start that gave a finite loss. Often the learning rate is too "
            "large, the inputs are not scaled, or a cross-entropy without a softmax gets outputs that add up to 0"
        )
