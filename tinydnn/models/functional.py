"""Functional: a model of any graph of layers (mirrors keras/src/models/functional.py)."""

from collections.abc import Sequence
from typing import Any

from tinydnn.device.backend import Shape
from tinydnn.engine.graph import Graph, Wiring
from tinydnn.files.saved_model import SavedModel
from tinydnn.layers import InputLayer
from tinydnn.layers.keras_tensor import KerasTensor
from tinydnn.models.model import Model
from tinydnn.models.sequential import Sequential


class Functional(Model):
    """What lies between a symbolic tensor and others that are made of it; Model(inputs, outputs) makes one.

    Mirrors keras/src/models/functional.py. Its layers may be in other models too, which have the same weights then.

    Args:
        inputs: the tensor that an `Input` gives, or one that a layer gives; or a list of it.
        outputs: a tensor, or a list of them; a model of several outputs can predict, and be a part of others.
        trainable: whether training changes the weights.
        name: None numbers it: functional, functional_1, …
        device, threads: as for Sequential.

    Raises:
        TypeError: no symbolic tensors.
        ValueError: several inputs, or outputs that don't come from the input alone.
    """

    keras_class = "Functional"

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        name: str | None = None,
        *,
        trainable: bool = True,
        device: str | None = None,
        threads: int | None = None,
    ) -> None:
        found, given = _tensors("inputs", inputs), _tensors("outputs", outputs)
        if len(found) != 1:
            raise ValueError(
                "A model takes one input: put all columns into one Input. "
                f"Received: {len(found)} inputs, {', '.join(each.name for each in found)}"
            )
        super().__init__(trainable, name, device, threads)
        self.gives_list = isinstance(outputs, list | tuple)
        (source,) = found
        if not isinstance(source.call.layer, InputLayer):  # what lies before it is no part of the model
            wiring = Graph(self.name, source, given).wiring
            source = InputLayer(source.sample_shape, name=f"{source.name}CLONE", dtype=source.dtype).tensor()
            given = wiring.wire(source)
        self.inputs, self.sample_shape = [source], source.sample_shape
        self._take_graph(given)
        self.settle()

    def _take_graph(self, outputs: list[KerasTensor]) -> None:
        super()._take_graph(outputs)
        assert self.graph is not None
        self.layers = self.graph.entries

    def output_shape_for(self, sample_shape: Shape) -> Any:
        """The shape of one output, for samples of this shape; a list of them where there are several outputs."""
        self._check_sample_shape(sample_shape)
        shapes = [each.sample_shape for each in self.outputs]
        return shapes[0] if len(shapes) == 1 else shapes


def described_by(saved: SavedModel) -> Model:
    """The model without what the file has of its weights."""
    made = {id(entry): described_by(entry) if isinstance(entry, SavedModel) else entry for entry in saved.entries}
    if saved.source is not None:
        calls = [(made[id(layer)], refs) for layer, refs in saved.calls]
        source = saved.source.tensor()
        outputs = Wiring(calls, saved.outputs).wire(source)
        return Functional(source, outputs if saved.gives_list else outputs[0], name=saved.name)
    model = Sequential(list(made.values()), name=saved.name)
    if saved.batch_shape and model.layers:
        model.build(saved.batch_shape)
    return model


Model.functional, Model.described_by = Functional, staticmethod(described_by)


def _tensors(what: str, given: Any) -> list[KerasTensor]:
    """One or several symbolic tensors as a list."""
    tensors: Sequence[Any] = given if isinstance(given, list | tuple) else [given]
    for each in tensors:
        if not isinstance(each, KerasTensor):
            raise TypeError(
                f"Model expects {what} as a symbolic tensor, an Input or what a layer gives for one, or as a list. "
                f"Received: {each!r}"
            )
    if not tensors:
        raise ValueError(f"Model expects {what}. Received: {given!r}")
    return list(tensors)
