"""The data of a run that the scripts of its page read, as JSON."""

import base64
import io
import math
from typing import Any

import numpy as np
from PIL import Image

from tinydnn import layers
from tinydnn.app.one_step import OneStep
from tinydnn.app.report.findings import Findings
from tinydnn.config import cast
from tinydnn.device.backend import Array
from tinydnn.inspect.twin import require_row
from tinydnn.layers import Layer
from tinydnn.models import Model

_PER_CELL = 40  # digits of a cell of the confusion matrix
_EXAMPLES = 100  # test digits to take instead of drawing one
_CASES = 12  # hardest cases of each kind
_SPRITE_COLUMNS = 40
_TO_LEARN, _TO_TEST = 300, 30  # digits of each kind in the tab "Train"


def net(model: Model) -> dict[str, Any]:
    """The net for the page's own forward pass: the kind and settings of each layer, and all weights in base64."""
    require_row(model, "The page of a run")
    weights = np.concatenate([weight.ravel() for weight in model.get_weights()])
    described = [_layer(layer) for layer in model.flat_layers]
    little_endian = weights.astype(weights.dtype.newbyteorder("<"))
    return {
        "dtype": model.dtype,
        "layers": [each for each in described if each],
        "weights": base64.b64encode(little_endian.tobytes()).decode(),
    }


def _layer(layer: Layer) -> dict[str, Any]:
    if isinstance(layer, layers.Dense):
        inputs, units = layer.kernel.shape
        return {
            "kind": "dense", "name": layer.name, "inputs": inputs, "units": units, "bias": layer.use_bias,
            "activation": layer.activation.name, "numbers": layer.activation.numbers,
        }  # fmt: skip
    if isinstance(layer, layers.Rescaling):
        scale, offset = cast(layer.scale), cast(layer.offset)  # as the layer rounds them
        return {"kind": "rescaling", "name": layer.name, "scale": scale, "offset": offset}
    if isinstance(layer, layers.Activation):
        activation = layer.activation
        return {
            "kind": "activation", "name": layer.name, "activation": activation.name, "numbers": activation.numbers,
        }  # fmt: skip
    if isinstance(layer, layers.Reshape | layers.RandomLayer | layers.ActivityRegularization):
        return {}  # they change no number in a prediction
    raise ValueError(
        "The page of a run computes Dense, Rescaling and activations. "
        f"Received: {layer.name!r}, a {type(layer).__name__}; look at this model with the microscope"
    )


def digits(found: Findings, x: Array) -> dict[str, Any]:
    """Some test digits as one image, and which of them the confusion matrix and the hardest cases show.

    found: what the net makes of the test digits.
    x: the test digits, (n, 28, 28).
    """
    confusion = found.confusion
    cells: dict[str, list[int]] = {}
    chosen: dict[int, int] = {}  # the number of a test digit, and its position in the image
    for label, predicted in np.ndindex(confusion.shape):
        which = found.cell(label, predicted)[:_PER_CELL].tolist()
        if which:
            cells[f"{label},{predicted}"] = which
    cases = {
        "hardest": found.hardest_right()[:_CASES].tolist(),
        "confident": found.confident_mistakes()[:_CASES].tolist(),
        "unsure": found.unsure_mistakes()[:_CASES].tolist(),
    }
    examples = list(range(min(_EXAMPLES, len(x))))
    for which in [examples, *cells.values(), *cases.values()]:
        for i in which:
            chosen.setdefault(i, len(chosen))
    order = list(chosen)
    described = [
        {"number": i, "label": int(found.labels[i]), "p": [_short(p, 5) for p in found.probabilities[i]]} for i in order
    ]
    return {
        "confusion": confusion.tolist(),
        "cells": {name: [chosen[i] for i in which] for name, which in cells.items()},
        "cases": {name: [chosen[i] for i in which] for name, which in cases.items()},
        "examples": len(examples),  # these come first in the image
        "digits": described,
        "sprite": {"columns": _SPRITE_COLUMNS, "source": data_url(_sprite(x[order]))},
    }


def practice(digits: Any) -> dict[str, Any]:
    """Some digits of each kind to train a net on and to test it with, as one image; those to test with come first.

    digits: ((x, labels), (x, labels)) for training and test.
    """
    (x, y), (x_test, y_test) = digits
    learn, test = _some_of_each(y, _TO_LEARN), _some_of_each(y_test, _TO_TEST)
    return {
        "tests": len(test),
        "labels": [*y_test[test].tolist(), *y[learn].tolist()],
        "columns": _SPRITE_COLUMNS,
        "source": data_url(_sprite(np.concatenate([x_test[test], x[learn]]))),
    }


def _some_of_each(labels: Array, count: int) -> Array:
    """The numbers of the first digits of each kind, in order."""
    return np.sort(np.concatenate([np.flatnonzero(labels == label)[:count] for label in range(10)]))


def _sprite(images: Array) -> bytes:
    """All images in one, row by row."""
    rows, (height, width) = math.ceil(len(images) / _SPRITE_COLUMNS), images.shape[1:]
    sheet = np.zeros((rows * height, _SPRITE_COLUMNS * width), np.uint8)
    for i, image in enumerate(images):
        top, left = i // _SPRITE_COLUMNS * height, i % _SPRITE_COLUMNS * width
        sheet[top : top + height, left : left + width] = image
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, format="PNG", optimize=True)
    return file.getvalue()


def microscope(step: OneStep) -> dict[str, Any]:
    """The tensors of the first step, and Keras' version if its values stand beside them."""
    tensors = [tensor.to_json() for tensor in step.tensors]
    for each, tensor in zip(step.tensors, tensors, strict=True):
        tensor["kind"] = each.kind
        tensor["sample"] = [_short(v, 3) for v in np.ravel(tensor["sample"])]  # precise enough for a picture
    return {"keras": step.keras, "tensors": tensors}


def data_url(png: bytes) -> str:
    """A PNG as a URL that holds it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _short(value: float, places: int) -> float:
    """The value, rounded to so many significant digits."""
    return float(f"{value:.{places}g}")
