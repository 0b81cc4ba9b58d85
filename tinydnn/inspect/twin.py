"""A twin of a model: the same net in another dtype, to take the same steps without touching the model."""

from tinydnn import layers
from tinydnn.layers import Layer
from tinydnn.models import Model, Sequential
from tinydnn.names import numbered_anew
from tinydnn.optimizers import Optimizer


def twin(model: Model, dtype: str, threads: int | None = None, optimizer: Optimizer | None = None) -> Sequential:
    """The same net on the CPU in this dtype, ready to train: the same weights, and the same dropout masks to come.

    It is compiled with the same loss and with an optimizer of the same settings, which has taken no step yet. Nothing
    is drawn from the random generators, and no layer's number is used up.

    Args:
        model: compiled and built; it stays as it is.
        dtype: "float32" or "float64".
        threads: as for Sequential; None takes the model's.
        optimizer: None takes one of the same settings as the model's.

    Raises:
        ValueError: the model's layers are not in a row.
    """
    require_row(model, "A twin")
    assert model.optimizer is not None
    assert model.sample_shape is not None
    copies = [_copy(layer, dtype) for layer in model.flat_layers]
    with numbered_anew():
        result = Sequential(copies, name=model.name, device="cpu", threads=threads or model.threads)
        optimizer = optimizer or type(model.optimizer)(**model.optimizer.get_config())
        result.compile(optimizer, model.loss, loss_weights=model.loss_weight)
        result.prepare_training(model.sample_shape)
    result.set_weights(model.get_weights())
    return result


def require_row(model: Model, what: str) -> None:
    """Raise a ValueError unless the model's layers stand in a row, each of them once."""
    if model.graph is not None and not model.graph.is_chain:
        raise ValueError(
            f"{what} takes models with layers in a row: a Sequential, or a Model(inputs, outputs) without branches. "
            f"Received: {model!r}"
        )


def _copy(layer: Layer, dtype: str) -> Layer:
    settings = {**layer.get_config(), "dtype": dtype}
    if isinstance(layer, layers.RandomLayer):
        settings["seed"] = layer.stream_seed  # without a seed it would draw a new one
    copy = type(layer)(**settings)
    copy.steps_seen = layer.steps_seen
    if isinstance(copy, layers.RandomLayer) and isinstance(layer, layers.RandomLayer):
        copy.drawn_in = layer.drawn_in
    return copy
