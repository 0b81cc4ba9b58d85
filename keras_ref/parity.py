"""tinydnn and Keras train from one seed, in lock-step, and every number is compared.

Each runs its own `fit`; Keras waits after every step until tinydnn has taken the same step. So the comparison covers
what a user gets: the initial weights, the order of the samples, every weight and slot after every step, and the log.
The first step is put under the microscope. So is the first step whose result is beyond tolerance: that names the
first tensor in it that is.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

import tinydnn
from keras_ref import one_step
from keras_ref.engines import ENGINES, Engine, backend_name, floatx, keras_version, load, load_reference, seed_both
from keras_ref.known import known_differences
from keras_ref.order import keras_order
from keras_ref.pausing import Logs, Place, pausing
from keras_ref.result import PARTS, Beyond, Epoch, Result, Step
from keras_ref.tolerances import ACCURACY, DRAWN, STEP, TRAINING, Tolerance
from tinydnn import activations, random
from tinydnn.device.backend import Array
from tinydnn.engine.data import split
from tinydnn.files.optimizer_variables import slots_in_order
from tinydnn.inspect import microscope, quotes
from tinydnn.inspect.differences import NOT_COMPARABLE, Difference, difference, largest
from tinydnn.inspect.weight_names import weight_names
from tinydnn.models import Sequential
from tinydnn.names import numbered_anew

_LOG_ROUNDING = float(np.finfo("float32").eps)  # logs are float32: 0.2 - 0.12 is more than 2 / 25


def compare(
    build: Callable[[Any], Any],
    x: Any,
    y: Any,
    *,
    seed: int = 42,
    dtype: str = "float32",
    epochs: int = 1,
    batch_size: int = 32,
    steps: int | None = None,
    validation_split: float = 0.0,
    tolerance: Tolerance = TRAINING,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> Result:
    """Train the same net on both engines from the same seed, and compare after every step.

    This sets the random seed of both engines, of Python and of NumPy.

    Args:
        build: called with the module `tinydnn` and with `keras`, it builds the net from that module's classes. The net
            is compiled and starts with an Input.
        x, y: samples and targets, as for fit.
        seed: for both engines' `set_random_seed`.
        dtype: both engines' floatx.
        epochs, batch_size, validation_split: as for fit.
        steps: the number of steps to end after; None goes through all epochs.
        tolerance: for weights, slots and losses; one of `keras_ref.tolerances`.
        on_epoch: called with each epoch at its end.

    Raises:
        ValueError: the model is not compiled or has no Input, or the epochs have fewer steps than `steps`.
    """
    load_reference(tf32=False)
    with floatx(dtype):
        comparison = _Comparison(build, x, y, seed, dtype, batch_size, validation_split, tolerance)
        most = epochs * comparison.steps_per_epoch
        if steps is not None and not 1 <= steps <= most:
            raise ValueError(f"steps expects a number from 1 to {most}, the steps of all epochs. Received: {steps=}")
        comparison.check_what_is_drawn()
        comparison.look_at(step=1)
        comparison.train(epochs, steps, on_epoch or (lambda epoch: None))
    return comparison.result


def _kink(tensors: list[microscope.Tensor]) -> str | None:
    """The name of a relu's output with a number above 0 in one engine and 0 in the other, if there is one."""
    relu = quotes.of_activation(activations.relu).named("a")
    for each in tensors:
        if each.formula == relu and each.keras is not None and np.any((each.value > 0) != (each.keras > 0)):
            return each.name
    return None


class _OutOfStepError(Exception):
    """The engines are no longer at the same place."""


class _Comparison:
    """Two models in lock-step, and a third, the probe, which holds Keras' state before the next step."""

    def __init__(
        self,
        build: Callable[[Any], Any],
        x: Any,
        y: Any,
        seed: int,
        dtype: str,
        batch_size: int,
        validation_split: float,
        tolerance: Tolerance,
    ) -> None:
        self._x, self._y = np.asarray(x), np.asarray(y)
        self._seed, self._batch_size, self._validation_split = seed, batch_size, validation_split
        self._dtype, self._tolerance = np.dtype(dtype).type, tolerance
        self._n = len(x) if validation_split == 0 else len(split(x, y, validation_split)[0])
        self.steps_per_epoch = math.ceil(self._n / batch_size)
        self.result = Result({"tinydnn": f"tinydnn {tinydnn.__version__}", "keras": keras_version()})

        self._ours: Sequential = self._build(build, "tinydnn")
        self._probe: Sequential = self._build(build, "tinydnn")
        self._theirs: Any = self._build(build, "keras")
        self.result.known = known_differences(self._ours)
        for model in (self._ours, self._probe):
            model.prepare_training(self._x.shape[1:])
        if backend_name() == "tensorflow":
            self._theirs.jit_compile = False  # on a GPU Keras uses XLA by default, which rounds differently
        self._theirs.optimizer.build(self._theirs.trainable_variables)

        self._logs: dict[Engine, Logs] = {}

    def _build(self, build: Callable[[Any], Any], engine: Engine) -> Any:
        seed_both(self._seed)
        with numbered_anew():
            model = build(load(engine))
        if not (model.built and model.compiled):
            raise ValueError("parity expects a compiled model that starts with an Input")
        return model

    def _limit(self, tolerance: Tolerance, scale: float = 1.0) -> float:
        return tolerance.limit(self._dtype.__name__, scale)

    def _judge(self, step: int, tensor: str, found: Difference, limit: float) -> bool:
        """Whether a difference is within its limit. The result keeps the first that is not."""
        within = found.absolute <= limit
        if not within and self.result.beyond is None:
            self.result.beyond = Beyond(step, tensor, found, limit)
        return within

    def check_what_is_drawn(self) -> None:
        """Compare the initial weights and the order of the samples."""
        for name, ours, theirs in self._weights():
            self._judge(0, f"initial {name}", difference(ours, theirs), self._limit(DRAWN))
        seed_both(self._seed)
        self._order = random.first_order(self._n)
        self._judge(0, "order of the samples", difference(self._order, keras_order(self._n)), self._limit(DRAWN))

    def look_at(self, step: int) -> bool:
        """Put a step from the probe's state under the microscope; return whether every tensor is within tolerance."""
        start = (step - 1) % self.steps_per_epoch * self._batch_size
        training = self._ours.training
        order = self._order if training is None else self._ours.backend.to_numpy(training.feed.order)
        rows = order[start : start + self._batch_size]
        x, y = self._x[rows], self._y[rows]
        before = random.get_state()
        theirs = one_step.tensors(self._probe, x, y)
        tensors = microscope.dissect(self._probe, x, y, theirs)
        random.set_state(before)
        compared = [(tensor, found) for tensor in tensors if (found := tensor.difference) is not None]
        scales = defaultdict[str, float](float)
        for tensor, found in compared:
            scales[tensor.kind] = max(scales[tensor.kind], found.scale)
        for tensor, found in compared:
            # Where terms cancel or a unit is saturated, a gradient is made of roundings: so the scale has a floor.
            scale = max(found.scale, scales[tensor.kind] / 100)
            limit = self._limit(TRAINING if tensor.kind == "change" else STEP, scale)
            if not self._judge(step, tensor.name, found, limit):
                if self.result.beyond is not None:
                    self.result.beyond = replace(self.result.beyond, kink=_kink(tensors))
                return False
        return True

    # -- training --------------------------------------------------------------------------------------

    def train(self, epochs: int, steps: int | None, on_epoch: Callable[[Epoch], None]) -> None:
        """Run Keras' fit, which lets tinydnn's fit catch up at the end of each step and epoch."""
        self._last_step, self._on_epoch = steps, on_epoch
        self._copy_keras_state(steps_seen=0)
        seed_both(self._seed)
        data: dict[str, Any] = {
            "x": self._x,
            "y": self._y,
            "batch_size": self._batch_size,
            "validation_split": self._validation_split,
        }
        ours = pausing(lambda pause: self._ours.fit(**data, epochs=epochs, verbose=0, callbacks=[pause]))

        meet = load("keras").callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: self._meet(("step", batch), logs, ours),
            on_epoch_end=lambda epoch, logs: self._meet(("epoch", epoch), logs, ours),
        )
        with suppress(_OutOfStepError), closing(ours):
            self._theirs.fit(**data, epochs=epochs, verbose=0, callbacks=[meet])
            if next(ours, None) is not None:
                self._out_of_step("tinydnn goes on after Keras has ended")

    def _meet(self, place: Place, logs: Logs, ours: Iterator[tuple[Place, Logs]]) -> None:
        """Let tinydnn catch up with Keras, and compare."""
        number = len(self.result.steps) + 1
        if backend_name() == "jax":
            self._theirs.jax_state_sync()  # between two steps, its weights are elsewhere
        try:
            our_place, our_logs = next(ours, (None, {}))
        except FloatingPointError as error:
            if not math.isfinite(logs["loss"]):
                self.result.ended = f"The loss of both engines became infinite or NaN in step {number}"
                raise _OutOfStepError from None
            self._out_of_step(f"{error}. Keras' loss is {logs['loss']:g}")
        if not math.isfinite(our_logs.get("loss", 0.0)) and not math.isfinite(logs["loss"]):
            self.result.ended = f"The loss of both engines became infinite or NaN in step {number}"  # on a GPU
            raise _OutOfStepError
        if our_place != place:
            self._out_of_step(f"After step {number - 1} Keras is at {place}, and tinydnn at {our_place}")
        self._logs = {"tinydnn": our_logs, "keras": dict(logs)}
        if place[0] == "step":
            self._compare_step(number)
        else:
            self._compare_epoch(place[1] + 1)

    def _out_of_step(self, reason: str) -> NoReturn:
        self.result.ended = reason
        self._judge(len(self.result.steps) + 1, "the course of the training", NOT_COMPARABLE, self._limit(TRAINING))
        raise _OutOfStepError

    def _compare_step(self, number: int) -> None:
        logs = {name: self._log(name) for name in ("loss", "accuracy")}
        weights = {name: difference(ours, theirs) for name, ours, theirs in self._weights()}
        state = {name: difference(ours, theirs) for name, ours, theirs in self._state()}
        if self.result.beyond is None:
            rows = min(((number - 1) % self.steps_per_epoch + 1) * self._batch_size, self._n)
            for name, found in (logs | weights | state).items():
                if not self._judge_in_training(number, name, found, rows):
                    self._name_the_tensor(number)
                    break
        largest_of = {"weights": largest(weights.values()), "optimizer": largest(state.values())}
        self.result.steps.append(Step(number, logs | largest_of))
        self._copy_keras_state(steps_seen=number)
        if number == self._last_step:
            self._ours.stop_training = self._theirs.stop_training = True

    def _judge_in_training(self, step: int, name: str, found: Difference, rows: int) -> bool:
        """Like `_judge`; an accuracy, taken over so many rows, has a tolerance of its own."""
        accuracy = name.partition(" ")[0].endswith("accuracy")
        limit = self._limit(ACCURACY) / rows + _LOG_ROUNDING if accuracy else self._limit(self._tolerance, found.scale)
        return self._judge(step, name, found, limit)

    def _name_the_tensor(self, step: int) -> None:
        """Look at the step whose result is beyond tolerance, for the first tensor in it that is."""
        coarse, self.result.beyond = self.result.beyond, None
        if self.look_at(step) and coarse is not None:
            self.result.beyond = replace(coarse, drift=True)

    def _compare_epoch(self, number: int) -> None:
        if sorted(self._logs["tinydnn"]) != sorted(self._logs["keras"]):
            self._out_of_step(f"The logs have {sorted(self._logs['tinydnn'])} and {sorted(self._logs['keras'])}")
        for name in self._logs["tinydnn"]:
            rows = len(self._x) - self._n if name.startswith("val_") else self._n
            self._judge_in_training(len(self.result.steps), f"{name} of epoch {number}", self._log(name), rows)
        steps = self.result.steps[sum(epoch.steps for epoch in self.result.epochs) :]
        differences = {part: largest(step.differences[part] for step in steps) for part in PARTS}
        epoch = Epoch(number, self._logs, len(steps), differences)
        self.result.epochs.append(epoch)
        self._on_epoch(epoch)

    def _log(self, name: str) -> Difference:
        ours, theirs = (self._dtype(self._logs[engine].get(name, 0.0)) for engine in ENGINES)
        return difference(ours, theirs)

    def _weights(self) -> Iterator[tuple[str, Array, Array]]:
        """(name, tinydnn's, Keras') of each weight."""
        names, weights = weight_names(self._ours), self._ours.get_weights()
        yield from zip(names, weights, self._theirs.get_weights(), strict=True)

    def _state(self) -> Iterator[tuple[str, Array, Array]]:
        """(name, tinydnn's, Keras') of each slot of each weight, and of the number of steps."""
        steps = self._ours.optimizer.iterations if self._ours.optimizer else 0
        yield "optimizer's step", np.int64(steps), np.int64(self._theirs.optimizer.iterations.numpy())  # some: int32
        of_keras = one_step.optimizer_state(self._theirs, self._ours).items()
        for (name, variable), (_, _, view) in zip(of_keras, slots_in_order(self._ours), strict=True):
            yield name, self._ours.backend.to_numpy(view), variable.numpy()

    def _copy_keras_state(self, steps_seen: int) -> None:
        """Give the probe Keras' weights and slots."""
        probe, asarray = self._probe, self._probe.backend.asarray
        probe.set_weights(self._theirs.get_weights())
        variables = one_step.optimizer_state(self._theirs, probe).values()
        for (_, _, view), variable in zip(slots_in_order(probe), variables, strict=True):
            view[...] = asarray(variable.numpy())
        assert probe.optimizer is not None
        probe.optimizer.iterations = steps_seen
        for layer in probe.layers:
            layer.steps_seen = steps_seen
