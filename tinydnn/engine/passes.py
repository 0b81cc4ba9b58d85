"""One pass of some rows through a network, and everything it computes on the way.

rows → batch → each layer forward → loss → gradient of the loss → each layer backward → gradients.

A pass owns its intermediates, so passes run side by side over the same layers, and every tensor of a
step can be looked at: `traces` has each layer's, `loss` the loss's, `gradient` the result.
"""

import math
from typing import Any

from tinydnn import activations
from tinydnn.device.backend import Array
from tinydnn.device.memory import Workspace
from tinydnn.engine.activity import ActivityPenalty
from tinydnn.engine.averages import Scores
from tinydnn.engine.data import Data
from tinydnn.engine.network import Network
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
        self.network, self.layers, self.data = network, network.layers, data
        self.backend, self.xp = network.backend, network.backend.xp
        self._make_room_for_samples(n, workspace)
        self._make_traces(n, workspace, training, first_row)
        self._activity: dict[int, ActivityPenalty] = {}  # by the place of the layer
        if data.labels is not None or data.targets is not None:
            self._make_loss(n, workspace)
        if training:
            self.gradient = workspace.take("gradient", (network.layout.size,), network.dtype)
            views = iter(network.layout.views(self.gradient))
            for layer, t in zip(self.layers, self.traces, strict=True):
                t.gradients = [next(views) for _ in layer.weights]

    def _make_room_for_samples(self, n: int, workspace: Workspace) -> None:
        shape, dtype = (n, *self.data.x.shape[1:]), self.data.x.dtype
        self._converted: Array | None = None
        if dtype != self.network.dtype and not self.network.converts_input:
            self._converted = workspace.take("converted", shape, self.network.dtype)
            dtype = self.network.dtype if self.backend.gather_converts else dtype
        self._taken = workspace.take("taken", shape, dtype)

    def _make_traces(self, n: int, workspace: Workspace, training: bool, first_row: int) -> None:
        # The first layer with weights needs no dx, and no layer below it goes backward.
        with_weights = [i for i, layer in enumerate(self.layers) if layer.weights]
        self._backward_to = min(with_weights, default=len(self.layers))
        last_dense = max(with_weights, default=0)
        self.traces = []
        for i, layer in enumerate(self.layers):
            order = self.backend.outputs_order if i >= last_dense else "C"
            room = workspace.room(i, self.network.dtype, order)
            t = layer.trace(room, n, training, needs_dx=training and i > self._backward_to)
            t.first_row = first_row
            self.traces.append(t)

    def _make_loss(self, n: int, workspace: Workspace) -> None:
        loss, last, t = self.network.loss, self.network.last_activation, self.traces[-1]
        assert loss is not None
        self.logits = loss.takes_logits(last)
        # Behind these two the loss is computed from what goes into them; a softmax it computes itself.
        t.loss_takes_z = self.logits and isinstance(last, activations.Softmax | activations.Sigmoid)
        t.loss_activates = self.logits and loss.computes_softmax and isinstance(last, activations.Softmax)
        outputs = math.prod(self.layers[-1].output_shape or ())
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
                room, units = workspace.room(i, self.network.dtype), math.prod(layer.output_shape or ())
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

        Returns the output of the last layer, (n, outputs): valid until the next forward.
        """
        x = self.gather(rows)
        for layer, t in zip(self.layers, self.traces, strict=True):
            t.x = x
            x = layer.forward(x, t)
        self.output = x
        return x

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
        for metric, values in zip(self.network.metrics.values(), scores.metrics, strict=True):
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
        metric.measure(self.xp, x, t, logits, values)

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
        dy: Array | None = self.network.loss.backward(self.xp, self._loss_input(output), self.loss, self.logits, batch)
        if self._scale:
            dy = self.xp.multiply(dy, self._weights.reshape(-1, 1), out=dy)
        for i in reversed(range(self._backward_to, len(self.layers))):
            if i in self._activity:
                self._activity[i].add_gradient(self.xp, self.traces[i].z, self._outputs_of(i), dy, batch)
            self.traces[i].dy = dy
            dy = self.layers[i].backward(dy, self.traces[i])

    def add_penalty_gradients(self) -> None:
        """Add the gradients of the regularizers' penalties, which belong to a batch and not to its rows."""
        for layer, t in zip(self.layers, self.traces, strict=True):
            for i, regularizer in layer.penalties:
                regularizer.add_gradient(self.xp, layer.weights[i], t.gradients[i])

    def _outputs_of(self, i: int) -> Array:
        """What layer i gives: y, or the probabilities that the loss makes of it."""
        t = self.traces[i]
        return self.loss.p if t.loss_activates else t.y

    def _loss_input(self, output: Array) -> Array:
        """What the loss is computed from: the output, or the logits that a sigmoid made it from."""
        return self.traces[-1].z if self.traces[-1].loss_takes_z else output

    def _take(self, source: Array, rows: Rows, room: Array) -> Array:
        """Neighbouring rows as they lie in the source; others gathered into `room`."""
        if isinstance(rows, slice):
            return source[rows]
        self.backend.gather(source, rows, room)
        return room
