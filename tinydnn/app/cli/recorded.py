"""The net of a step in a file: from --model, from the file itself, or else from the options."""

import json
from pathlib import Path
from typing import Any

import typer

from tinydnn import config, models, utils
from tinydnn.app.cli.errors import refuse, was_given
from tinydnn.app.cli.options import NetOptions
from tinydnn.inspect.diagnosis import Step

_OF_THE_NET = (
    "input", "hidden", "activation", "optimizer", "learning_rate", "loss", "last", "l2", "dropout", "outputs",
    "use_bias",
)  # fmt: skip


def net_of(
    context: typer.Context, step: Step | None, model_file: Path | None, net: NetOptions, seed: int
) -> models.Model | None:
    """The net that JSON describes, with the weights that Keras draws from the seed; None where the options describe it.

    Its dtype is that of the JSON, unless --dtype is given.

    Raises:
        typer.BadParameter: other options describe it as well.
        ValueError: it is not the JSON of a model.
    """
    if model_file is not None:
        source, described = "--model", model_file.read_text(encoding="utf-8")
    elif step is not None and step.model_json is not None:
        source, described = "the .npz", step.model_json
    else:
        return None
    refuse(context, f"{source} tells it", *_OF_THE_NET)
    if was_given(context, "dtype"):
        described = json.dumps(_in_dtype(json.loads(described), net.dtype))
    model = _drawn(described, seed)
    if model.dtype != config.floatx():  # in which Keras keeps learning rates and the like
        config.set_floatx(model.dtype)
        model = _drawn(described, seed)
    return model


def _drawn(described: str, seed: int) -> models.Model:
    utils.set_random_seed(seed)
    return models.model_from_json(described)


def _in_dtype(config: Any, dtype: str) -> Any:
    """A model's configuration with this dtype in place of each layer's own."""
    if isinstance(config, dict):
        return {key: dtype if key == "dtype" else _in_dtype(value, dtype) for key, value in config.items()}
    return [_in_dtype(each, dtype) for each in config] if isinstance(config, list) else config
