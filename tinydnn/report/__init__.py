"""A run as pictures and as one page: `tinydnn report RUN`.

The page is one HTML file that holds all it needs: the trained weights, some digits, the figures, one training step laid
open. Nothing is fetched, and its rules forbid it to try.
"""

import base64
import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

import tinydnn
from tinydnn import figures, layers, microscope, runs
from tinydnn.backend import Array
from tinydnn.config import cast
from tinydnn.files import FileFormatError, to_json, write_whole
from tinydnn.layers import Layer
from tinydnn.models import Sequential
from tinydnn.names import numbered_anew
from tinydnn.report.findings import Findings
from tinydnn.report.gallery import pictures

PAGE_FILE, PICTURES_FOLDER = "report.html", "figures"
_IN_A_CELL = 40  # digits of a cell of the confusion matrix that the page has
_CASES = 12  # hardest cases of each kind
_SPRITE_COLUMNS = 40


def write(folder: Path) -> None:
    """Write a run's page, and its figures, into its folder.

    Raises:
        FileNotFoundError, FileFormatError: there is no run, one without a whole epoch, or a damaged one.
    """
    run = runs.Run.resumed(folder)
    model = runs.load_model(folder)
    history = _log(folder / "history.json")
    run.load_data()
    x_test, y_test = run.digits[1]
    found = Findings(model.predict(x_test, verbose=0), y_test.astype(np.int64))
    (folder / PICTURES_FOLDER).mkdir(exist_ok=True)
    images = []
    for picture in pictures(model, history, run.digits, found):
        png = figures.png(picture.figure)
        write_whole(folder / PICTURES_FOLDER / f"{picture.name}.png", png)
        width, height = Image.open(io.BytesIO(png)).size
        images.append(
            {
                "caption": picture.caption,
                "source": _data_url(png),
                "width": width,
                "height": height,
                "wide": picture.wide,
            }
        )
    tensors, keras = _first_step(run)
    data = {
        "settings": asdict(run.settings),
        "results": run.results,
        "history": history,
        "net": net(model),
        "microscope": {"keras": keras, "tensors": tensors},
        **_digits(found, x_test),
    }
    versions = json.loads((folder / runs.DESCRIPTION_FILE).read_bytes())["versions"]
    write_whole(folder / PAGE_FILE, _page(run, versions, found, images, data).encode())


def _log(path: Path) -> dict[str, list[float]]:
    try:
        history: dict[str, list[float]] = json.loads(path.read_bytes())
        epochs = len(history["loss"])
    except (ValueError, TypeError, KeyError) as error:
        raise FileFormatError(f"{path}: expected the log of at least one whole epoch. Found: {error}") from None
    if {len(values) for values in history.values()} != {epochs} or epochs == 0:
        raise FileFormatError(f"{path}: expected a value for each epoch, and one epoch at least")
    return history


def net(model: Sequential) -> dict[str, Any]:
    """The layers, for the page's own forward pass: their kinds and settings, and all weights as base64."""
    parameters = model.backend.to_numpy(model.parameters)
    described = [_layer(layer) for layer in model.layers if not isinstance(layer, layers.InputLayer | layers.Dropout)]
    little_endian = parameters.astype(parameters.dtype.newbyteorder("<"))
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
            "activation": layer.activation.name,
        }  # fmt: skip
    if isinstance(layer, layers.Rescaling):
        scale, offset = cast(layer.scale), cast(layer.offset)  # as the layer rounds them
        return {"kind": "rescaling", "name": layer.name, "scale": scale, "offset": offset}
    if isinstance(layer, layers.Activation):
        return {"kind": "activation", "name": layer.name, "activation": layer.activation.name}
    return {}  # Reshape and Flatten, which change no number


def _digits(found: Findings, x: Array) -> dict[str, Any]:
    """Some test digits as one image, and which of them the confusion matrix and the hardest cases show."""
    confusion = found.confusion
    cells: dict[str, list[int]] = {}
    chosen: dict[int, int] = {}  # where each is in the image
    for label, predicted in np.ndindex(confusion.shape):
        which = found.cell(label, predicted)[:_IN_A_CELL].tolist()
        if which:
            cells[f"{label},{predicted}"] = which
    cases = {
        "hardest": found.hardest_right()[:_CASES].tolist(),
        "confident": found.confident_mistakes()[:_CASES].tolist(),
        "unsure": found.unsure_mistakes()[:_CASES].tolist(),
    }
    for which in [*cells.values(), *cases.values()]:
        for i in which:
            chosen.setdefault(i, len(chosen))
    order = list(chosen)
    digits = [
        {"number": i, "label": int(found.labels[i]), "p": [_short(p, 5) for p in found.probabilities[i]]} for i in order
    ]
    return {
        "confusion": confusion.tolist(),
        "cells": {name: [chosen[i] for i in which] for name, which in cells.items()},
        "cases": {name: [chosen[i] for i in which] for name, which in cases.items()},
        "digits": digits,
        "sprite": {"columns": _SPRITE_COLUMNS, "source": _data_url(_sprite(x[order]))},
    }


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


def _first_step(run: runs.Run) -> tuple[list[dict[str, Any]], str | None]:
    """The tensors of the run's first training step, next to Keras' where it is installed, and its version."""
    with numbered_anew():
        fresh = runs.Run(run.settings)
    fresh.digits = run.digits
    x, y = fresh.first_batch()
    keras, theirs = None, None
    try:
        from keras_ref import engines, one_step

        keras, theirs = engines.keras_version(), one_step.tensors(fresh.model, x, y)
    except ImportError:  # the page says so
        pass
    tensors = [tensor.to_json() for tensor in microscope.dissect(fresh.model, x, y, theirs)]
    for tensor in tensors:
        tensor["sample"] = [_short(v, 3) for v in np.ravel(tensor["sample"])]  # for a picture
    return tensors, keras


def _page(
    run: runs.Run, versions: Mapping[str, Any], found: Findings, images: list[dict[str, Any]], data: Mapping[str, Any]
) -> str:
    environment = Environment(
        loader=PackageLoader("tinydnn.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.policies["json.dumps_function"] = lambda value, **_: to_json(value, indent=None)
    return environment.get_template("page.html").render(
        version=tinydnn.__version__,
        run=run,
        versions=versions,
        command=repeat(run.settings),
        found=found,
        accuracy=float(found.right.mean()),
        images=images,
        data=data,
        zip=zip,
    )


def repeat(settings: runs.Settings) -> str:
    """The command that makes this run again."""
    defaults, words = runs.Settings(), ["tinydnn train"]
    for name, value in asdict(settings).items():
        if value is None or (value == getattr(defaults, name) and name != "seed"):
            continue
        text = ",".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)
        words.append(f"--{name.replace('_', '-')} {text}")
    return " ".join(words)


def _short(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
