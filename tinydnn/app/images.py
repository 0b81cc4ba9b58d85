"""A digit drawn by hand: from an image file to the 28 x 28 grey values that a net trained on MNIST expects.

The steps are those by which MNIST was made. The ink is white on black. It is scaled to fit a box of 20 x 20, with its
proportions kept, and placed so that its centre of mass lies at pixel (14, 14) of 28 x 28.
"""

import io
from os import PathLike

import numpy as np
from PIL import Image, ImageFilter

from tinydnn.device.backend import Array
from tinydnn.files.whole import FileFormatError

_SIDE, _BOX = 28, 20
_LARGEST = 400  # pixels per side; more say nothing about a digit
_FAINT = 0.25  # of the strongest stroke; anything fainter is the paper, its grain or a shadow
_LEAST = 25  # of 255; with less contrast there is nothing on the paper


def load_digit(path: str | PathLike[str]) -> Array:
    """The digit as grey values 0 .. 255 with bright strokes, (28, 28), uint8.

    Raises:
        FileFormatError: it is not an image, or nothing is drawn on it.
        OSError: the file can't be read.
    """
    with open(path, "rb") as file:
        content = io.BytesIO(file.read())
    try:
        with Image.open(content) as image:
            grey = _as_grey(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # everything that Pillow raises
        found = str(error).replace(repr(content), "it")
        raise FileFormatError(f"{path}: expected an image, as PNG. Pillow says: {found}") from None
    ink = _as_ink(grey)
    if not ink.any():
        raise FileFormatError(f"{path}: expected a digit. Found: nothing that stands out from the paper in brightness")
    return _as_mnist(ink)


def _as_grey(image: Image.Image) -> Array:
    """Grey values 0 .. 255, slightly blurred so that a speck does not count as a stroke."""
    if image.mode.startswith(("I", "F")):  # 16 bits per pixel or more, which Pillow would clip at 255
        values = np.asarray(image, np.float64)
        values = (values - values.min()) * (255 / max(np.ptp(values), 1))
        image = Image.fromarray(values.astype(np.uint8))
    image.draft("L", (_LARGEST, _LARGEST))
    if image.has_transparency_data:  # the drawing is whatever is opaque
        alpha = image.convert("RGBA").getchannel("A")
        cover = np.asarray(alpha)
        image = alpha if cover.min() < 128 <= cover.max() else image
    image = image.convert("L")
    image.thumbnail((_LARGEST, _LARGEST))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(max(image.size) / 200)), np.float64)


def _as_ink(grey: Array) -> Array:
    """How much darker than the paper each pixel is, or brighter if the strokes are bright; 0 for paper."""
    paper = float(np.median(grey))
    darker, brighter = np.clip(paper - grey, 0, None), np.clip(grey - paper, 0, None)
    ink: Array = darker if darker.max() >= brighter.max() else brighter
    ink[ink < max(_FAINT * ink.max(), _LEAST)] = 0
    return ink


def _as_mnist(ink: Array) -> Array:
    """The ink, scaled to a box of 20 x 20 and placed in 28 x 28 by its centre of mass."""
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
    """Where the digit begins along an axis, so that its centre lies at pixel 14 and all of it inside."""
    return int(np.clip(round(_SIDE / 2 - centre), 0, _SIDE - length))
