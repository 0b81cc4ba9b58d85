"""Sequences of different lengths in one array (mirrors keras/src/utils/sequence_utils.py)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn.checks import check_count
from tinydnn.device.backend import Array

_SIDES = "pre", "post"


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> Array:
    """The sequences as rows of one array, (n, maxlen, …): shorter ones filled up with `value`, longer ones cut.

    Args:
        sequences: of numbers, or of arrays of one shape.
        maxlen: None means the length of the longest.
        dtype: of the array; object for texts.
        padding: "pre" fills up at the beginning, "post" at the end.
        truncating: "pre" cuts at the beginning, "post" at the end.
        value: what fills up.

    Raises:
        ValueError: no sequences, no such side, or arrays of several shapes.
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in _SIDES:
            raise ValueError(f"{name} expects 'pre' or 'post'. Received: {name}={side!r}")
    if not hasattr(sequences, "__len__") or not all(hasattr(each, "__len__") for each in sequences):
        raise ValueError(f"pad_sequences expects a list of sequences. Received: {sequences!r:.100}")
    if isinstance(value, str) and dtype is not object and np.dtype(dtype).kind not in "US":
        raise ValueError(f"dtype expects object, to fill up with text. Received: dtype={dtype!r}, value={value!r}")
    if maxlen is None:
        maxlen = max(map(len, sequences), default=0)
    else:
        check_count("maxlen", maxlen)
    shape = next((np.asarray(each).shape[1:] for each in sequences if len(each)), ())
    rows = np.full((len(sequences), maxlen, *shape), value, dtype)
    for i, each in enumerate(sequences):
        cut = np.asarray(each[-maxlen:] if truncating == "pre" else each[:maxlen], dtype)
        if not len(cut):
            continue
        if cut.shape[1:] != shape:
            raise ValueError(f"pad_sequences expects entries of shape {shape}. Received: {cut.shape[1:]} at {i}")
        rows[i, slice(-len(cut), None) if padding == "pre" else slice(len(cut))] = cut
    return rows
