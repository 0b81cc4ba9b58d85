"""What fit, evaluate and predict accept: arrays are checked here, before anything is changed.

Images stay as they come, uint8 for MNIST: a pass converts the rows of its batch, so no second copy of
the data set is made.
"""

import math
from functools import cached_property
from typing import Any

import numpy as np

from tinydnn.checks import (
    as_samples,
    check_finite,
    check_shape,
)
from tinydnn.device.backend import Array, Shape
from tinydnn.engine.network import Network
from tinydnn.files import identity
from tinydnn.metrics import labels_of
from tinydnn.targets import check_labels, check_length, check_sample_weight, check_targets

_OF_ARRAYS = "__array__", "dtype", "columns"  # one of which arrays, sparse matrices and frames have


def is_stream(x: Any) -> bool:
    """Whether x gives batches one after the other, and is no array, frame or list of samples."""
    arrays = isinstance(x, list | tuple | dict | str) or any(hasattr(x, name) for name in _OF_ARRAYS)
    return hasattr(x, "__iter__") and not arrays


def require_arrays(caller: str, x: Any) -> None:
    """Raise a TypeError if x gives batches one after the other."""
    if is_stream(x):
        raise TypeError(f"{caller} takes arrays of samples, and no batches of them. Received: x={type(x).__name__}")


class Data:
    """Samples and targets on the device, checked against the network.

    x: (n, …), of any numeric dtype.
    targets: (n, outputs) in the network's dtype; None where there are only labels, or no targets at all.
    labels: (n,): integer labels, or what accuracy compares with; None where neither is needed.
    weights: (n,): how much each sample counts, in the network's dtype; None where all count the same.
    changes: whether other samples take their place, batch after batch.
    """

    changes = False

    def __init__(
        self, network: Network, x: Any, y: Any = None, sample_shape: Shape | None = None, weights: Any = None
    ) -> None:
        if not network.layers:
            raise ValueError(f"Model {network.name!r} has no layers yet; add some")
        shape = network.sample_shape or sample_shape or shape_of_sample(x)
        output_shape = network.output_shape_for(shape)
        host_x = check_samples(x, shape, network.dtype)
        self.n, self._backend = len(host_x), network.backend
        self.x = network.backend.asarray(host_x)
        self.targets: Array | None = None
        self.labels: Array | None = None
        self.weights: Array | None = None
        if weights is not None:
            self.weights = network.backend.asarray(check_sample_weight(weights, self.n, network.dtype))
        if y is None:
            return
        assert network.loss is not None
        measures: list[Any] = [network.loss, *network.metrics]
        if len(output_shape) != 1 and not all(each.mean_over_outputs for each in measures):
            raise ValueError(
                "This loss or a metric needs one row of outputs for each sample; end the model with a "
                f"Dense or Flatten layer. Received: outputs of shape {output_shape}"
            )
        outputs = math.prod(output_shape)
        if len(output_shape) != 1:
            y = check_samples(y, output_shape, network.dtype, "y").reshape(-1, outputs)
        if network.loss.sparse:
            host_y = check_labels(as_samples(y, "y"), self.n, outputs)
        else:
            host_y = check_targets(as_samples(y, "y"), self.n, outputs, network.dtype)
            self.targets = network.backend.asarray(host_y)
        if network.loss.sparse or network.compares_classes:
            self.labels = network.backend.asarray(host_y if network.loss.sparse else labels_of(host_y))

    @cached_property
    def digests(self) -> list[str | None]:
        """What tells these samples, targets and weights from others."""
        return self.of_samples()

    def of_samples(self) -> list[str | None]:
        """The digests of the samples, targets and weights that are here now."""
        arrays = self.x, self.labels if self.targets is None else self.targets, self.weights
        return [identity.of_array(array, self._backend) for array in arrays]


def shape_of_sample(x: Any) -> Shape:
    """The shape of one sample of x, from which an unbuilt model takes its input shape."""
    array = as_samples(x, "x")
    if array.ndim == 0 or not len(array):
        raise ValueError(f"x expects an array of samples, at least one. Received: shape={array.shape}")
    return check_shape(array.shape[1:], "x") if array.ndim > 1 else (1,)


def check_samples(x: Any, shape: Shape, dtype: str, name: str = "x") -> Array:
    """x as an array (n, *shape) of finite numbers; a last axis of 1 may be there or not, as in Keras.

    Mirrors keras/src/models/functional.py, `_adjust_input_rank`.

    Raises:
        ValueError: it is not.
    """
    array = given = as_samples(x, name)
    if array.ndim == len(shape) + 2 and array.shape[-1] == 1:
        array = array[..., 0]
    elif 0 < array.ndim == len(shape) and shape[-1] == 1:
        array = array[..., np.newaxis]
    if array.ndim == 0 or array.shape[1:] != shape:
        raise ValueError(
            f"{name} expects samples of shape {shape}, as an array {('n', *shape)}".replace("'", "")
            + f". Received: shape={given.shape}"
        )
    if not len(array):
        raise ValueError(f"{name} expects at least one sample. Received: shape={array.shape}")
    check_finite(array, dtype, name)
    return array


def split(x: Any, y: Any, validation_split: float) -> tuple[Any, Any, tuple[Any, Any]]:
    """x, y and (x_val, y_val): the LAST share of the samples is held out, before any shuffling.

    Mirrors keras/src/trainers/data_adapters/array_slicing.py.

    Raises:
        ValueError: the share leaves no sample on one side.
    """
    if is_stream(x):
        raise ValueError(f"validation_split takes a part of arrays; give validation_data. Received: {type(x).__name__}")
    x, y = as_samples(x, "x"), as_samples(y, "y")
    if x.ndim == 0:
        raise ValueError(f"x expects an array of samples. Received: shape={x.shape}")
    check_length(y, len(x))
    at = math.floor(len(x) * (1 - validation_split))
    if not 0 < at < len(x):
        raise ValueError(
            f"validation_split={validation_split} of {len(x)} samples leaves {at} for training and {len(x) - at} "
            "for validation; both need at least one"
        )
    return x[:at], y[:at], (x[at:], y[at:])
