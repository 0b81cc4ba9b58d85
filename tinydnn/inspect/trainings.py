"""What a callback can see of a training: that of tinydnn, and that of Keras.

Keras itself is not imported: a callback is given its model, and asks that for all it needs.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np

from tinydnn.device import ranks
from tinydnn.device.backend import Array
from tinydnn.inspect.arrays import array_of
from tinydnn.models import Model

State = tuple[list[Array], dict[str, list[Array]], int]


class Training(Protocol):
    """A training that goes on in `fit`."""

    def check(self) -> None:
        """See, before the first step, that its steps can be recorded.

        Raises:
            ValueError: they can't.
        """

    def config(self) -> dict[str, Any]:
        """The model as Keras' JSON has it, of one of Keras' classes."""

    def state(self, slot_names: Iterable[str]) -> State:
        """Copies of the weights in order, of those of these slots that there are, and how many steps were taken."""

    def watch(self) -> None:
        """Begin to look at the next step, so that `batch` has its samples."""

    def batch(self) -> tuple[Array, Array]:
        """The x and y of the step that was looked at, and is done.

        Raises:
            ValueError: it has something else besides.
        """


class OfTinydnn:
    """A training of tinydnn, which leaves the tensors of a step where they can be found."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def check(self) -> None:
        if self._model.training.feed.data.weights is not None:
            raise ValueError(_WEIGHTS)
        if ranks.current().size > 1:
            raise ValueError("Recorder sees the rows of one rank alone: record steps in a single process")
        if len(self._model.output_shape) != 2:
            raise ValueError(f"Recorder expects outputs (n, units). Received: a model of {self._model.output_shape}")

    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = json.loads(self._model.to_json())
        return config

    def state(self, slot_names: Iterable[str]) -> State:
        model, optimizer = self._model, self._model.optimizer
        assert optimizer is not None
        slots = {name: model.layout.views(model.backend.to_numpy(optimizer.slots[name])) for name in slot_names}
        copies = {name: [view.copy() for view in views] for name, views in slots.items()}
        return model.get_weights(), copies, optimizer.iterations

    def watch(self) -> None:
        """Nothing: `batch` finds the samples where the step has left them."""

    def batch(self) -> tuple[Array, Array]:
        passes, loss, to_numpy = self._model.training.passes, self._model.loss, self._model.backend.to_numpy
        assert loss is not None
        x = np.concatenate([to_numpy(each.traces[0].x) for each in passes])
        y = np.concatenate([to_numpy(each.loss.y) for each in passes])
        return x, y.argmax(axis=-1) if loss.sparse else y


class OfKeras:
    """A training in which Keras' fit calls `model.train_function` in each step, with the iterator of the batches.

    Mirrors the `fit` of keras/src/backend/tensorflow/trainer.py, and of jax and torch beside it.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._batch: Any = None

    def check(self) -> None:
        if not hasattr(self._model, "steps_per_execution"):
            raise ValueError(f"Recorder expects a model of Keras 3 or of tinydnn. Received: {type(self._model)}")
        if self._model.steps_per_execution != 1:
            raise ValueError(
                "Recorder expects steps_per_execution=1, as Keras shows no step of several alone. "
                f"Received: steps_per_execution={self._model.steps_per_execution}"
            )
        if not self._model.built:
            raise ValueError(
                "Recorder expects a model that has its weights. Begin it with keras.Input(…), or call model.build(…)"
            )
        strategy = getattr(self._model, "distribute_strategy", None)
        if strategy is not None and strategy.num_replicas_in_sync > 1:
            raise ValueError(f"Recorder expects a training on one device. Received: {strategy}")
        if not self._model.optimizer.built:  # as fit does in the first step
            self._model.optimizer.build(self._model.trainable_variables)

    def config(self) -> dict[str, Any]:
        self._at_hand()
        config: dict[str, Any] = json.loads(self._model.to_json())
        kinds = [each.__name__ for each in type(self._model).__mro__ if each.__module__.startswith("keras.")]
        kind = next((kind for kind in kinds if kind in ("Sequential", "Functional")), None)
        if kind is None:
            raise ValueError(
                "Recorder expects a Sequential or a Model(inputs, outputs), as the layers of a model with a `call` of "
                f"its own are not known. Received: {type(self._model)}"
            )
        # A class derived from it, as one with a train_step of its own, has the same layers.
        return {**config, "module": "keras", "class_name": kind, "registered_name": None}

    def state(self, slot_names: Iterable[str]) -> State:
        self._at_hand()
        optimizer = self._model.optimizer
        by_name = {variable.name: variable for variable in optimizer.variables}
        trained = [variable.path.replace("/", "_") for variable in self._model.trainable_variables]
        slots = {
            slot: [array_of(by_name[f"{name}_{slot}"].value).copy() for name in trained]
            for slot in slot_names
            if all(f"{name}_{slot}" in by_name for name in trained)
        }
        return self._model.get_weights(), slots, int(array_of(optimizer.iterations.value))

    def _at_hand(self) -> None:
        """Have the variables hold the present values, which JAX keeps elsewhere during an epoch."""
        if hasattr(self._model, "jax_state_sync"):
            self._model.jax_state_sync()

    def watch(self) -> None:
        take_step: Callable[..., Any] = self._model.train_function

        def taken(*arguments: Any) -> Any:
            """One step, whose batch is kept. The last argument has the batches; PyTorch's is a list of the only one."""
            self._model.train_function = take_step
            *state, batches = arguments
            if isinstance(batches, list):
                self._batch = batches[0]
                return take_step(*arguments)
            self._batch = next(batches)
            return take_step(*state, iter([self._batch]))

        self._model.train_function = taken

    def batch(self) -> tuple[Array, Array]:
        parts = list(self._batch) if isinstance(self._batch, tuple | list) else [self._batch]
        if len(parts) > 2 and parts[2] is not None:
            raise ValueError(_WEIGHTS)
        if len(parts) < 2 or any(isinstance(part, tuple | list | dict) or part is None for part in parts[:2]):
            raise ValueError("Recorder expects batches of one x and one y")
        return array_of(parts[0]).copy(), array_of(parts[1]).copy()


_WEIGHTS = "Recorder expects no sample_weight and no class_weight, which the diagnosis can't take into account"
