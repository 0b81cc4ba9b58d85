"""All weights of a model in one flat vector, and the layers' views of it.

Gradients and an optimizer's slots are flat vectors of the same layout, so an update is a few calls on
whole vectors, whatever the number of layers.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tinydnn.device.backend import Array, Shape

GRAIN = 64  # numbers of a flat vector; a share of it begins where a cache line does


class Layout:
    """Where each weight lies in a flat vector: one after the other, in the order of the layers."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.shapes = list(shapes)
        self.slices: list[slice] = []
        self.size = 0
        for shape in self.shapes:
            end = self.size + math.prod(shape)
            self.slices.append(slice(self.size, end))
            self.size = end

    def views(self, flat: Array) -> list[Array]:
        """The weights as shaped views: writing to one writes to the vector."""
        return [flat[part].reshape(shape) for part, shape in zip(self.slices, self.shapes, strict=True)]


def check_room(sizes: Mapping[str, int], dtype: Any, empty: Callable[[int, Any], Array]) -> None:
    """See that there is memory for the weights of these layers, before any of them is drawn.

    Raises:
        MemoryError: there is none.
    """
    total, largest = sum(sizes.values()), max(sizes, key=sizes.__getitem__)
    try:
        empty(total, dtype)
    except (MemoryError, ValueError) as error:  # NumPy has a ValueError for what no address can reach
        raise MemoryError(
            f"There is no memory for {total:,} weights; layer {largest!r} has {sizes[largest]:,} of them: {error}"
        ) from None


def share(n: int, parts: int, index: int, grain: int = 1) -> slice:
    """Part `index` of range(n) cut into `parts` of nearly the same size, each beginning at a multiple of `grain`."""
    grains = -(-n // grain)
    return slice(grains * index // parts * grain, min(grains * (index + 1) // parts * grain, n))


class Workspace:
    """Arrays by name, allocated at their largest size; a smaller one is a view of its beginning.

    empty: empty(size, dtype) allocates them.
    """

    def __init__(self, empty: Callable[[int, Any], Array]) -> None:
        self._empty = empty
        self._flat: dict[object, Array] = {}

    def take(self, name: object, shape: Shape, dtype: Any, order: str = "C") -> Array:
        size = math.prod(shape)
        flat = self._flat.get(name)
        if flat is None or flat.size < size:
            flat = self._flat[name] = self._empty(size, dtype)
        return flat[:size].reshape(shape, order=order)

    def room(self, owner: object, dtype: str, order: str = "C") -> Callable[[str, Shape], Array]:
        """room(name, shape) for one owner: what layers and losses take their arrays from."""
        return lambda name, shape: self.take((owner, name), shape, dtype, order)
