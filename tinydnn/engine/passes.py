"""One pass of some rows through a network, and everything it computes on the way.

rows → batch → each node forward → loss → gradient of the loss → each node backward → gradients.

A pass owns its intermediates, so passes run side by side over the same layers, and every tensor of a
step can be looked at: `traces` has each node's, `loss` the loss's, `gradient` the result.
"""

import math
from collections import Counter
from typing import Any

from tinydnn import activations
from tinydnn.device.backend import Array
from tinydnn.device.memory import Workspace
from tinydnn.engine.activity import ActivityPenalty
from tinydnn.engine.averages import Scores
from tinydnn.engine.data import Data
from tinydnn.engine.network import Network
from tinydnn.layers import Layer
from tinydnn.layers.layer import known
from tinydnn.losses import LossTrace
from tinydnn.metrics import Metric

Rows = Any  # which samples: an array of indices, or a slice of neighbours


class Pass:
    """Takes n rows of the data at a time through a network.

    Args:
        network: built; compiled too, where the data has targets.
        data: where the rows come from.
        n: how many rows.
        workspace: where its arrays come from; passes that never run at the same time may share one.
        training: whether it goes backward, and dropout drops.
        first_row: where in the batch its rows begin.
    """

    def __init__(
        self, network: Network, data: Data, n: int, workspace: Workspace, training: bool, first_row: int = 0
    ) -> None:
        assert network.graph is not None
        self.network, self.graph, self.data = network, network.graph, data
        self.layers = [node.layer for node in self.graph.nodes]
        self.backend, self.xp = network.backend, network.backend.xp
        self._make_room_for_samples(n, workspace)
        self._make_traces(n, workspace, training, first_row)
        self._activity: dict[int, ActivityPenalty] = {}  # by the place of the layer
        if data.labels is not None or data.targets is not None:
            self._make_loss(n, workspace)
        if training:
            self.gradient = workspace.take("gradient", (network.layout.size,), network.dtype)
            self._make_gradients(workspace)

    def _make_room_for_samples(self, n: int, workspace: Workspace) -> None:
        shape, dtype = (n, *self.data.x.shape[1:]), self.data.x.dtype
        self._converted: Array | None = None
        if dtype != self.network.dtype and not self.graph.converts_input:
            self._converted = workspace.take("converted", shape, self.network.dtype)
            dtype = self.network.dtype if self.backend.gather_converts else dtype
        self._taken = workspace.take("taken", shape, dtype)

    def _make_traces(self, n: int, workspace: Workspace, training: bool, first_row: int) -> None:
        # Where a layer learns or lies above one that does, a gradient arrives. Other nodes don't go backward.
        trained, dtype = {*self.network.trained}, self.network.dtype
        learning = [bool(layer.learned) and layer in trained for layer in self.layers]
        last_dense = max((i for i, layer in enumerate(self.layers) if layer.learned), default=0)
        self.traces, self._learns = [], [False]  # by place, of which 0 is the model's input
        for i, (layer, node) in enumerate(zip(self.layers, self.graph.nodes, strict=True)):
            order = self.backend.outputs_order if i >= last_dense else "C"
            needs_dx = training and any(self._learns[place] for place in node.inputs)
            t = layer.trace(workspace.room(i, dtype, order), n, training, needs_dx)
            t.first_row, t.frozen = first_row, layer not in trained
            self.traces.append(t)
            self._learns.append(learning[i] or needs_dx)
        takers = Counter(place for node in self.graph.nodes for place in node.inputs)
        self._sums = {
            place: workspace.take(("sum", place), (n, *known(self.layers[place - 1].output_shape)), dtype)
            for place in takers
            if takers[place] > 1 and self._learns[place]
        }

    def _make_gradients(self, workspace: Workspace) -> None:
        """Give each trace room for the gradients of its weights: views of `gradient`, or what is added to them."""
        self.gradient[...] = 0  # it stays so for layers whose outputs nobody takes
        layers = self.network.flat_layers
        views = self._gradients = dict(zip(layers, self.network.views_by_layer(self.gradient), strict=True))
        self._added: dict[int, list[Array]] = {}  # by the place of a node, where its layer stands at a later one too
        later: set[Layer] = set()
        for i in reversed(range(len(self.layers))):
            layer, t = self.layers[i], self.traces[i]
            t.gradients = views[layer]
            if layer in later:
                room = workspace.room(i, self.network.dtype)
                self._added[i] = views[layer]
                t.gradients = [room(f"gradient {k}", view.shape) for k, view in enumerate(views[layer])]
            later.add(layer)

    def _make_loss(self, n: int, workspace: Workspace) -> None:
        loss, last, t = self.network.loss, self.network.last_activation, self.traces[-1]
        assert loss is not None
        self.logits = loss.takes_logits(last)
        # Behind these two the loss is computed from what goes into them; a softmax it computes itself.
        t.loss_takes_z = self.logits and isinstance(last, activations.Softmax | activations.Sigmoid)
        t.loss_activates = self.logits and loss.computes_softmax and isinstance(last, activations.Softmax)
        outputs = math.prod(self.network.outputs[0].sample_shape)
        room = workspace.room("loss", self.network.dtype, self.backend.outputs_order)
        self.loss = LossTrace(room, n, outputs)
        self._targets, self._own_losses = self.loss.y, room("losses", (n,))
        self._scale = self.data.weights is not None or self.network.loss_weight != 1
        self._weights = room("weights", (n,))
        room = workspace.room("metrics", self.network.dtype, self.backend.outputs_order)
        self._measured = LossTrace(room, n, outputs) if self.network.metrics else None
        for i, layer in enumerate(self.layers):
            if layer.activity_regularizer is not None:
                activation = layer.activation if self.traces[i].loss_takes_z else None
                room, units = workspace.room(i, self.network.dtype), math.prod(known(layer.output_shape))
                self._activity[i] = ActivityPenalty(layer.activity_regularizer, activation, room, n, units)
        self._classes = self.xp.arange(outputs)

    def gather(self, rows: Rows) -> Array:
        """These rows of the data, (n, …), in a dtype that the first layer takes."""
        x = self._take(self.data.x, rows, self._taken)
        if self._converted is not None and x.dtype != self._converted.dtype:
            self.xp.copyto(self._converted, x, casting="same_kind")
            x = self._converted
        return x

    def prepare(self) -> None:
        """Do what a step needs of the host, before its `forward`; all that follows only queues work on a GPU."""
        for layer, t in zip(self.layers, self.traces, strict=True):
            layer.prepare(t)

    def forward(self, rows: Rows) -> Array:
        """Run the layers on these rows of the data.

        Returns the model's output, (n, outputs): valid until the next forward. `given` has what all nodes give.
        """
        self.given = [self.gather(rows)]
        for node, t in zip(self.graph.nodes, self.traces, strict=True):
            t.x = node.input_of(self.given)
            self.given.append(node.layer.forward(t.x, t))
        self.output = self.given[-1]
        return self.output

    def measure(self, rows: Rows, output: Array, scores: Scores) -> None:
        """The losses of these rows, each times its weight, and what the metrics need, into their places."""
        loss, t = self.network.loss, self.loss
        assert loss is not None
        t.l = self._own_losses if self._activity or self._scale else scores.losses
        if self.data.targets is not None:
            t.y = self._take(self.data.targets, rows, self._targets)
        else:
            assert scores.labels is not None
            self.xp.equal(scores.labels.reshape(-1, 1), self._classes, out=t.y)
        loss.forward(self.xp, self._loss_input(output), t, self.logits)
        losses = t.l
        if self._scale:
            self._gather_weights(rows)
            losses = self.xp.multiply(t.l, self._weights, out=scores.losses)
        for i, penalty in self._activity.items():
            penalty.add_losses(self.xp, self._outputs_of(i), losses, scores.losses)
            losses = scores.losses
        for metric, values in zip(self.network.metrics, scores.metrics, strict=True):
            self._measure(metric, output, values)

    def _measure(self, metric: Metric, output: Array, values: Array) -> None:
        """What a metric needs of these rows."""
        last, t = self.network.last_activation, self._measured
        assert t is not None
        t.y, logits = self.loss.y, metric.takes_logits(last)
        if logits and isinstance(last, activations.Softmax | activations.Sigmoid):
            x = self.traces[-1].z
        else:
            x = self.loss.p if self.traces[-1].loss_activates else output
        metric.measure(self.xp, _as_rows(x), t, logits, values)

    def _gather_weights(self, rows: Rows) -> None:
        """How much the loss of each row counts."""
        if self.data.weights is None:
            self._weights[...] = self.network.loss_weight
        else:
            weights = self._take(self.data.weights, rows, self._weights)
            self.xp.multiply(weights, self.network.loss_weight, out=self._weights)

    def backward(self, output: Array, batch: int) -> None:
        """The gradients of (sum of these rows' losses) / batch, in `gradient`; `batch` counts all shares."""
        assert self.network.loss is not None
        arriving: list[Array | None] = [None] * len(self.given)
        dy = self.network.loss.backward(self.xp, self._loss_input(output), self.loss, self.logits, batch)
        if self._scale:
            self.xp.multiply(dy, self._weights.reshape(-1, 1), out=dy)
        arriving[-1] = dy.reshape(output.shape)
        for i in reversed(range(len(self.layers))):
            node, t, dy = self.graph.nodes[i], self.traces[i], arriving[i + 1]
            if not self._learns[i + 1]:
                continue
            if i in self._activity:
                dy = self._activity[i].with_gradient(self.xp, t.z, self._outputs_of(i), dy, batch)
            t.dy = dy
            dx: Any = node.layer.backward(dy, t)
            for place, d in zip(node.inputs, dx if node.layer.merges else [dx], strict=True):
                if self._learns[place]:
                    arriving[place] = d if arriving[place] is None else self._sum(place, arriving[place], d)
            for k, view in enumerate(self._added.get(i, ())):
                self.xp.add(view, t.gradients[k], out=view)

    def _sum(self, place: int, d: Array, more: Array) -> Array:
        """The sum of the gradients that a node gets from those that take its output."""
        return self.xp.add(d, more, out=self._sums[place])

    def add_penalty_gradients(self) -> None:
        """Add the gradients of the regularizers' penalties, which belong to a batch and not to its rows."""
        for layer, gradients in self._gradients.items():
            for i, regularizer in layer.penalties if gradients else ():
                regularizer.add_gradient(self.xp, layer.weights[i], gradients[i])

    def _outputs_of(self, i: int) -> Array:
        """What layer i gives: y, or the probabilities that the loss makes of it."""
        t = self.traces[i]
        return self.loss.p if t.loss_activates else t.y

    def _loss_input(self, output: Array) -> Array:
        """What the loss is computed from: the output, or the logits that a sigmoid made it from."""
        return _as_rows(self.traces[-1].z if self.traces[-1].loss_takes_z else output)

    def _take(self, source: Array, rows: Rows, room: Array) -> Array:
        """Neighbouring rows as they lie in the source; others gathered into `room`."""
        if isinstance(rows, slice):
            return source[rows]
        self.backend.gather(source, rows, room)
        return room


def _as_rows(outputs: Array) -> Array:
    """Outputs of any shape, as a row for each sample."""
    return outputs if outputs.ndim == 2 else outputs.reshape(len(outputs), -1)
