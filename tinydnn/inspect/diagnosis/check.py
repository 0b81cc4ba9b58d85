"""Checking a program against Keras: from what somebody has, to the verdict."""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any

import numpy as np

from tinydnn import datasets, utils
from tinydnn.device.backend import Array
from tinydnn.inspect import net
from tinydnn.inspect.diagnosis import pytorch
from tinydnn.inspect.diagnosis.explain import diagnose, diagnose_gradients, diagnose_outputs
from tinydnn.inspect.diagnosis.findings import Diagnosis
from tinydnn.inspect.diagnosis.learner import Learner, of_file, of_function
from tinydnn.inspect.microscope import outputs
from tinydnn.inspect.twin import twin
from tinydnn.models import Model

_LOGITS = "forward returns what Keras' last activation gets; Keras' own outputs are what comes of it"


def check(
    program: Any, model: Model | None = None, x: Any = None, y: Any = None, *,
    kind: str | None = None, steps: int = 3, batch_size: int = 64, seed: int = 42,
    loss: Callable[..., Any] | None = None, optimizer: Any = None,
) -> Diagnosis:  # fmt: skip
    """Tell whether a program's steps, gradients or outputs are Keras', and if not, which mistake explains them.

    Args:
        program: a function step(weights, x, y), gradients(weights, x, y) or forward(weights, x), or the path of a
            Python file that has one; or a PyTorch module. Weights are Keras' list of kernels and biases, or are in
            another layout that people use.
        model: the net, compiled; None is the walkthrough's, 784-324-36-10 of scaled digits with RMSprop.
        x, y: samples and targets; None are digits, or random numbers where the model does not take digits.
        kind: what a function is, "step", "gradients" or "forward"; None is "step". A file tells by the function's name.
        steps: how many steps it takes, one after the other.
        batch_size: of each step.
        seed: of the initial weights, and of random samples.
        loss, optimizer: with a PyTorch module, those of PyTorch that train it; without them its outputs are checked.

    Raises:
        ValueError: the program or the samples do not fit the model, or an argument is for other programs.
        RuntimeError: the program fails.
    """
    utils.set_random_seed(seed)
    if model is None:
        model = net.make_model(net.Settings(input="scaled", device="cpu"))
    if (x is None) != (y is None):
        raise ValueError("check expects both x and y, or neither")
    if x is None:
        (images, labels), _ = datasets.mnist.load_data()
        x, y = net.samples_for(model, images[: steps * batch_size], labels[: steps * batch_size])
    learner = _learner(program, kind, loss, optimizer)
    x, y = np.asarray(x), np.asarray(y)
    starts = range(0, min(steps * batch_size, len(x)), batch_size)
    return compared(learner, model, [(x[i : i + batch_size], y[i : i + batch_size]) for i in starts])


def _learner(program: Any, kind: str | None, loss: Any, optimizer: Any) -> Learner:
    is_module = pytorch.is_module(program)
    if not is_module and (loss is not None or optimizer is not None):
        raise ValueError("loss and optimizer are for PyTorch modules; the model is compiled with those of Keras")
    if kind is not None and (is_module or isinstance(program, str | PathLike)):
        raise ValueError(f"kind is for functions; a file or a module tells it. Received: kind={kind!r}")
    if is_module:
        return pytorch.learner(program, loss, optimizer)
    return of_file(program) if isinstance(program, str | PathLike) else of_function(program, kind or "step")


def compared(
    learner: Learner, model: Model, batches: Sequence[tuple[Array, Array]], seed: int | None = None,
    samples: Array | None = None, validation_split: float = 0.0,
) -> Diagnosis:  # fmt: skip
    """What a program does with these batches, next to what Keras does; from gradients and outputs, the first alone.

    seed, samples, validation_split: as for `Step` and `diagnose`.
    """
    weights = model.get_weights()
    if learner.kind == "step":
        return diagnose(model, learner.steps(weights, batches, seed), samples, validation_split)
    if learner.kind == "gradients":
        return diagnose_gradients(model, learner.gradients(weights, batches[0]))
    units = {name: values.shape[-1] for name, values in outputs(twin(model, model.dtype), *batches[0]).items()}
    wanted = list(units.items())
    step, names = learner.outputs(weights, batches[0], wanted)
    found = diagnose_outputs(model, step, names)
    if len(wanted) > 1 and names == [wanted[-1][0]] and not found.right:
        before = diagnose_outputs(model, step, [wanted[-2][0]]) if wanted[-2][1] == wanted[-1][1] else found
        if before.right:
            before.notes.append(_LOGITS)
            return before
    return found
