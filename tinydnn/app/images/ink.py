"""The ink on a picture: the paper is estimated around each pixel, and what differs from it is cut out by thresholds."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from tinydnn.app.images.parts import Box, digit_among
from tinydnn.device.backend import Array

_SMALL = 20_000  # pixels on which the paper is estimated
_STROKE = 0.4  # of the picture's shorter side; no stroke is wider
_EDGE = 0.03  # of the digit's extent; an edge of ink is no wider
_LEAST = 4  # of 255; with less contrast there is nothing on the paper
_NOISE = 5  # standard deviations of the paper's own noise; one pixel in three million is that far above
_SHADE = 4  # what has less light than this part of the brightest paper is not paper in a shadow
_THRESHOLDS = 4
_MUCH_STRONGER = 2


@dataclass(frozen=True, eq=False)
class Ink:
    """A digit's strokes on a picture.

    strokes: which pixels of their bounding box they cover, bool.
    contrast: by how many grey values each pixel of the box differs from its paper.
    strength: how much stands out how clearly; to compare what was found in several ways.
    alone: whether nothing else on the picture looks like a digit.
    """

    strokes: Array
    contrast: Array
    strength: float
    alone: bool


def find_ink(grey: Array) -> Ink | None:
    """The digit in a picture of float32 grey values 0 .. 255, written darker than the paper or brighter.

    Low thresholds keep faint strokes, high ones leave out ruled lines and shadows. The lowest counts, unless a higher
    one shows something that stands out much more, or shows the digit alone.
    """
    paper, board = _paper(grey), -_paper(-grey)
    light = np.maximum(paper, max(paper.max(), 1) / _SHADE)  # in a shadow ink takes as large a part of less light
    ways = [_at_thresholds(grey, (paper - grey) * (paper.max() / light)), _at_thresholds(-grey, grey - board)]
    best = max((ink for inks in ways for ink in inks), key=lambda ink: ink.strength, default=None)
    if best is None:
        return None
    inks = next(inks for inks in ways if best in inks)
    strong = [ink for ink in inks if ink.strength * _MUCH_STRONGER >= best.strength]
    return next((ink for ink in strong if ink.alone), strong[0])


def _at_thresholds(grey: Array, contrast: Array) -> list[Ink]:
    """What is found of dark ink at each threshold, from the lowest, just above the noise, upwards."""
    smooth: Array = ndimage.gaussian_filter(contrast, min(1, min(grey.shape) / 200))
    middle, low = np.percentile(smooth, [50, 16])  # a standard deviation apart; ink is above both
    threshold = middle + max(_LEAST, _NOISE * (middle - low))
    inks = []
    for _ in range(_THRESHOLDS):
        above = smooth > threshold
        if not above.any():
            break
        digit = digit_among(above, smooth)
        if digit:
            stands_out = _stands_out(grey, digit.box, digit.strokes)
            if stands_out >= _LEAST:
                strength = float(digit.strokes.sum() * stands_out**2)
                inks.append(Ink(digit.strokes, contrast[digit.box.slices()], strength, digit.alone))
        values = smooth[above]
        if np.ptp(values) < 1:
            break
        threshold = _otsu(values)
    return inks


def _paper(grey: Array) -> Array:
    """The grey value that the paper has at each pixel: the picture without dark strokes, by a closing.

    Beyond the border the picture is continued with its slope, so that a gradient remains as it is.
    """
    height, width = grey.shape
    shrink = max(1, np.sqrt(grey.size / _SMALL))
    size = max(1, round(width / shrink)), max(1, round(height / shrink))
    small = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))
    window = max(3, int(_STROKE * min(size)))
    continued = np.pad(small, window, "reflect", reflect_type="odd")
    closed = ndimage.grey_closing(continued, (window, window))[window:-window, window:-window]
    return np.asarray(Image.fromarray(closed).resize((width, height), Image.Resampling.BILINEAR))


def _stands_out(grey: Array, box: Box, strokes: Array) -> float:
    """By how many grey values the strokes are darker than what is just beside them, and than what is all around.

    Shadows have soft edges, so beside them it is not much brighter. Paper that bright strokes enclose is no darker than
    what is all around. And what has paper on one side only is the edge of a table.
    """
    ink = grey[box.slices()][strokes].mean()
    step = max(1, round(_EDGE * box.extent))
    near = box.grown(2 * step, grey.shape)
    strokes = np.pad(strokes, box.margins(near))
    beside = ndimage.maximum_filter(strokes, 4 * step + 1) & ~ndimage.maximum_filter(strokes, 2 * step - 1)
    if not beside.any():
        return 0.0
    values = grey[near.slices()][beside] - ink
    if np.percentile(values, 25) < values.mean() / 4:
        return 0.0
    around = np.median(grey[box.grown(box.extent // 2, grey.shape).slices()])
    return float(min(values.mean(), around - ink))


def _otsu(values: Array) -> float:
    """The threshold that splits the values into two classes whose means differ most (Otsu 1979)."""
    counts, edges = np.histogram(values, 256)
    total = np.cumsum(counts * (edges[1:] + edges[:-1]) / 2)
    below = np.cumsum(counts)[:-1]
    above = len(values) - below
    between = below * above * (total[:-1] / below - (total[-1] - total[:-1]) / above) ** 2
    return float(edges[1:-1][np.argmax(between)])
