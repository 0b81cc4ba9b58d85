"""The net of a step in a file: from --model, from the file itself, or else from the options."""

from pathlib import Path

import typer

from tinydnn import config, models, utils
from tinydnn.app.cli.errors import refuse
from tinydnn.inspect.diagnosis import Step

OF_THE_NET = "input", "hidden", "activation", "optimizer", "learning_rate", "loss", "last", "l2", "use_bias", "dtype"


def net_of(context: typer.Context, step: Step | None, model_file: Path | None, seed: int) -> models.Model | None:
    """The net that JSON describes, with the weights that Keras draws from the seed; None where the options describe it.

    Raises:
        typer.BadParameter: options describe it as well.
        FileFormatError: it is not the JSON of a model.
    """
    if model_file is not None:
        source, described = "--model", model_file.read_text(encoding="utf-8")
    elif step is not None and step.model_json is not None:
        source, described = "the .npz", step.model_json
    else:
        return None
    refuse(context, f"{source} tells it", *OF_THE_NET)
    model = _drawn(described, seed)
    if model.dtype == config.floatx():
        return model
    config.set_floatx(model.dtype)  # Keras rounds learning rates and the like to it
    return _drawn(described, seed)


def _drawn(described: str, seed: int) -> models.Model:
    utils.set_random_seed(seed)
    return models.model_from_json(described)
