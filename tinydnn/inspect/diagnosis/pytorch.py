"""PyTorch modules, to be diagnosed as they are: their parameters are Keras' weights, each kernel transposed."""

import copy
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.inspect.arrays import array_of
from tinydnn.inspect.diagnosis.learner import Learner


def is_module(program: Any) -> bool:
    """Whether it is a module of PyTorch; PyTorch is not imported for this."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(program, torch.nn.Module)


def learner(module: Any, loss: Callable[..., Any] | None, optimizer: Any) -> Learner:
    """What is compared of a module: its training steps, or without an optimizer its gradients, or without a loss its
    outputs.

    Args:
        module: from samples (n, …) to outputs or logits (n, outputs); it is copied.
        loss: of outputs and targets.
        optimizer: of the module's parameters; its settings are copied.

    Raises:
        ValueError: an optimizer without a loss, or with other settings for some of the parameters.
    """
    if optimizer is not None and loss is None:
        raise ValueError("check expects a loss beside the optimizer of a PyTorch module")
    if optimizer is not None and len(optimizer.param_groups) > 1:
        raise ValueError(
            "check expects an optimizer with the same settings for all parameters. "
            f"Received: {len(optimizer.param_groups)} groups of them"
        )
    kind = "forward" if loss is None else "gradients" if optimizer is None else "step"
    return Learner(lambda: _function(module, kind, loss, optimizer), kind, type(module).__name__)


def _function(module: Any, kind: str, loss: Any, optimizer: Any) -> Callable[..., Any]:
    module = copy.deepcopy(module)
    parameters = list(module.parameters())
    if optimizer is not None:
        present = optimizer.param_groups[0]  # a schedule may have changed the learning rate
        optimizer = type(optimizer)(parameters, **{name: present[name] for name in optimizer.defaults})

    def forward(weights: list[Array], x: Array) -> Any:
        _load(parameters, weights)
        return module(_tensor(x, parameters))

    def gradients(weights: list[Array], x: Array, y: Array) -> list[Array]:
        _load(parameters, weights)
        module.zero_grad()
        loss(module(_tensor(x, parameters)), _tensor(y, parameters)).backward()
        return [_turned(each.grad) for each in parameters]

    def step(weights: list[Array], x: Array, y: Array) -> list[Array]:
        gradients(weights, x, y)
        optimizer.step()
        return [_turned(each) for each in parameters]

    functions: dict[str, Callable[..., Any]] = {"forward": forward, "gradients": gradients, "step": step}
    return functions[kind]


def _tensor(values: Array, parameters: list[Any]) -> Any:
    """The values as a tensor; integer labels keep their type."""
    torch = sys.modules["torch"]
    if values.dtype.kind in "iu" and values.ndim == 1:
        return torch.from_numpy(values.astype(np.int64)).to(parameters[0].device)
    return torch.from_numpy(values).to(parameters[0])


def _load(parameters: list[Any], weights: list[Array]) -> None:
    """Set the parameters to Keras' weights.

    Raises:
        ValueError: they have other shapes.
    """
    torch = sys.modules["torch"]
    found, wanted = [_turned(each).shape for each in parameters], [weight.shape for weight in weights]
    if found != wanted:
        raise ValueError(f"The module expects weights of shapes {found}. Received: {wanted}")
    with torch.no_grad():
        for parameter, weight in zip(parameters, weights, strict=True):
            parameter.copy_(torch.from_numpy(weight.T.copy()))


def _turned(values: Any) -> Array:
    """A parameter, or its gradient, as Keras has it."""
    return array_of(values).T.copy()
