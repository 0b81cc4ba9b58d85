"""The loops of fit, evaluate and predict (mirrors keras/src/backend/tensorflow/trainer.py)."""

import functools
import math
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydnn import random
from tinydnn.callbacks import Callback, CallbackList, History
from tinydnn.device.backend import Array, LazyLogs, Logs
from tinydnn.engine.data import Data, split
from tinydnn.engine.interrupts import deferred_interrupt
from tinydnn.engine.one_batch import OneBatch
from tinydnn.engine.passes import Pass
from tinydnn.engine.shards import Shards
from tinydnn.files.whole import FileFormatError

if TYPE_CHECKING:
    from tinydnn.models import Sequential

State = dict[str, Any]

_DEFAULT_BATCH = 32  # what Keras' fit takes where none is given
_INFERENCE_BATCH = 1024  # without an update in between, a larger one gives the same in less time


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
    Fit(model, data, held_out, batch_size, shuffle, run).run(initial_epoch, epochs)
    return run.history


class Fit:
    """A training under way, which its callbacks find as `model.training`.

    epoch: the number of the epoch under way, counted from 0.
    step: how many of its steps are done.
    whole: whether nothing is half done, neither a step nor the end of an epoch.
    passes: those of the last step, with all its tensors but the flat gradient, in which the optimizer has worked.
    """

    def __init__(
        self,
        model: "Sequential",
        data: Data,
        held_out: Data | None,
        batch_size: int,
        shuffle: bool,
        callbacks: CallbackList,
    ) -> None:
        self.model, self.data, self.held_out = model, data, held_out
        self.batch_size, self.shuffle, self.callbacks = batch_size, shuffle, callbacks
        self.steps = math.ceil(data.n / batch_size)
        self.epoch, self.step, self.whole = 0, 0, True
        self.order: Array | None = None
        self.passes: list[Pass] = []
        self.logs: Logs = {}
        self.good = self._began = model.state()  # at the last epoch's start that gave a finite loss, and at this one's
        self._stopping = False
        self._going_on_from: tuple[State, str] | None = None
        model.training, model.stop_training = self, False

    def run(self, epoch: int, epochs: int) -> None:
        """Take all steps from this epoch on, until so many epochs are done or a callback ends it."""
        model, callbacks, self.epoch = self.model, self.callbacks, epoch
        with ExitStack() as stack:
            self.shards = stack.enter_context(Shards(model, self.data, self.batch_size, training=True))
            testing = None
            if self.held_out is not None:
                testing = stack.enter_context(Shards(model, self.held_out, self.batch_size))
            interrupt = stack.enter_context(deferred_interrupt())
            callbacks.on_train_begin({})
            if self._going_on_from is not None:
                self._take_over(*self._going_on_from)
            stack.push(self._check_what_is_cut_off)
            while self.epoch < epochs and not (self._stopping and self.step == 0):  # an epoch begun is ended
                if self.step == 0:
                    self._begin_epoch()
                while self.step < self.steps and not self._stopping:
                    callbacks.on_train_batch_begin(self.step, {})
                    with interrupt.put_off():
                        self._take_step()
                    callbacks.on_train_batch_end(self.step - 1, self.logs)
                    if self.shards.averages.known_infinite:
                        self.check()
                    interrupt.check()
                    self._stopping = model.stop_training
                self.check()
                self.logs = dict(self.shards.logs())
                if testing is not None:
                    test = _evaluate(testing, callbacks)
                    self.logs |= {f"val_{name}": value for name, value in test.items()}
                self.epoch, self.step, self.whole = self.epoch + 1, 0, False
                callbacks.on_epoch_end(self.epoch - 1, self.logs)
                self._stopping, self.whole = model.stop_training, True
            callbacks.on_train_end(self.logs)
        model.training = None  # one that was cut off can still be saved; this one would only hold its data

    def _check_what_is_cut_off(self, kind: type[BaseException] | None, *_: Any) -> None:
        """Leave no model whose loss was infinite already, though nobody has looked."""
        if kind is not None and self.step:
            with suppress(FloatingPointError):  # of the two errors the other came first
                self.check()

    def _begin_epoch(self) -> None:
        self.callbacks.on_epoch_begin(self.epoch, {})
        order = random.permutation(self.data.n) if self.shuffle else np.arange(self.data.n)
        self.order = self.model.backend.asarray(order)
        self.shards.begin(self.order)
        self._began = self.model.state()

    def _take_step(self) -> None:
        start = self.step * self.batch_size
        self.whole = False
        passes = self.passes = self.shards.gradients(start, min(start + self.batch_size, self.data.n))
        self.logs = self.callbacks.batch_logs(self.shards.logs())
        if self.shards.averages.known_infinite:
            self.check()
        self.shards.update(passes)
        self.step += 1
        self.whole = True

    def check(self) -> None:
        """See that every loss of this epoch so far was finite, or go back to where one was.

        Raises:
            FloatingPointError: one was not.
        """
        infinite = self.shards.averages.first_infinite()
        if infinite is None:
            self.good = self._began
            return
        step, loss = infinite
        if step > 0:
            self.good = self._began
        self.model.restore(self.good)
        raise FloatingPointError(_diverged(loss, self.epoch, step, self.steps))

    # -- going on another time -----------------------------------------------------------------------

    def state(self) -> State:
        """All that it takes to go on from here to the same bits, as numbers, text, lists, dicts and NumPy arrays."""
        model, optimizer = self.model, self.model.optimizer
        assert optimizer is not None
        under_way = self.step > 0
        if under_way:
            self.check()
        return {
            "samples": self.data.n,
            "batch_size": self.batch_size,
            "epoch": self.epoch,
            "step": self.step,
            "stop_training": model.stop_training,
            "logs": dict(self.logs),
            "model": _on_host(model, model.state()),
            "good": _on_host(model, self.good),
            "learning_rate": optimizer.learning_rate,
            "order": model.backend.to_numpy(self.order).astype(np.uint32) if under_way else None,
            "averages": self.shards.averages.state() if under_way else None,
            "random": random.get_state(),
            "callbacks": self.callbacks.state(),
        }

    def go_on_from(self, state: State, source: str) -> None:
        """Start from this state, read from this source, once all callbacks have heard of the training's beginning."""
        self._going_on_from = state, source

    def _take_over(self, state: State, source: str) -> None:
        before = self.state()
        try:
            self._restore(state)
        except Exception as error:  # whatever was in the file
            self._restore(before)
            raise FileFormatError(f"{source} is of another training, or damaged: {error}") from error
        if self.step:
            self.callbacks.on_epoch_begin(self.epoch, {})
            self._restore(state)  # what the callbacks have changed or drawn just now was done before

    def _restore(self, state: State) -> None:
        model, optimizer = self.model, self.model.optimizer
        assert optimizer is not None
        for name, ours in (("samples", self.data.n), ("batch_size", self.batch_size)):
            if state[name] != ours:
                raise ValueError(f"expected {name}={ours}. Found: {name}={state[name]!r}")
        self.epoch = check_count("epoch", state["epoch"], low=0)
        self.step = check_count("step", state["step"], low=0)
        self._stopping = model.stop_training = bool(state["stop_training"])
        self.logs = dict(state["logs"])
        if not np.isfinite(state["model"]["parameters"]).all():
            raise ValueError("expected finite weights. Found: NaN or infinity")
        model.restore(state["good"])
        self.good = self._began = model.state()
        model.restore(state["model"])
        optimizer.learning_rate = state["learning_rate"]
        if self.step:
            if not np.array_equal(np.sort(state["order"]), np.arange(self.data.n)) or self.step > self.steps:
                raise ValueError(f"expected an order of {self.data.n} samples and a step of {self.steps}")
            self.order = model.backend.asarray(state["order"].astype(np.int64))
            self.shards.begin(self.order, self.step, state["averages"])
        random.set_state(state["random"])
        self.callbacks.restore(state["callbacks"])


def _on_host(model: "Sequential", state: State) -> State:
    """A model's state with NumPy arrays."""
    slots = {name: model.backend.to_numpy(slot) for name, slot in state["slots"].items()}
    return {**state, "parameters": model.backend.to_numpy(state["parameters"]), "slots": slots}


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
        return _evaluate(shards, run)


def _evaluate(shards: Shards, run: CallbackList) -> Logs:
    run.on_test_begin({})
    shards.begin()
    logs: Logs = {}
    for step, start in enumerate(range(0, shards.data.n, shards.batch_size)):
        run.on_test_batch_begin(step, {})
        shards.test(start, min(start + shards.batch_size, shards.data.n))
        logs = run.batch_logs(shards.logs())
        run.on_test_batch_end(step, logs)
    logs = dict(logs)
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
    backend = model.backend
    out = backend.xp.empty((data.n, *model.compute_output_shape(data.x.shape[1:])), model.dtype)
    with Shards(model, data, batch_size) as shards:
        run.on_predict_begin({})
        for step, start in enumerate(range(0, data.n, batch_size)):
            run.on_predict_batch_begin(step, {})
            part = slice(start, min(start + batch_size, data.n))
            shards.predict(part.start, part.stop, out)
            run.on_predict_batch_end(step, run.batch_logs(LazyLogs(functools.partial(_outputs, model, out[part]))))
        run.on_predict_end({})
    return backend.to_numpy(out)


def _outputs(model: "Sequential", out: Array) -> dict[str, Any]:
    return {"outputs": model.backend.to_numpy(out)}


def train_on_batch(model: "Sequential", x: Any, y: Any) -> Logs:
    """See `Sequential.train_on_batch`."""
    with OneBatch(model, x, y, "train_on_batch") as batch:
        batch.gradients()
        logs = batch.logs()
        if not math.isfinite(logs["loss"]):
            raise FloatingPointError(f"The loss of this batch is {logs['loss']}; the weights were left as they are")
        batch.update()
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
