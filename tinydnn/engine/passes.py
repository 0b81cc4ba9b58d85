"""One pass of some rows through a model, and everything it computes on the way.

rows → batch → each layer forward → loss → gradient of the loss → each layer backward → gradients.

A pass owns its intermediates, so passes run side by side over the same layers, and every tensor of a
step can be looked at: `traces` has each layer's, `loss` the loss's, `gradient` the result.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tinydnn import activations
from tinydnn.device.backend import Array, Backend
from tinydnn.device.memory import Shape
from tinydnn.engine.averages import Scores
from tinydnn.engine.data import Data
from tinydnn.losses import LossTrace

if TYPE_CHECKING:
    from tinydnn.models import Sequential

Rows = Any  # which samples: an array of indices, or a slice of neighbours


class Workspace:
    """Arrays by name, allocated at their largest size; a smaller one is a view of its beginning."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._flat: dict[object, Array] = {}

    def take(self, name: object, shape: Shape, dtype: Any, order: str = "C") -> Array:
        size = math.prod(shape)
        flat = self._flat.get(name)
        if flat is None or flat.size < size:
            flat = self._flat[name] = self._backend.empty(size, dtype)
        return flat[:size].reshape(shape, order=order)

    def room(self, owner: object, dtype: str, order: str = "C") -> Callable[[str, Shape], Array]:
        """room(name, shape) for one owner: what layers and losses take their arrays from."""
        return lambda name, shape: self.take((owner, name), shape, dtype, order)


class Pass:
    """Takes n rows of the data at a time through a model.

    Args:
        model: built; compiled too, where the data has targets.
        data: where the rows come from.
        n: how many rows.
        workspace: where its arrays come from; passes that never run at the same time may share one.
        training: whether it goes backward, and dropout drops.
    """

    def __init__(self, model: "Sequential", data: Data, n: int, workspace: Workspace, training: bool) -> None:
        self.model, self.data = model, data
        self.backend, self.xp = model.backend, model.backend.xp
        self.layers = model.steps

        shape, dtype = (n, *data.x.shape[1:]), data.x.dtype
        self._converted: Array | None = None
        if dtype != model.dtype and not model.converts_input:
            self._converted = workspace.take("converted", shape, model.dtype)
            dtype = model.dtype if self.backend.gather_converts else dtype
        self._taken = workspace.take("taken", shape, dtype)

        if data.labels is not None or data.targets is not None:
            assert model.loss is not None
            last = model.last_activation
            self.logits = model.loss.takes_logits(last)
            self._softmax_in_loss = self.logits and isinstance(last, activations.Softmax)
            self._loss_before_last = self.logits and isinstance(last, activations.Sigmoid)
            if self._softmax_in_loss:
                self.layers = model.steps[:-1]
            outputs = math.prod(model.steps[-1].output_shape or ())
            self.loss = LossTrace(workspace.room("loss", model.dtype, self.backend.outputs_order), n, outputs)
            self._targets = self.loss.y
            self._classes = self.xp.arange(outputs)

        # The first layer with weights needs no dx, and no layer below it goes backward.
        first = next((i for i, layer in enumerate(self.layers) if layer.weights), len(self.layers))
        self._backward_to = first
        last_dense = max((i for i, layer in enumerate(self.layers) if layer.weights), default=0)
        orders = [self.backend.outputs_order if i >= last_dense else "C" for i in range(len(self.layers))]
        self.traces = [
            layer.trace(workspace.room(i, model.dtype, order), n, needs_dx=training and i > first)
            for i, (layer, order) in enumerate(zip(self.layers, orders, strict=True))
        ]
        for t in self.traces:
            t.training = training
        if training:
            self.gradient = workspace.take("gradient", (model.layout.size,), model.dtype)
            views = iter(model.layout.views(self.gradient))
            for layer, t in zip(self.layers, self.traces, strict=True):
                t.gradients = [next(views) for _ in layer.weights]

    def gather(self, rows: Rows) -> Array:
        """These rows of the data, (n, …), in a dtype that the first layer takes."""
        x = self._take(self.data.x, rows, self._taken)
        if self._converted is not None and x.dtype != self._converted.dtype:
            self.xp.copyto(self._converted, x, casting="same_kind")
            x = self._converted
        return x

    def forward(self, rows: Rows, first_row: int = 0) -> Array:
        """Run the layers on these rows of the data; first_row is where in the batch they begin.

        Returns the output of the last layer, (n, outputs): valid until the next forward.
        """
        x = self.gather(rows)
        for layer, t in zip(self.layers, self.traces, strict=True):
            t.x, t.first_row = x, first_row
            x = layer.forward(x, t)
        self.output = x
        return x

    def measure(self, rows: Rows, output: Array, scores: Scores) -> None:
        """The losses and predictions of these rows, into their places."""
        loss, t = self.model.loss, self.loss
        assert loss is not None
        t.l = scores.losses
        if self.data.targets is not None:
            t.y = self._take(self.data.targets, rows, self._targets)
        else:
            assert scores.labels is not None
            self.xp.equal(scores.labels.reshape(-1, 1), self._classes, out=t.y)
        loss.forward(self.xp, self._loss_input(output), t, self.logits)
        if self.model.metric is not None:
            self.model.metric.predict(self.xp, t.p if self._softmax_in_loss else output, scores.predictions)

    def backward(self, output: Array, batch: int) -> None:
        """The gradients of (sum of these rows' losses) / batch, in `gradient`; `batch` counts all shares."""
        assert self.model.loss is not None
        dy: Array | None = self.model.loss.backward(self.xp, self._loss_input(output), self.loss, self.logits, batch)
        for i in range(len(self.layers) - 1 - self._loss_before_last, self._backward_to - 1, -1):
            self.traces[i].dy = dy
            dy = self.layers[i].backward(dy, self.traces[i])

    def add_penalty_gradients(self) -> None:
        """Add the gradients of the regularizers' penalties, which belong to a batch and not to its rows."""
        for layer, t in zip(self.layers, self.traces, strict=True):
            if layer.kernel_regularizer is not None:
                layer.kernel_regularizer.add_gradient(self.xp, layer.weights[0], t.gradients[0])

    def _loss_input(self, output: Array) -> Array:
        """What the loss is computed from: the output, or the logits that a sigmoid made it from."""
        return self.traces[-1].x if self._loss_before_last else output

    def _take(self, source: Array, rows: Rows, room: Array) -> Array:
        """Neighbouring rows as they lie in the source; others gathered into `room`."""
        if isinstance(rows, slice):
            return source[rows]
        self.backend.gather(source, rows, room)
        return room
