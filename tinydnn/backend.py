"""The array library under the engine: NumPy on a CPU, with CuPy to take its place on a GPU.

A model asks for its backend once, when it is made, and hands it down; everything else in the engine
calls `backend.xp` and uses only what NumPy and CuPy share. What they do not share is in here.
"""

from typing import Any

import numpy as np

Array = Any  # numpy.ndarray, or cupy.ndarray on a GPU


class Backend:
    """NumPy, and the few operations that each array library spells in its own way."""

    name = "cpu"
    xp: Any = np

    def asarray(self, array: Any) -> Array:
        """The array on this device, in C order; the caller's own memory where it can be shared."""
        return np.ascontiguousarray(array)

    def to_numpy(self, array: Array) -> Array:
        """A copy of a device array in the host's memory."""
        return np.array(array)

    def gather(self, source: Array, indices: Array, out: Array) -> None:
        """out[i] = source[indices[i]], for indices that are known to be in range."""
        # mode="clip" skips the second copy that NumPy makes to stay safe from an index error.
        np.take(source, indices, axis=0, out=out, mode="clip")

    def quiet(self) -> Any:
        """A context in which overflow goes unreported: exp(-z) may be infinite in a sigmoid that is
        right, and a training that diverges is told by its loss."""
        return np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore")


def get(device: str | None) -> Backend:
    """The backend for a device: "cpu". None and "auto" take it too, as the only one there is.

    Raises:
        ValueError: the device is not offered.
    """
    if device not in (None, "auto", "cpu"):
        raise ValueError(
            f"This version of tinydnn computes on the CPU only; use device='cpu' or 'auto'. Received: device={device!r}"
        )
    return Backend()
