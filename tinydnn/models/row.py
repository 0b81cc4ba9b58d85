"""Sequential: layers in a row (mirrors keras/src/models/sequential.py)."""

from collections.abc import Sequence
from typing import Any

from tinydnn.models.model import Model


class Sequential(Model):
    """Layers in a row, each taking what the one before it gives.

    Mirrors keras/src/models/sequential.py.

    Args:
        layers: the layers, or models, or none, to add them one by one; other models may have them too.
        trainable: whether training changes the weights.
        name: None numbers it: sequential, sequential_1, …
        device: "cpu", "gpu", or "auto", a GPU where one works; None takes `config.device()`.
        threads: how many threads share each batch on a CPU; None takes as many of the cores that this process may
            use as have enough to do. The same number gives the same bits; another one differs by rounding. A GPU
            takes a batch whole.

    Raises:
        ValueError: a bad argument.
        devices.GpuError: device="gpu", and there is none that works; the message says why, and what helps.

    The shape of one sample comes from an `Input`, from the first layer's `input_shape`, or from the first
    data that the model sees.
    """

    def __init__(
        self,
        layers: Sequence[Any] | None = None,
        trainable: bool = True,
        name: str | None = None,
        *,
        device: str | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(layers, trainable, name, device, threads)
