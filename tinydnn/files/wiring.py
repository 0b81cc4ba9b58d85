"""How the layers of a Functional model hang together, as Keras writes it: each layer with the calls that it got.

    "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["dense", 0, 0]}}]}]

A history names the layer that gives the tensor, which of its calls, and which output of that. Merging layers have a
list of tensors. Keras 2 writes a call as [["dense", 0, 0, {}], …].

Mirrors keras/src/models/functional.py, `get_config` and `functional_from_config`.
"""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from tinydnn.files.whole import FileFormatError

Network = Any  # tinydnn.engine.network.Network
Refs = list[tuple[int, int]]  # tensors, each by the number of its call and by its place in what that gives
Calls = list[tuple[Any, Refs]]

_MOST = 100_000  # calls, with those of models that are called


def inbound_nodes(network: Network) -> dict[str, list[Any]]:
    """For each entry of a model, by its name, the calls that it got."""
    calls = [network.graph.source.call, *network.graph.calls]
    histories = _histories(calls)
    found: dict[str, list[Any]] = {entry.name: [] for entry in network.layers}
    for call in network.graph.calls:
        tensors = [_tensor(each, [*histories[each.call], each.index]) for each in call.inputs]
        found[call.layer.name].append({"args": [tensors] if call.layer.merges else tensors, "kwargs": {}})
    return found


def ends(network: Network) -> dict[str, Any]:
    """The input and the outputs of a model."""
    histories = _histories([network.graph.source.call, *network.graph.calls])

    def ref(tensor: Any) -> list[Any]:
        name, number = histories[tensor.call]
        return [name, number + _first_call(tensor.call.layer), tensor.index]

    outputs = [ref(each) for each in network.outputs]
    return {"input_layers": ref(network.inputs[0]), "output_layers": outputs if network.gives_list else outputs[0]}


def _first_call(entry: Any) -> int:
    """How Keras numbers the first call of an entry where that gives an output of the model."""
    return int(getattr(entry, "keras_class", None) == "Functional")


def _histories(calls: Sequence[Any]) -> dict[Any, list[Any]]:
    """For each call, the name of its layer and which of its calls it is."""
    counts: dict[str, int] = {}
    histories = {}
    for call in calls:
        name = call.layer.name
        histories[call] = [name, counts.get(name, 0)]
        counts[name] = counts.get(name, 0) + 1
    return histories


def _tensor(tensor: Any, history: list[Any]) -> dict[str, Any]:
    config = {"shape": list(tensor.shape), "dtype": tensor.dtype, "keras_history": history}
    return {"class_name": "__keras_tensor__", "config": config}


def read(settings: Mapping[str, Any], entries: Mapping[str, Any]) -> tuple[Any, Calls, Refs, bool]:
    """The InputLayer, the calls in an order in which they can be made, the outputs, and whether they are a list.

    entries: the layers and models by their names.

    Raises:
        FileFormatError: several inputs, or calls that don't hang together.
    """
    taken = {}  # by the name of the entry and the number of its call
    for layer in settings["layers"]:
        for number, node in enumerate(layer["inbound_nodes"]):
            taken[layer["name"], number] = list(_taken(node))
    (source, *others), _ = _listed(settings["input_layers"])
    if others:
        raise FileFormatError(f"a model takes one input. Found: {[source[0], *(each[0] for each in others)]}")
    start = source[0], 0
    if start in taken or source[0] not in entries:
        raise FileFormatError(f"expected an InputLayer {source[0]!r}. Found: none")
    sorter = TopologicalSorter({key: {(name, number) for name, number, _ in refs} for key, refs in taken.items()})
    try:
        order = [key for key in sorter.static_order() if key != start]
    except CycleError:
        raise FileFormatError("expected layers whose calls follow one another. Found: a circle") from None
    numbers = {start: 0} | {key: i for i, key in enumerate(order, 1)}
    missing = [key[0] for key in order if key not in taken]
    if missing:
        raise FileFormatError(f"a model takes one input, {source[0]!r}. Found: layers without inputs: {missing[:3]}")
    calls = [(entries[key[0]], [(numbers[name, number], index) for name, number, index in taken[key]]) for key in order]
    if sum(getattr(entry, "most_calls", 1) for entry, _ in calls) > _MOST:
        raise FileFormatError(f"expected {_MOST:,} calls of layers at most. Found: more")
    outputs, is_list = _listed(settings["output_layers"])
    found = [(numbers[name, number - _first_call(entries[name])], index) for name, number, index in outputs]
    return entries[source[0]], calls, found, is_list


def _taken(node: Any) -> Iterator[tuple[str, int, int]]:
    """The histories of the tensors that a call takes."""
    if isinstance(node, list):  # Keras 2
        for name, number, index, *_ in [node] if node and isinstance(node[0], str) else node:
            yield name, number, index
        return
    for key, value in node["kwargs"].items():
        if value not in (None, False) or key not in ("mask", "training"):
            raise FileFormatError(f"tinydnn calls layers without {key}. Found: {str(value)[:60]}")
    for argument in node["args"]:
        for tensor in argument if isinstance(argument, list) else [argument]:
            if not isinstance(tensor, dict) or tensor.get("class_name") != "__keras_tensor__":
                raise FileFormatError(f"tinydnn calls layers on tensors. Found: {str(tensor)[:60]}")
            name, number, index = tensor["config"]["keras_history"]
            yield name, number, index


def _listed(refs: Any) -> tuple[list[tuple[str, int, int]], bool]:
    """[name, call, output] or a list of such, as a list; and whether it was one."""
    single = bool(refs) and isinstance(refs[0], str)
    return [(name, number, index) for name, number, index in ([refs] if single else refs)], not single
