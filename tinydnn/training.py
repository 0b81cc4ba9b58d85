"""The loops of fit, evaluate and predict (mirrors keras/src/backend/tensorflow/trainer.py)."""

import math
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydnn import random
from tinydnn.backend import Array
from tinydnn.callbacks import Callback, CallbackList, History
from tinydnn.data import Data, split
from tinydnn.interrupts import deferred_interrupt
from tinydnn.shards import Shards

if TYPE_CHECKING:
    from tinydnn.models import Sequential

Logs = dict[str, float]

_DEFAULT_BATCH = 32  # what Keras' fit takes where none is given
_INFERENCE_BATCH = 512  # without an update in between, a larger one gives the same in less time


def fit(
    model: "Sequential",
    x: Any,
    y: Any,
    batch_size: int | None,
    epochs: int,
    verbose: int | str,
    callbacks: Sequence[Callback] | None,
    validation_split: float,
    validation_data: tuple[Any, Any] | None,
    shuffle: bool,
    initial_epoch: int,
) -> History:
    """See `Sequential.fit`."""
    batch_size = check_count("batch_size", _DEFAULT_BATCH if batch_size is None else batch_size)
    check_count("epochs", epochs)
    check_count("initial_epoch", initial_epoch, low=0)
    if shuffle not in (True, False):
        raise ValueError(f"shuffle expects True or False. Received: {shuffle!r}")
    if validation_data is None and validation_split != 0:
        x, y, validation_data = split(x, y, validation_split)
    elif validation_data is not None and not (isinstance(validation_data, tuple | list) and len(validation_data) == 2):
        raise ValueError(f"validation_data expects (x, y). Received: {type(validation_data).__name__}")

    model.require_compiled("fit", y)
    data = Data(model, x, y)
    held_out = None if validation_data is None else Data(model, *validation_data, sample_shape=data.x.shape[1:])
    steps = math.ceil(data.n / batch_size)
    run = CallbackList(callbacks, model, verbose, epochs, steps)

    model.prepare_training(data.x.shape[1:])  # all arguments are right: from here on the model changes
    model.stop_training = False
    with ExitStack() as stack:
        shards = stack.enter_context(Shards(model, data, batch_size, training=True))
        testing = stack.enter_context(Shards(model, held_out, batch_size)) if held_out is not None else None
        interrupt = stack.enter_context(deferred_interrupt())
        good = model.state()
        run.on_train_begin({})
        logs: Logs = {}
        for epoch in range(initial_epoch, epochs):
            run.on_epoch_begin(epoch, {})
            order = random.permutation(data.n) if shuffle else np.arange(data.n)
            order = model.backend.asarray(order)
            shards.reset()
            for step in range(steps):
                run.on_train_batch_begin(step, {})
                passes = shards.gradients(order[step * batch_size : (step + 1) * batch_size])
                logs = shards.logs()
                if not math.isfinite(logs["loss"]):
                    model.restore(good)
                    raise FloatingPointError(_diverged(logs["loss"], epoch, step, steps))
                if step == 0:
                    good = model.state()  # weights that have just given a finite loss
                shards.update(passes)
                run.on_train_batch_end(step, logs)
                interrupt.check()
                if model.stop_training:
                    break
            if testing is not None:
                logs |= {f"val_{name}": value for name, value in _evaluate(testing, batch_size, run).items()}
            run.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        run.on_train_end(logs)
    return run.history


def evaluate(
    model: "Sequential",
    x: Any,
    y: Any,
    batch_size: int | None,
    verbose: int | str,
    callbacks: Sequence[Callback] | None,
) -> Logs:
    """See `Sequential.evaluate`."""
    batch_size = check_count("batch_size", _INFERENCE_BATCH if batch_size is None else batch_size)
    model.require_compiled("evaluate", y)
    data = Data(model, x, y)
    run = CallbackList(callbacks, model, verbose, epochs=1, steps=math.ceil(data.n / batch_size))
    model.build_for(data.x.shape[1:])
    with Shards(model, data, batch_size) as shards:
        return _evaluate(shards, batch_size, run)


def _evaluate(shards: Shards, batch_size: int, run: CallbackList) -> Logs:
    run.on_test_begin({})
    shards.reset()
    logs: Logs = {}
    for step, start in enumerate(range(0, shards.data.n, batch_size)):
        run.on_test_batch_begin(step, {})
        shards.test(start, min(start + batch_size, shards.data.n))
        logs = shards.logs()
        run.on_test_batch_end(step, logs)
    run.on_test_end(logs)
    return logs


def predict(
    model: "Sequential", x: Any, batch_size: int | None, verbose: int | str, callbacks: Sequence[Callback] | None
) -> Array:
    """See `Sequential.predict`."""
    batch_size = check_count("batch_size", _INFERENCE_BATCH if batch_size is None else batch_size)
    data = Data(model, x)
    run = CallbackList(callbacks, model, verbose, epochs=1, steps=math.ceil(data.n / batch_size))
    model.build_for(data.x.shape[1:])
    out = np.empty((data.n, *model.compute_output_shape(data.x.shape[1:])), model.dtype)
    with Shards(model, data, batch_size) as shards:
        run.on_predict_begin({})
        for step, start in enumerate(range(0, data.n, batch_size)):
            run.on_predict_batch_begin(step, {})
            stop = min(start + batch_size, data.n)
            shards.predict(start, stop, out)
            run.on_predict_batch_end(step, {"outputs": out[start:stop]})
        run.on_predict_end({})
    return out


def train_on_batch(model: "Sequential", x: Any, y: Any) -> Logs:
    """See `Sequential.train_on_batch`."""
    model.require_compiled("train_on_batch", y)
    data = Data(model, x, y)
    model.prepare_training(data.x.shape[1:])
    with Shards(model, data, data.n, training=True) as shards, deferred_interrupt():
        shards.reset()
        passes = shards.gradients(model.backend.xp.arange(data.n))
        logs = shards.logs()
        if not math.isfinite(logs["loss"]):
            raise FloatingPointError(f"The loss of this batch is {logs['loss']}; the weights were left as they are")
        shards.update(passes)
    return logs


def _diverged(loss: float, epoch: int, step: int, steps: int) -> str:
    return (
        f"The loss became {loss} in epoch {epoch + 1}, step {step + 1} of {steps}. Training stopped; the model is back "
        "at the last weights at an epoch's start that gave a finite loss. Often the learning rate is too large, the "
        "inputs are not scaled, or a cross-entropy without a softmax gets outputs that add up to 0"
    )


def check_count(name: str, value: int, low: int = 1) -> int:
    """The value as an int.

    Raises:
        ValueError: no integer, or below `low`.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ValueError(f"{name} expects an integer of at least {low}. Received: {name}={value!r}")
    return int(value)
