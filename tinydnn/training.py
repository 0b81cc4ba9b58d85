"""The loops of fit, evaluate and predict, and how threads share a batch.

A step: each thread takes its share of the batch's rows through a pass of its own; then each sums the
gradients of all passes over its share of the weights, in a fixed order, and updates those. So the same
number of threads gives the same bits, however fast each of them is.
"""

import math
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydnn import random
from tinydnn.backend import Array
from tinydnn.callbacks import Callback, CallbackList, History
from tinydnn.data import Data, split
from tinydnn.parameters import share
from tinydnn.passes import Pass, Workspace
from tinydnn.threads import Team, single_threaded_blas

if TYPE_CHECKING:
    from tinydnn.models import Sequential

Logs = dict[str, float]

_DEFAULT_BATCH = 32  # what Keras' fit takes where none is given
_INFERENCE_BATCH = 512  # without an update in between, a larger one gives the same in less time
_WEIGHTS_PER_THREAD = 2**14  # below this, waking another thread costs more than its share of an update


class Shards:
    """The rows of each batch of the data, cut into one share a thread.

    Use it in a `with` block: its threads live that long.
    """

    def __init__(self, model: "Sequential", data: Data, batch_size: int, training: bool = False) -> None:
        self.model, self.data, self.training = model, data, training
        self.backend = model.backend
        self.team = Team(min(model.threads, batch_size, data.n))
        self._workspaces = [Workspace(self.backend.xp) for _ in range(self.team.size)]
        self._by_size: dict[int, list[Pass]] = {}
        self._stack = ExitStack()
        self._samples = 0
        self._penalties = 0.0

    def __enter__(self) -> "Shards":
        self._stack.enter_context(self.team)
        self._stack.enter_context(single_threaded_blas())
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.close()

    def _passes(self, n: int) -> list[Pass]:
        """One pass for each share of a batch of n rows."""
        if n not in self._by_size:
            threads = min(self.team.size, n)
            self._by_size[n] = [
                Pass(
                    self.model,
                    self.data,
                    share(n, threads, i).stop - share(n, threads, i).start,
                    workspace,
                    self.training,
                )
                for i, workspace in enumerate(self._workspaces[:threads])
            ]
        return self._by_size[n]

    def predict(self, start: int, stop: int, out: Array) -> None:
        """out[start:stop] = the model's output for those samples."""
        passes = self._passes(stop - start)

        def task(i: int) -> None:
            part = share(stop - start, len(passes), i)
            rows = slice(start + part.start, start + part.stop)
            with self.backend.quiet():
                out[rows] = self.backend.to_numpy(passes[i].forward(rows))

        self.team.run(task, len(passes))

    def test(self, start: int, stop: int) -> None:
        """Add the losses and hits of those samples to the totals."""
        passes = self._passes(stop - start)

        def task(i: int) -> None:
            part = share(stop - start, len(passes), i)
            rows = slice(start + part.start, start + part.stop)
            with self.backend.quiet():
                passes[i].measure(rows, passes[i].forward(rows))

        self.team.run(task, len(passes))
        self._count(stop - start)

    def gradients(self, rows: Array) -> list[Pass]:
        """The passes of these samples, gone forward and backward; their gradients add up to the batch's."""
        passes = self._passes(len(rows))

        def task(i: int) -> None:
            part = share(len(rows), len(passes), i)
            own = passes[i]
            with self.backend.quiet():
                output = own.forward(rows[part], first_row=part.start)
                own.measure(rows[part], output)
                own.backward(output, batch=len(rows))
                if i == 0:
                    self._add_penalty_gradients(own)

        self.team.run(task, len(passes))
        self._count(len(rows))
        return passes

    def update(self, passes: list[Pass]) -> None:
        """Sum the passes' gradients, and let the optimizer take its step with them."""
        optimizer, w, g = self.model.optimizer, self.model.parameters, passes[0].gradient
        assert optimizer is not None
        threads = min(self.team.size, math.ceil(w.size / _WEIGHTS_PER_THREAD))

        def add_up(i: int) -> None:
            part = share(w.size, threads, i)
            for other in passes[1:]:
                g[part] += other.gradient[part]

        def update(i: int) -> None:
            with self.backend.quiet():
                optimizer.update(w, g, share(w.size, threads, i))

        def both(i: int) -> None:
            add_up(i)
            update(i)

        optimizer.begin_step()
        if optimizer.clips:  # a norm needs the whole gradient first
            self.team.run(add_up, threads)
            with self.backend.quiet():
                optimizer.clip(g)
            self.team.run(update, threads)
        else:
            self.team.run(both, threads)
        for layer in self.model.layers:
            layer.steps_seen += 1

    def _add_penalty_gradients(self, own: Pass) -> None:
        for layer, t in zip(own.layers, own.traces, strict=True):
            if layer.kernel_regularizer is not None:
                layer.kernel_regularizer.add_gradient(self.backend.xp, layer.weights[0], t.gradients[0])

    def _count(self, samples: int) -> None:
        self._samples += samples
        self._penalties += samples * self.model.penalty()

    def reset(self) -> None:
        """Start the averages anew."""
        self._samples, self._penalties = 0, 0.0
        for workspace in self._workspaces:
            workspace.take("totals", (2,), np.float64)[...] = 0

    def logs(self) -> Logs:
        """Loss and metrics since the last reset: means over the samples, sorted by name as in Keras."""
        totals = sum(workspace.take("totals", (2,), np.float64) for workspace in self._workspaces)
        loss, hits = self.backend.to_numpy(totals).tolist()
        logs = dict.fromkeys(self.model.metrics, hits / self._samples)
        logs["loss"] = (loss + self._penalties) / self._samples
        return dict(sorted(logs.items()))


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
    if check_count("initial_epoch", initial_epoch, low=0) >= epochs:
        raise ValueError(
            f"epochs counts from 0, so it must be above initial_epoch. Received: {epochs=}, {initial_epoch=}"
        )
    if not isinstance(shuffle, bool | np.bool_):
        raise ValueError(f"shuffle expects True or False. Received: {shuffle!r}")
    if validation_data is None and validation_split != 0:
        x, y, validation_data = split(x, y, validation_split)
    elif validation_data is not None and not (isinstance(validation_data, tuple | list) and len(validation_data) == 2):
        raise ValueError(f"validation_data expects (x, y). Received: {type(validation_data).__name__}")

    model.require_compiled("fit")
    data = Data(model, x, y)
    held_out = None if validation_data is None else Data(model, *validation_data, sample_shape=data.x.shape[1:])
    steps = math.ceil(data.n / batch_size)
    run = CallbackList(callbacks, model, verbose, epochs, steps)

    model.prepare_training(data.x.shape[1:])  # all arguments are right: from here on the model changes
    model.stop_training = False
    with ExitStack() as stack:
        shards = stack.enter_context(Shards(model, data, batch_size, training=True))
        testing = stack.enter_context(Shards(model, held_out, batch_size)) if held_out is not None else None
        interrupt = stack.enter_context(_deferred_interrupt())
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
                if interrupt.is_set():
                    raise KeyboardInterrupt
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
    model.require_compiled("evaluate")
    data = Data(model, x, y)
    run = CallbackList(callbacks, model, verbose, epochs=1, steps=math.ceil(data.n / batch_size))
    model.build(data.x.shape[1:])
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
    model.build(data.x.shape[1:])
    out = np.empty((data.n, *(model.output_shape or ())), model.dtype)
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
    model.require_compiled("train_on_batch")
    data = Data(model, x, y)
    model.prepare_training(data.x.shape[1:])
    with Shards(model, data, data.n, training=True) as shards, _deferred_interrupt():
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
        "at the last weights at an epoch's start that gave a finite loss. A smaller learning rate or scaled inputs help"
    )


@contextmanager
def _deferred_interrupt() -> Iterator[threading.Event]:
    """Let Ctrl-C set the event instead of raising, so that no step is cut in half; a second one raises."""
    pressed = threading.Event()
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield pressed  # elsewhere signals don't arrive, or somebody else handles them
        return

    def handle(number: int, frame: Any) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    signal.signal(signal.SIGINT, handle)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if pressed.is_set():  # after the last step
        raise KeyboardInterrupt


def check_count(name: str, value: int, low: int = 1) -> int:
    """The value as an int.

    Raises:
        ValueError: no integer, or below `low`.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ValueError(f"{name} expects an integer of at least {low}. Received: {name}={value!r}")
    return int(value)
