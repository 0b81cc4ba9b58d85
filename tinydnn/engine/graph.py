"""The graph of a model: which layers stand where, in which order a pass takes them, and where their inputs come from.

A model is described by calls, one for each place where a layer or another model was called on symbolic tensors. A pass
runs over nodes: those of the models that were called stand in their place there, so that a node has a layer.

Mirrors keras/src/ops/function.py, `map_graph`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tinydnn.layers import InputLayer, Layer
from tinydnn.layers.keras_tensor import Call, KerasTensor

Refs = Sequence[tuple[int, int]]  # tensors, each by the number of its call and by its place in what that gives


@dataclass(frozen=True, eq=False)
class Node:
    """A layer at one place of a graph.

    inputs: the places of the nodes whose outputs it takes. Nodes count from 1; 0 is the model's input.
    """

    layer: Layer
    inputs: tuple[int, ...]

    def input_of(self, outputs: Sequence[Any]) -> Any:
        """What it takes of what all nodes give, by their places: one of them, or a list."""
        if self.layer.merges:
            return [outputs[i] for i in self.inputs]
        return outputs[self.inputs[0]]


class Graph:
    """All that lies between the input and the outputs of a model.

    levels: the calls, the InputLayer's too, by how far they are from the outputs.
    calls: in the order in which they can be made, without that of the InputLayer.
    entries: the InputLayer, and the layers and models that are called, each once, in Keras' order.
    nodes: in the order in which a pass takes them.
    layers: the layers of the nodes, each once, in the order of the entries that have them.
    outputs: the places of what the model gives.

    Raises:
        ValueError: an output that doesn't come from the input alone, two entries of one name, layers of several dtypes,
            or a layer at several places that can't be there.
    """

    def __init__(self, model: str, source: KerasTensor, outputs: Sequence[KerasTensor]) -> None:
        self.source, self._outputs = source, list(outputs)
        found = _found(model, source, outputs)
        depths = _depths(found)
        by_depth: dict[int, list[Call]] = {}
        for call, depth in depths.items():
            by_depth.setdefault(depth, []).append(call)
        self.levels = [by_depth[depth] for depth in sorted(by_depth, reverse=True)]
        self.calls = [call for level in self.levels for call in level if call is not source.call]
        self.entries = _entries(found, depths)
        _check_names(model, self.entries)
        self.nodes, self.outputs = _nodes(source, self.calls, outputs)
        self.layers = list(dict.fromkeys(layer for entry in self.entries for layer in flat_layers(entry)))
        self._check(model)

    @property
    def wiring(self) -> "Wiring":
        """How the calls hang together, without symbolic tensors."""
        numbers = {call: i for i, call in enumerate([self.source.call, *self.calls])}

        def refs(tensors: Sequence[KerasTensor]) -> Refs:
            return [(numbers[each.call], each.index) for each in tensors]

        return Wiring([(call.layer, refs(call.inputs)) for call in self.calls], refs(self._outputs))

    def _check(self, model: str) -> None:
        if not self.nodes:
            raise ValueError(f"Model {model!r} gives its input as it is; call a layer on it")
        if len({layer.dtype for layer in self.layers}) > 1:
            dtypes = {layer.name: layer.dtype for layer in self.layers}
            raise ValueError(f"All layers of a model have one dtype. Received: {dtypes}")
        for layer, times in Counter(node.layer for node in self.nodes).items():
            if times > 1 and (layer.stream_seed or layer.states):  # a step draws from it, or leaves something in it
                raise ValueError(
                    f"Layer {layer.name!r} stands at several places of model {model!r}, which a {type(layer).__name__} "
                    "can't; make a layer for each"
                )

    @cached_property
    def is_chain(self) -> bool:
        """Whether the layers stand in a row, each of them once, and the last one gives the only output."""
        row = all(node.inputs == (i,) for i, node in enumerate(self.nodes))
        return row and [node.layer for node in self.nodes] == self.layers and self.outputs == [len(self.nodes)]

    @cached_property
    def converts_input(self) -> bool:
        """Whether all layers that compute something of the input take samples of any dtype."""
        plain = {0}  # the places that give the input's own numbers
        converts = []
        for place, node in enumerate(self.nodes, 1):
            if plain & {*node.inputs}:
                if node.layer.computes:
                    converts.append(node.layer.converts)
                else:
                    plain.add(place)
        return bool(converts) and all(converts) and not plain & {*self.outputs}


@dataclass(frozen=True)
class Wiring:
    """What was called on what, as a list: for a copy of a model and for a file.

    calls: (layer or model, what it takes). Calls count from 1; 0 is the input.
    outputs: the tensors that the model gives.
    """

    calls: Sequence[tuple[Any, Refs]]
    outputs: Refs

    def wire(self, source: KerasTensor) -> list[KerasTensor]:
        """Make the calls again, from this input; → the outputs."""
        given = [[source]]
        for layer, refs in self.calls:
            inputs = [given[call][index] for call, index in refs]
            tensors = layer(inputs if layer.merges else inputs[0])
            given.append(tensors if isinstance(tensors, list) else [tensors])
        return [given[call][index] for call, index in self.outputs]


def flat_layers(entry: Any) -> list[Layer]:
    """The layers of an entry of a model: the entry itself, or those of the model that it is."""
    if isinstance(entry, InputLayer):
        return []
    return [entry] if isinstance(entry, Layer) else list(entry.flat_layers)


def _found(model: str, source: KerasTensor, outputs: Sequence[KerasTensor]) -> dict[Call, int]:
    """The calls between the source and the outputs, each after those that it takes; the first is the source's.

    Their values number the layers and models by the order in which the walk from the outputs met them.
    """
    found: dict[Call, int] = {}
    met: dict[Any, int] = {}
    for output in outputs:
        walk = [(output.call, iter(output.call.inputs))]
        while walk:  # by hand, since a deep net would be too much for Python's own stack
            call, inputs = walk[-1]
            if call not in found:
                met.setdefault(call.layer, len(met))
            following = None if call is source.call else next(inputs, None)
            if following is not None and following.call is source.call and following.index != source.index:
                raise _also_needs(model, source, following.name)
            if following is not None and following.call not in found:
                walk.append((following.call, iter(following.call.inputs)))
            elif following is None:
                walk.pop()
                if not call.inputs and call is not source.call:
                    raise _also_needs(model, source, call.layer.name)
                found.setdefault(call, met[call.layer])
    if source.call not in found:
        raise ValueError(f"Model {model!r} has outputs that don't come from its input {source.name!r}")
    return found


def _also_needs(model: str, source: KerasTensor, name: str) -> ValueError:
    return ValueError(
        f"Model {model!r} takes one input, {source.name!r}; put all columns into one Input. "
        f"Received: an output that also needs {name!r}"
    )


def _depths(found: dict[Call, int]) -> dict[Call, int]:
    """How many calls lie between each call and the outputs, at most; a layer's calls are all as deep as its deepest."""
    depths: dict[Call, int] = {}
    of_layer: dict[Any, int] = {}
    for call in reversed(list(found)):
        depth = max(depths.setdefault(call, 0), of_layer.get(call.layer, 0))
        depths[call] = of_layer[call.layer] = depth
        for each in call.inputs:
            if each.call in found:
                depths[each.call] = max(depth + 1, depths.get(each.call, 0))
    return depths


def _entries(found: dict[Call, int], depths: dict[Call, int]) -> list[Any]:
    """The layers and models that are called, the deepest first."""
    deepest: dict[Any, tuple[int, int]] = {}
    for call, met in found.items():
        deepest[call.layer] = min(deepest.get(call.layer, (0, met)), (-depths[call], met))
    return sorted(deepest, key=deepest.__getitem__)


def _check_names(model: str, entries: Sequence[Any]) -> None:
    for name, times in Counter(entry.name for entry in entries).items():
        if times > 1:
            raise ValueError(f"The layers of a model need different names. Received: {name!r} twice in {model!r}")


def _nodes(source: KerasTensor, calls: Sequence[Call], outputs: Sequence[KerasTensor]) -> tuple[list[Node], list[int]]:
    """The nodes that the outputs need, and the places of those that give them."""
    nodes: list[Node] = []
    places = {(source.call, source.index): 0}
    for call in calls:
        taken = [places[each.call, each.index] for each in call.inputs]
        if isinstance(call.layer, Layer):
            nodes.append(Node(call.layer, tuple(taken)))
            places[call, 0] = len(nodes)
            continue
        inner = call.layer.graph
        for node in inner.nodes:
            nodes.append(Node(node.layer, tuple(taken[i] for i in node.inputs)))
            taken.append(len(nodes))
        places |= {(call, index): taken[place] for index, place in enumerate(inner.outputs)}
    return _needed(nodes, [places[tensor.call, tensor.index] for tensor in outputs])


def _needed(nodes: Sequence[Node], outputs: Sequence[int]) -> tuple[list[Node], list[int]]:
    """Those of the nodes on which the outputs depend, numbered anew: a model's call may give what nothing takes."""
    needed = {*outputs}
    for place in range(len(nodes), 0, -1):
        if place in needed:
            needed |= {*nodes[place - 1].inputs}
    number = {place: i for i, place in enumerate(sorted(needed - {0}), 1)} | {0: 0}
    kept = [nodes[place - 1] for place in number if place]
    renumbered = [Node(node.layer, tuple(number[i] for i in node.inputs)) for node in kept]
    return renumbered, [number[place] for place in outputs]
