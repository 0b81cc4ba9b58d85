"""A digit drawn by hand: from an image file to the 28 x 28 grey values that a net trained on MNIST expects.

The last steps are those by which MNIST was made. The ink is white on black. It is scaled to fit a box of 20 x 20, with
its proportions kept, and placed so that its centre of mass lies at pixel (14, 14) of 28 x 28.
"""

import io
from os import PathLike

import numpy as np
from PIL import Image
from scipy import ndimage

from tinydnn.app.images.files import load_image
from tinydnn.app.images.ink import Ink, find_ink
from tinydnn.device.backend import Array
from tinydnn.files.whole import FileFormatError

_SIDE, _BOX = 28, 20
_SKIRT = 2  # pixels around a stroke that it may cover in part
_FAINT = 0.15  # of the ink; anything fainter is the paper's grain
_PEN = 2  # of the box's 20 pixels; MNIST's strokes are seldom finer


def load_digit(path: str | PathLike[str]) -> Array:
    """The digit as grey values 0 .. 255 with bright strokes, (28, 28), uint8.

    Raises:
        FileFormatError: it is not an image, or it doesn't show one digit with paper around it.
        OSError: the file can't be opened.
    """
    image = load_image(path)
    ink = _in_channels(image.convert("L"))
    if ink is None and image.mode == "RGB":
        ink = _in_channels(image)
    if ink is None:
        raise FileFormatError(
            f"{path}: expected a digit with paper around it. "
            "Found: nothing that stands out from its surroundings and lies within the picture"
        )
    if not ink.alone:
        raise FileFormatError(f"{path}: expected one digit. Found: several of one size; cut out one of them")
    return _as_mnist(_with_strokes_of_a_pen(_cover(ink)))


def as_png(digit: Array) -> bytes:
    """A digit as a PNG file, ten times as large so that one can look at it."""
    content = io.BytesIO()
    Image.fromarray(digit).resize((10 * _SIDE, 10 * _SIDE), Image.Resampling.NEAREST).save(content, "PNG")
    return content.getvalue()


def _in_channels(image: Image.Image) -> Ink | None:
    """The ink that shows best, in the brightness or in one of the colours."""
    found = [find_ink(np.asarray(channel, np.float32)) for channel in image.split()]
    return max((ink for ink in found if ink), key=lambda ink: ink.strength, default=None)


def _cover(ink: Ink) -> Array:
    """How much of each pixel the strokes cover, 0 .. 1: all of it inside them, and less on their edges."""
    strokes, contrast = np.pad(ink.strokes, _SKIRT), np.pad(ink.contrast, _SKIRT)
    full = max(np.percentile(contrast[strokes], 60), 1)
    cover = np.clip(contrast / full, 0, 1)
    cover[(cover < _FAINT) | ~ndimage.binary_dilation(strokes, iterations=_SKIRT)] = 0
    return cover


def _with_strokes_of_a_pen(cover: Array) -> Array:
    """Strokes finer than MNIST's are widened: scaled down they would fade."""
    inside = ndimage.distance_transform_edt(np.pad(cover > 0.5, 1))
    width = 4 * inside[inside > 0].mean() - 2  # across a stroke of n pixels the distances are 1, 2, … n/2 … 2, 1
    more = (_PEN * max(cover.shape) / _BOX - width) / 2  # on each side
    if more <= 0.5:
        return cover
    outside = ndimage.distance_transform_edt(np.pad(cover, int(more) + 2) <= 0.5)
    return np.clip(more + 1 - outside, 0, 1)


def _as_mnist(cover: Array) -> Array:
    """The strokes, scaled to a box of 20 x 20 and placed in 28 x 28 by their centre of mass."""
    rows, columns = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(cover.any(axis=0))
    box = cover[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = _BOX / max(box.shape)
    size = max(1, round(box.shape[1] * scale)), max(1, round(box.shape[0] * scale))
    small = Image.fromarray((255 * box).astype(np.uint8)).resize(size, Image.Resampling.LANCZOS)
    digit = np.asarray(small, np.float64)

    weight = digit.sum()
    centre_y = (digit.sum(axis=1) @ np.arange(len(digit))) / weight
    centre_x = (digit.sum(axis=0) @ np.arange(digit.shape[1])) / weight
    top = _place(centre_y, digit.shape[0])
    left = _place(centre_x, digit.shape[1])
    canvas = np.zeros((_SIDE, _SIDE), np.uint8)
    canvas[top : top + digit.shape[0], left : left + digit.shape[1]] = digit.astype(np.uint8)
    return canvas


def _place(centre: float, length: int) -> int:
    """Where the digit begins along an axis, so that its centre lies at pixel 14 and all of it inside."""
    return int(np.clip(round(_SIDE / 2 - centre), 0, _SIDE - length))
