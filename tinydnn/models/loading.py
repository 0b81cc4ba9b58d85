"""Models made from files and from JSON (mirrors keras/src/saving/saving_api.py)."""

from collections.abc import Mapping
from os import PathLike
from typing import Any

from tinydnn.device import devices
from tinydnn.files import optimizer_variables
from tinydnn.files.config import CompiledError
from tinydnn.files.saved_model import SavedModel
from tinydnn.missing import names_its_arguments, refuse_custom_objects
from tinydnn.models.functional import described_by
from tinydnn.models.model import Model


def load_model(
    filepath: str | PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Model:
    """The model in a .keras file, or in an .h5 file of Keras 2.

    Args:
        filepath: the file.
        custom_objects: None or empty: tinydnn loads Keras' own classes only.
        compile: whether to compile the model as it was; False also opens one that was compiled with what tinydnn lacks.
        safe_mode: makes no difference: nothing in a file is executed.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file's name has another ending, or there are custom objects.
        FileFormatError: the file is damaged, or has something that tinydnn lacks.
    """
    from tinydnn.files import saving

    refuse_custom_objects(custom_objects)
    path = saving.model_file(filepath)
    devices.get(None)  # if it fails, the file is not to blame
    try:
        with saving.naming(path):
            return _made_from(saving.read_model(path, compile))
    except CompiledError as error:
        raise CompiledError(
            f"{str(error).removesuffix('.')}. To open the model without how it was compiled, give compile=False"
        ) from None


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """The model that `to_json` of tinydnn, Keras 3 or Keras 2 describes, with initial weights.

    custom_objects: None or empty: tinydnn loads Keras' own classes only.

    Raises:
        ValueError: there are custom objects.
        FileFormatError: the text is not the JSON of a model, or has something that tinydnn lacks.
    """
    from tinydnn.files import saving

    refuse_custom_objects(custom_objects)
    devices.get(None)  # if it fails, the text is not to blame
    with saving.naming("The JSON of a model"):
        model = _made_from(saving.from_json(json_string))
    if model.built and model.optimizer is not None:  # has slots, as in Keras, so that load_weights fills them
        model.optimizer.build(model.layout, model.dtype, model.backend)
    return model


@names_its_arguments
def clone_model(model: Model) -> Model:
    """A model with the same layers and new initial weights, not compiled.

    Raises:
        TypeError: a layer is of a class that is not tinydnn's.
    """
    clone: Model = type(model).from_config(model.get_config())
    return clone


@names_its_arguments
def save_model(model: Model, filepath: str | PathLike[str], overwrite: bool = True) -> None:
    """What `model.save` does."""
    model.save(filepath, overwrite)


def _made_from(saved: SavedModel) -> Model:
    """The model that a file or a JSON text describes."""
    model = described_by(saved)
    if saved.weights:
        model.set_weights(saved.weights)
    if saved.compile_arguments is not None:
        model.compile(**saved.compile_arguments)
        optimizer_variables.restore(model, saved.optimizer_variables)
    return model
