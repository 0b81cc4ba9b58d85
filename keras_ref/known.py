"""Where a net is known to differ from the Keras in use, on the backend in use, before anything is computed."""

from collections.abc import Iterator

from keras_ref.backends import BACKENDS
from keras_ref.engines import backend_name, keras_numbers
from tinydnn import activations, initializers, losses
from tinydnn.losses.crossentropy import Crossentropy
from tinydnn.models import Model

# The versions of Keras from which on its rules are those of tinydnn.
WEIGHS_BATCHES = 3, 2  # by their number of rows, in the loss of a log
DIVIDES_PENALTIES = 3, 14  # on outputs, by the batch's number of rows


def known_differences(model: Model) -> list[str]:
    """A sentence for each; model: tinydnn's, compiled."""
    return [*_of_the_version(model), *_of_linear_algebra(model), *_of_formulas(model)]


def _of_the_version(model: Model) -> Iterator[str]:
    """Where Keras itself has become another."""
    version = keras_numbers()
    if version < WEIGHS_BATCHES:
        yield (
            "The loss of a log, where an epoch's last batch is smaller: Keras before 3.2 counts it like the others; "
            "here, as in Keras since, each row counts once"
        )
    if version < DIVIDES_PENALTIES and any(each.activity_regularizer is not None for each in model.layers):
        yield (
            "Penalties on outputs (activity_regularizer): Keras before 3.14 adds up those of a batch's rows; here, as "
            "in Keras since, it is their mean"
        )


def _of_linear_algebra(model: Model) -> Iterator[str]:
    for layer in model.layers:
        if isinstance(getattr(layer, "kernel_initializer", None), initializers.Orthogonal):
            yield (
                f"The last bits of {layer.name}/kernel: {BACKENDS[backend_name()].name} finds Orthogonal's matrix by "
                "another library for linear algebra"
            )


def _of_formulas(model: Model) -> Iterator[str]:
    """Where the formula is that of Keras on TensorFlow, and the backend has another."""
    if (name := backend_name()) == "tensorflow":
        return
    loss, last, backend = model.loss, model.last_activation, BACKENDS[name].name
    if isinstance(loss, Crossentropy) and not loss.from_logits and loss.takes_logits(last):
        if isinstance(loss, losses.CategoricalCrossentropy) and isinstance(last, activations.Sigmoid):
            yield f"{loss.name} behind a sigmoid: {backend} takes the probabilities; here as on TensorFlow the logits"
        else:
            yield (
                f"{loss.name} where a probability is below 1e-7: on {backend} it counts as 1e-7, without a gradient; "
                "here the logits are taken, as on TensorFlow"
            )
    if model.dtype == "float64":
        used = {each.name for layer in model.layers if (each := getattr(layer, "activation", None)) is not None}
        if "gelu" in used:
            yield f"gelu by 1e-8: its constants are those of float32 here, as on TensorFlow, and not on {backend}"
        if "hard_sigmoid" in used and name == "torch":
            yield "The gradient of hard_sigmoid by 1e-8: PyTorch's 1/6 is that of float32"
        if isinstance(loss, losses.LogCosh):
            yield f"log_cosh by 2e-9: its log 2 is that of float32 here, as on TensorFlow, and not on {backend}"
