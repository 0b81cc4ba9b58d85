"""Arrays of other libraries."""

from typing import Any

import numpy as np

from tinydnn.device.backend import Array


def array_of(theirs: Any) -> Array:
    """A NumPy array of one of NumPy's, TensorFlow's, JAX' or PyTorch's, which don't come from a GPU by themselves."""
    return np.asarray(theirs.detach().cpu() if hasattr(theirs, "detach") else theirs)
