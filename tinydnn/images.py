"""A digit drawn by hand, from an image file to the 28 x 28 grey values that a net trained on MNIST expects.

The steps are those by which MNIST was made: white ink on black; scaled to fit a box of 20 x 20, its
proportions kept; placed so that the ink's centre of mass lies at pixel (14, 14) of 28 x 28.
"""

import io
from os import PathLike

import numpy as np
from PIL import Image

from tinydnn.backend import Array
from tinydnn.files import FileFormatError

_SIDE, _BOX = 28, 20
_FAINT = 0.1  # paper noise: ink below this share of the darkest stroke does not count
_MOST_PIXELS = 50_000_000


def load_digit(path: str | PathLike[str]) -> Array:
    """The digit as (28, 28) grey values 0 .. 255, uint8, its strokes bright.

    Raises:
        FileFormatError: no image, one too large, or one with nothing drawn on it.
        OSError: the file can't be read.
    """
    with open(path, "rb") as file:
        content = io.BytesIO(file.read())
    try:
        with Image.open(content) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise ValueError(f"more than {_MOST_PIXELS:,} pixels, {image.width} x {image.height}")
            on_white = Image.new("RGBA", image.size, "white")
            on_white.alpha_composite(image.convert("RGBA"))  # a drawing's transparent parts are paper
            grey = np.asarray(on_white.convert("L"), np.float64)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # all that Pillow raises
        found = str(error).replace(repr(content), "this file")
        raise FileFormatError(f"{path}: expected an image, as PNG. Pillow says: {found}") from None
    ink = _as_ink(grey)
    if ink.max() < 32:
        raise FileFormatError(f"{path}: expected a digit. Found: an image of one shade")
    return _as_mnist(ink)


def _as_ink(grey: Array) -> Array:
    """Ink on empty ground: dark strokes on light paper are inverted, and the paper's own shade goes to 0."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = float(np.median(border))
    ink = paper - grey if paper > 127 else grey - paper
    ink = np.clip(ink, 0, None)
    ink[ink < _FAINT * ink.max()] = 0
    return ink


def _as_mnist(ink: Array) -> Array:
    """The ink's box scaled to 20 x 20 and centred by its mass in 28 x 28."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    box = box * (255 / box.max())
    scale = _BOX / max(box.shape)
    size = max(1, round(box.shape[1] * scale)), max(1, round(box.shape[0] * scale))
    small = Image.fromarray(box.astype(np.uint8)).resize(size, Image.Resampling.LANCZOS)
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
    """Where an axis of this length begins, so that its centre of mass lies at pixel 14, all of it inside."""
    return int(np.clip(round(_SIDE / 2 - centre), 0, _SIDE - length))
