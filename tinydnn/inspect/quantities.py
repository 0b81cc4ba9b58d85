"""What a watched layer is measured by in one step: gradient, update, saturated and dead units."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tinydnn import activations, layers
from tinydnn.device.backend import Array
from tinydnn.engine.passes import Pass
from tinydnn.inspect.twin import require_row

QUANTITIES = "gradient", "update", "saturated", "dead"
SUMS = "dW²", "change²", "W²", "saturated", "dead"  # what the quantities are computed from


@dataclass(frozen=True)
class Ends:
    """Where an activation's outputs are saturated: up to `low`, and from `high` on.

    much: the share of saturated outputs above which a layer gets a remark.
    """

    low: float
    high: float
    much: float


# At these ends a sigmoid and a tanh are equally flat: 4 % of their steepest slope. A relu is flat only at 0, which is
# half of its outputs in a fresh net. The other activations have no ends.
ENDS: dict[type[activations.Activation], Ends] = {
    activations.Sigmoid: Ends(0.01, 0.99, much=0.5),
    activations.Tanh: Ends(-0.98, 0.98, much=0.5),
    activations.HardSigmoid: Ends(0, 1, much=0.5),
    activations.Relu: Ends(0, math.inf, much=0.9),
    activations.Relu6: Ends(0, 6, much=0.9),
}


@dataclass(frozen=True)
class WatchedLayer:
    """A layer that is watched.

    place: its index among the model's layers.
    dense: whether it has a W, as an Activation alone has none.
    ends: where the outputs are saturated; None where the activation has no ends.
    """

    layer: layers.Layer
    place: int
    dense: bool
    ends: Ends | None

    @property
    def units(self) -> int:
        return math.prod(self.layer.output_shape or ())

    def sums(self, xp: Any, passes: list[Pass], before: Array, model: Any) -> Iterator[tuple[str, Any]]:
        """Those of SUMS that the layer has, as numbers on the device, in float64.

        before: the trained weights before the step, flat.
        """
        traces = [own.traces[self.place] for own in passes]
        if self.dense and not traces[0].frozen:
            W, W0 = self.layer.weights[0], model.views_by_layer(before)[self.place][0]
            dW = sum(xp.matmul(t.x.T, t.dz) for t in traces)
            if self.layer.kernel_regularizer is not None:
                self.layer.kernel_regularizer.add_gradient(xp, W0, dW)
            for what, values in (("dW²", dW), ("change²", W - W0), ("W²", W0)):
                yield what, xp.sum(xp.multiply(values, values, dtype=xp.float64))  # in float32 1e-23² is 0
        if self.ends is not None:
            outputs = [t.y for t in traces]
            low = sum(xp.sum(a <= self.ends.low, axis=0, dtype=xp.float64) for a in outputs)
            high = sum(xp.sum(a >= self.ends.high, axis=0, dtype=xp.float64) for a in outputs)
            rows = sum(len(a) for a in outputs)
            yield "saturated", xp.sum(low + high) / (rows * self.units)
            yield "dead", xp.sum(low == rows, dtype=xp.float64) + xp.sum(high == rows, dtype=xp.float64)

    def quantities(self, sums: dict[str, float]) -> dict[str, float]:
        """The quantities by name, NaN where the layer has no such thing, or where its weights are all 0.

        sums: all of SUMS, NaN where the layer has none.
        """
        return {
            "gradient": math.nan if not self.dense else math.sqrt(sums["dW²"] / self.layer.weights[0].size),
            "update": math.sqrt(sums["change²"] / sums["W²"]) if sums["W²"] else math.nan,
            "saturated": sums["saturated"],
            "dead": math.nan if self.ends is None else int(sums["dead"]),
        }


def watched_layers(model: Any) -> dict[str, WatchedLayer]:
    """The layers that can be watched, by name: each Dense layer, and each Activation that is a layer of its own.

    Raises:
        ValueError: the model's layers are not in a row.
    """
    require_row(model, "The watch")
    found = {}
    for i, layer in enumerate(model.flat_layers):
        dense = isinstance(layer, layers.Dense)
        if dense or isinstance(layer, layers.Activation):
            found[layer.name] = WatchedLayer(layer, i, dense, ENDS.get(type(layer.activation)))
    return found
