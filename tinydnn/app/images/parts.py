"""The connected parts of what may be ink, and those among them that are the digit, by their size and place."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from tinydnn.device.backend import Array

_SPECK = 6  # pixels; what extends no farther is never a digit
_STROKE = 0.2  # of the digit's extent; a stroke of its own is at least so long
_NEAR = 0.35  # of the digit's extent; a stroke of its own is no farther away
_DIGIT = 0.5  # of the digit's extent; what is so large may be another digit
_INK = 0.125  # of the digit's; another digit has as much at least
_GAP = 0.1  # of the digit's extent; two digits beside each other are at least so far apart
_FRAME = 32  # pixels; a frame is larger
_ACROSS = 0.8  # of the picture; a thin line so long is an edge or a rule
_THIN = 10  # times as long as wide


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels; the ends are not in it."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def extent(self) -> int:
        return max(self.bottom - self.top, self.right - self.left)

    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def grown(self, by: int, shape: tuple[int, ...]) -> "Box":
        """With so many pixels more on each side, as far as the picture goes."""
        top, left = max(self.top - by, 0), max(self.left - by, 0)
        return Box(top, min(self.bottom + by, shape[0]), left, min(self.right + by, shape[1]))

    def margins(self, outer: "Box") -> list[tuple[int, int]]:
        """How many pixels another box has more at each end of each axis."""
        return [
            (self.top - outer.top, outer.bottom - self.bottom),
            (self.left - outer.left, outer.right - self.right),
        ]


@dataclass(frozen=True)
class Digit:
    """Parts that belong together; `strokes` are their pixels in the box. It is `alone` without another digit."""

    box: Box
    strokes: Array
    alone: bool


def digit_among(above: Array, contrast: Array) -> Digit | None:
    """The part with the most ink, and the strokes near it; None where no part may be a digit.

    What touches the border is not the digit but a table, a ruled line or a shadow. Neither is a frame the digit, nor a
    line across the whole picture.

    Args:
        above: which pixels may be ink, bool, (height, width).
        contrast: how much ink each pixel has, of that shape.
    """
    labels, _ = ndimage.label(above, np.ones((3, 3)))
    slices = ndimage.find_objects(labels)
    boxes = np.array([(y.start, y.stop, x.start, x.stop) for y, x in slices])
    top, bottom, left, right = boxes.T
    height, width = bottom - top, right - left
    inside = (top > 0) & (left > 0) & (bottom < above.shape[0]) & (right < above.shape[1])
    across = (width > _THIN * height) & (width > _ACROSS * above.shape[1])
    down = (height > _THIN * width) & (height > _ACROSS * above.shape[0])
    possible = inside & ~across & ~down & (np.maximum(height, width) > _SPECK)
    numbers = np.array([i for i in np.flatnonzero(possible) if not _is_frame(labels[slices[i]] == i + 1)], int)
    if not len(numbers):
        return None
    ink = np.array([contrast[slices[i]][labels[slices[i]] == i + 1].sum() for i in numbers])
    belongs, alone = _belonging(boxes[numbers], ink)
    numbers = numbers[belongs]
    box = Box(*(int(n) for n in (min(top[numbers]), max(bottom[numbers]), min(left[numbers]), max(right[numbers]))))
    return Digit(box, np.isin(labels[box.slices()], numbers + 1), alone)


def _belonging(boxes: Array, ink: Array) -> tuple[Array, bool]:
    """Which parts belong to the one with the most ink, and whether none of the others is a digit too."""
    top, bottom, left, right = boxes.T
    height, width = bottom - top, right - left
    extent, first = np.maximum(height, width), int(np.argmax(ink))
    size = extent[first]
    gap_y = np.maximum(top - bottom[first], top[first] - bottom)  # negative where they overlap
    gap_x = np.maximum(left - right[first], left[first] - right)
    near = (extent >= _STROKE * size) & (np.maximum(gap_y, gap_x) <= _NEAR * size)
    beside = (height >= _DIGIT * size) & (gap_x >= _GAP * size) & (-gap_y >= height / 2)
    elsewhere = ~near & (extent >= _DIGIT * size)
    return near & ~beside, not ((beside | elsewhere) & (ink >= _INK * ink[first])).any()


def _is_frame(part: Array) -> bool:
    """Whether nearly all of it lies along its bounding box."""
    y, x = (n // 8 for n in part.shape)
    return bool(min(part.shape) >= _FRAME and part[y:-y, x:-x].sum() < 0.1 * part.sum())
