"""The gradient of a loss with respect to anything on the way to it, as each backend of Keras finds it.

A computation hands each tensor that is looked at to `tap`, and goes on with what that returns.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_ref.engines import backend_name, load
from tinydnn.random import mersenne_twister

Tap = Callable[[str, Any], Any]
Computation = Callable[[Tap], tuple[Any, Any]]  # which gives the loss, and something else


def gradients(compute: Computation, variables: list[Any]) -> Any:
    """Run it; return the loss, the other result, what was tapped, its gradients by name, and those of the variables."""
    return {"tensorflow": _by_tape, "jax": _by_transformation, "torch": _by_graph}[backend_name()](compute, variables)


def _by_tape(compute: Computation, variables: list[Any]) -> Any:
    import tensorflow as tf

    tapped: dict[str, Any] = {}
    with tf.GradientTape() as tape:
        loss, other = compute(lambda name, tensor: tapped.setdefault(name, tensor))
    found = tape.gradient(loss, [*tapped.values(), *variables])
    return loss, other, tapped, dict(zip(tapped, found, strict=False)), found[len(tapped) :]


def _by_graph(compute: Computation, variables: list[Any]) -> Any:
    """On PyTorch, where Dropout without a seed draws from the global generator: what tinydnn's would draw next."""
    import torch

    tapped: dict[str, Any] = {}
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(torch.from_numpy(_as_torch_has_it(*mersenne_twister.get_state())))
        loss, other = compute(lambda name, tensor: tapped.setdefault(name, tensor))
    sources = [tensor for tensor in tapped.values() if tensor.requires_grad]
    found = torch.autograd.grad(loss, [*sources, *(each.value for each in variables)], allow_unused=True)
    by_id = dict(zip(map(id, sources), found, strict=False))
    return loss, other, tapped, {name: by_id.get(id(each)) for name, each in tapped.items()}, found[len(sources) :]


def _as_torch_has_it(words: Any, position: int) -> Any:
    """A state of the Mersenne Twister in the bytes of `torch.get_rng_state`."""
    import torch

    state = torch.get_rng_state().numpy().copy()
    state[8:12].view(np.int32)[0] = len(words) + 1 - position  # how many are left, counted from 1
    state[16:24].view(np.uint64)[0] = position
    state[24 : 24 + 8 * len(words)].view(np.uint64)[:] = words
    return state


def _by_transformation(compute: Computation, variables: list[Any]) -> Any:
    """On JAX, which differentiates functions: to each tensor that is tapped a zero is added, which has its gradient."""
    import jax

    keras = load("keras")

    def run(zeros: dict[str, Any], values: list[Any]) -> Any:
        tapped: dict[str, Any] = {}

        def tap(name: str, tensor: Any) -> Any:
            tapped[name] = tensor + zeros[name] if name in zeros else tensor
            return tapped[name]

        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            loss, other = compute(tap)
        return loss, (other, tapped)

    values = [each.value for each in variables]
    _, (_, tapped) = run({}, values)
    zeros = {name: jax.numpy.zeros_like(tensor) for name, tensor in tapped.items()}
    (loss, (other, tapped)), found = jax.value_and_grad(run, argnums=(0, 1), has_aux=True)(zeros, values)
    return loss, other, tapped, *found
