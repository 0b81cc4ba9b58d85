"""Settings of layers: those that are fixed once a layer is made, and an axis that is the last one."""

import operator
from typing import Any

from tinydnn.device.backend import Shape


def fixed(path: str) -> Any:
    """A setting that is fixed once the layer is made: a property which reads what it is computed with."""
    return property(operator.attrgetter(path))


def of_last_axis(layer: Any, input_shape: Shape) -> Shape:
    """The shape of samples, for a layer whose `axis` is their last one.

    Raises:
        ValueError: it is another one, or there is none.
    """
    axes = list(layer.axis) if isinstance(layer.axis, list | tuple) else [layer.axis]
    if not input_shape or axes not in ([-1], [len(input_shape)]):
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} expects the last axis, axis=-1; put a Reshape before it. "
            f"Received: axis={layer.axis!r}, for samples of shape {input_shape}"
        )
    return input_shape
