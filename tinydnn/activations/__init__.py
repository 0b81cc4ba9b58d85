"""Activation functions, each beside its derivative (mirrors keras/src/activations)."""

from tinydnn.activations.activation import Activation, linear
from tinydnn.activations.curves import HardSigmoid as HardSigmoid
from tinydnn.activations.curves import Sigmoid as Sigmoid
from tinydnn.activations.curves import Tanh as Tanh
from tinydnn.activations.curves import exponential, hard_sigmoid, sigmoid, softsign, tanh
from tinydnn.activations.gated import gelu, hard_silu, mish, silu
from tinydnn.activations.rectifiers import Elu as Elu
from tinydnn.activations.rectifiers import LeakyRelu as LeakyRelu
from tinydnn.activations.rectifiers import Relu as Relu
from tinydnn.activations.rectifiers import Relu6 as Relu6
from tinydnn.activations.rectifiers import elu, leaky_relu, relu, relu6, selu, softplus
from tinydnn.activations.rectifiers import rectifier as rectifier
from tinydnn.activations.rows import LogSoftmax as LogSoftmax
from tinydnn.activations.rows import Softmax as Softmax
from tinydnn.activations.rows import log_softmax, softmax
from tinydnn.names import lookup, not_offered

swish, hard_swish = silu, hard_silu

OFFERED: dict[str, Activation] = {
    each.name: each
    for each in (
        linear, relu, relu6, leaky_relu, elu, selu, softplus, sigmoid, hard_sigmoid, tanh, softsign, exponential,
        silu, hard_silu, gelu, mish, softmax, log_softmax,
    )
}  # fmt: skip
_NAMES = {**OFFERED, "swish": swish, "hard_swish": hard_swish}

__all__ = [
    "Activation", "elu", "exponential", "gelu", "get", "hard_sigmoid", "hard_silu", "hard_swish", "leaky_relu",
    "linear", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign",
    "swish", "tanh",
]  # fmt: skip


def get(identifier: str | Activation | None) -> Activation:
    """The activation by its name, itself, or `linear` for None.

    Raises:
        ValueError: an unknown name.
        TypeError: a function of one's own, which comes without the derivative that training needs.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, Activation):
        return identifier
    if isinstance(identifier, str):
        return lookup("activation", identifier, _NAMES)
    raise TypeError(
        "activation expects a name, one of tinydnn.activations, or None; for one of your own, derive a class "
        f"from tinydnn.activations.Activation with its formulas f and gradient. Received: {identifier!r}"
    )


__getattr__ = not_offered(__name__, globals())
