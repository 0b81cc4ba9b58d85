"""What Dropout kept in somebody's step: when the step is taken again, the same units fall.

No two generators draw alike, so a mask is taken as it was drawn; what is compared is what was done with it.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from tinydnn import layers
from tinydnn.device.backend import Array
from tinydnn.engine.passes import Pass
from tinydnn.layers import Layer
from tinydnn.layers.layer import known
from tinydnn.layers.trace import Trace
from tinydnn.models import Model


def drawn(passes: Sequence[Pass]) -> list[Array]:
    """What each layer that draws has kept in a step: booleans, (n, …)."""
    return [
        np.concatenate([each.backend.to_numpy(each.traces[i].mask) > 0 for each in passes])
        for i, layer in enumerate(passes[0].layers)
        if _draws(layer)
    ]


def check(model: Model, masks: Sequence[Array], n: int) -> None:
    """Raise a ValueError unless there is a mask of n rows for each Dropout, and nothing else draws."""
    if any(_draws(layer) and type(layer) is not layers.Dropout for layer in model.flat_layers):
        raise ValueError("diagnose expects a net without noise, of which a step does not tell what was drawn")
    wanted = [(n, *known(layer.output_shape)) for layer in _dropouts(model)]
    found = [mask.shape for mask in masks]
    if wanted and found not in (wanted, [shape[::-1] for shape in wanted]):
        raise ValueError(
            "a net with Dropout expects the masks of the step, one for each Dropout layer, 0 where a number was "
            f"dropped: {', '.join(map(str, wanted))}. A program keeps them in a list of the name masks. "
            f"Received: {', '.join(map(str, found)) or 'none'}"
        )


def refuse(model: Model, caller: str) -> None:
    """Raise a ValueError where a layer of the model draws."""
    if any(map(_draws, model.flat_layers)):
        raise ValueError(f"{caller} expects a net without Dropout and noise, since a step does not tell its masks")


def give(model: Model, masks: Sequence[Array] | None) -> None:
    """Let the next steps drop what these masks drop; None drops nothing, as in predictions."""
    for i, layer in enumerate(_dropouts(model)):
        vars(layer)["draw_mask"] = partial(_take, layer, None if masks is None else masks[i])


def _take(layer: layers.Dropout, mask: Array | None, t: Trace) -> None:
    """In place of the layer's own `draw_mask`."""
    if mask is None:
        t.mask[...] = 1
        return
    rows = mask if mask.shape[1:] == t.mask.shape[1:] else mask.T  # with samples in columns
    t.mask[...] = rows[t.first_row : t.first_row + len(t.mask)] != 0
    t.mask *= 1 / (1 - layer.rate) if layer.rate < 1 else 0


def _dropouts(model: Model) -> list[layers.Dropout]:
    return [layer for layer in model.flat_layers if isinstance(layer, layers.Dropout) and layer.draws]


def _draws(layer: Layer) -> bool:
    return isinstance(layer, layers.RandomLayer) and layer.draws
