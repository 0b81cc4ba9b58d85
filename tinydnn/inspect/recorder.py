"""A recorder: a callback that writes a step of a training to a file, whether Keras trains or tinydnn.

    model.fit(x, y, callbacks=[Recorder("step.npz")])

Then `tinydnn diagnose step.npz` says whether it is Keras' step, and `tinydnn microscope step.npz` shows its tensors.
"""

import json
import random
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from tinydnn.callbacks import Callback
from tinydnn.checks import check_count
from tinydnn.device.backend import Array
from tinydnn.engine.logs import Logs
from tinydnn.files.config import CompiledError
from tinydnn.inspect.diagnosis import masks
from tinydnn.inspect.diagnosis.step import Step, check
from tinydnn.inspect.diagnosis.step_file import write
from tinydnn.inspect.trainings import OfKeras, OfTinydnn, Training
from tinydnn.models import Model, model_from_json
from tinydnn.names import numbered_anew
from tinydnn.warn import warn


class Recorder(Callback):
    """Writes a step of a training to an .npz file: its batch, what was before it and what came of it.

    It works in `fit` of Keras, on any of its backends, and of tinydnn. No number of the training changes. The training
    goes on when the step is written; one that can't be recorded is refused before its first step is over. A model has
    one input and one output, and layers that tinydnn has, none of which draws random numbers.

    Give it last in the list of callbacks, as others may change the learning rate before a step.

    Args:
        path: the file; one that is there is replaced. {step} in it stands for the number of the step.
        step: which step of this `fit`, counted from 1, or which ones, each in a file of its own. The file has the
            number that the optimizer counts.
        optimizer, loss: what the step is to be compared with, where the model is compiled with classes or functions of
            your own that are to do the same as those of Keras; a name or an object. None is what the model has.
        seed: the argument of `set_random_seed`; with it, the diagnosis also looks at the initial weights.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        step: int | Sequence[int] = 1,
        *,
        optimizer: Any = None,
        loss: Any = None,
        seed: int | None = None,
    ) -> None:
        self.path = fspath(path)
        self.steps = [check_count("step", each) for each in (step if isinstance(step, Sequence) else [step])]
        if len({self._file(each) for each in self.steps}) < len(self.steps) or not self.steps:
            raise ValueError(f"several steps expect a path with {{step}}. Received: {self.path!r}, step={step!r}")
        self.seed = None if seed is None else check_count("seed", seed, low=0)
        self._meant = {"optimizer": optimizer, "loss": loss}
        self._training: Training | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if not (folder := self._file(self.steps[0]).absolute().parent).is_dir():
            raise FileNotFoundError(f"Folder {str(folder)!r} does not exist; make it first, to write {self.path!r}")
        self._training = OfTinydnn(self.model) if isinstance(self.model, Model) else OfKeras(self.model)
        self._training.check()
        self._done, self._batch_size = 0, 0
        described, weights, slots, iterations = self._state()
        nothing = np.zeros(0)
        model = model_of(described)
        masks.refuse(model, "Recorder")
        check(model, Step(nothing, nothing, weights, weights, slots, iterations + min(self.steps)))

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        assert self._training is not None
        if self._looks:
            self._training.watch()
        if self._done + 1 in self.steps:
            self._before = self._state()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        assert self._training is not None
        if self._looks:
            x, y = self._training.batch()
            self._batch_size = self._batch_size or len(x)
        self._done += 1
        if self._done in self.steps:
            described, before, slots, iterations = self._before
            after = self._training.state([])[0]
            step = Step(x, y, before, after, slots, iterations + 1, self._batch_size, self.seed, described)
            write(self._file(self._done), step)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._done < max(self.steps):
            warn(f"Recorder: the training had {self._done} steps, and {self.path} was to get step {max(self.steps)}")

    @property
    def _looks(self) -> bool:
        """Whether the step under way is looked at: the first one has as many samples as a step usually has."""
        return self._done == 0 or self._done + 1 in self.steps

    def _file(self, step: int) -> Path:
        return Path(self.path.replace("{step}", str(step)))

    def _state(self) -> tuple[str, list[Array], dict[str, list[Array]], int]:
        """The JSON of the model, compiled with what it is to be compared with, and its training's present state."""
        assert self._training is not None
        config = self._training.config()
        compiled = {"loss": None} | config.get("compile_config", {})  # none where `compile` is the program's own
        compiled |= {name: _serialized(given) for name, given in self._meant.items() if given is not None}
        compiled |= {"metrics": None, "weighted_metrics": None}  # which change no weight
        described = json.dumps(config | {"compile_config": compiled}, default=float)
        try:
            if compiled["loss"] is None:
                raise CompiledError("the model is compiled without a loss")
            optimizer = model_of(described).optimizer
        except CompiledError as error:
            raise ValueError(
                f"{error}. If the optimizer or the loss is of your own, say what it is to be compared with, as in "
                "Recorder(…, optimizer='adam', loss='mse')"
            ) from error
        assert optimizer is not None
        return described, *self._training.state(optimizer.slot_names())


def model_of(described: str) -> Model:
    """The model of this JSON, with other weights; no random number and no layer's number is used up."""
    state = random.getstate()
    try:
        with numbered_anew():
            return model_from_json(described)
    finally:
        random.setstate(state)


def _serialized(value: Any) -> Any:
    """A name as it is, and an object of Keras or tinydnn by its class and its arguments."""
    if isinstance(value, str | Mapping):
        return value
    config = {
        key: _serialized(entry) if hasattr(entry, "get_config") else entry for key, entry in value.get_config().items()
    }
    return {"class_name": type(value).__name__, "config": config}
