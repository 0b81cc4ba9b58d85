"""A run as pictures and as one page: `tinydnn report RUN`.

The page is one HTML file that holds all it needs: the trained weights, some digits, the figures, one training step laid
open. Nothing is fetched, and its rules forbid it to try.
"""

import base64
import io
import math
import shlex
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

import tinydnn
from tinydnn import layers
from tinydnn.app import run_folder, runs
from tinydnn.app.report.findings import Findings
from tinydnn.app.report.gallery import Picture, pictures
from tinydnn.config import cast
from tinydnn.device.backend import Array
from tinydnn.files.whole import to_json, write_whole
from tinydnn.inspect import figures, microscope
from tinydnn.inspect.net import Settings
from tinydnn.layers import Layer
from tinydnn.models import Sequential
from tinydnn.names import numbered_anew

PAGE_FILE, PICTURES_FOLDER = "report.html", "figures"
_IN_A_CELL = 40  # digits of a cell of the confusion matrix that the page has
_EXAMPLES = 100  # test digits to take instead of a drawn one
_CASES = 12  # hardest cases of each kind
_SPRITE_COLUMNS = 40


def write(folder: Path) -> None:
    """Write a run's page, and its figures, into its folder.

    Raises:
        FileNotFoundError, FileFormatError: there is no run, one without a whole epoch, or a damaged one.
    """
    settings, results, versions = run_folder.read_description(folder)
    history = run_folder.read_log(folder)
    model = run_folder.load_model(folder)
    with numbered_anew():
        fresh = runs.Run(replace(settings, device=None))  # on the device that is asked for now
    fresh.load_data()
    tensors, keras = _first_step(fresh)
    x_test, y_test = fresh.digits[1]
    found = Findings(model.predict(x_test, verbose=0), y_test.astype(np.int64))
    images = _figures(pictures(model, history, fresh.digits, found), folder / PICTURES_FOLDER)
    data = {
        "settings": asdict(settings),
        "results": results,
        "history": history,
        "net": net(model),
        "microscope": {"keras": keras, "tensors": tensors},
        **_digits(found, x_test),
    }
    environment = Environment(
        loader=PackageLoader("tinydnn.app.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.policies["json.dumps_function"] = lambda value, **_: to_json(value, indent=None)
    page = environment.get_template("page.html").render(
        version=tinydnn.__version__,
        versions=versions,
        command=repeat(settings),
        found=found,
        accuracy=float(found.right.mean()),
        images=images,
        data=data,
        zip=zip,
    )
    write_whole(folder / PAGE_FILE, page.encode())


def _figures(made: list[Picture], folder: Path) -> list[dict[str, Any]]:
    """Write them into a folder, numbered, in place of those of an earlier report; what the page has of them."""
    folder.mkdir(exist_ok=True)
    for left_over in folder.glob("[0-9][0-9]-*.png"):
        left_over.unlink()
    images = []
    for number, picture in enumerate(made, start=1):
        png = figures.png(picture.figure)
        write_whole(folder / f"{number:02}-{picture.name}.png", png)
        width, height = Image.open(io.BytesIO(png)).size
        image = {"caption": picture.caption, "source": _data_url(png), "wide": picture.wide}
        images.append({**image, "width": width, "height": height})
    return images


def net(model: Sequential) -> dict[str, Any]:
    """The layers, for the page's own forward pass: their kinds and settings, and all weights as base64."""
    parameters = model.backend.to_numpy(model.parameters)
    described = [_layer(layer) for layer in model.layers]
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
    return {}  # Reshape, Flatten and Dropout, which change no number here


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
    examples = list(range(min(_EXAMPLES, len(x))))
    for which in [examples, *cells.values(), *cases.values()]:
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
        "examples": len(examples),  # the first ones
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
    """The tensors of the first step of a run that has not begun, next to Keras' where it is installed; its version."""
    x, y = run.first_batch()
    keras, theirs = None, None
    try:
        from keras_ref import engines, one_step

        keras, theirs = engines.keras_version(), one_step.tensors(run.model, x, y)
    except ImportError:  # the page says so
        pass
    tensors = [tensor.to_json() for tensor in microscope.dissect(run.model, x, y, theirs)]
    for tensor in tensors:
        tensor["sample"] = [_short(v, 3) for v in np.ravel(tensor["sample"])]  # for a picture
    return tensors, keras


def repeat(settings: Settings) -> str:
    """The command that makes this run again, as a shell takes it."""
    defaults, words = asdict(Settings()), ["tinydnn", "train"]
    for name, value in asdict(settings).items():
        if value != defaults[name]:
            text = (",".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value)
            words += [f"--{name.replace('_', '-')}", text]
    return shlex.join(words)


def _short(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
