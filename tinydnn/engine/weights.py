"""Where the weights of a model lie: those that it trains in one flat vector, of which its layers hold views.

Models may share layers, as an autoencoder and its encoder do. A layer's weights lie in one place, and every model reads
them there. A model that is about to train takes those that lie elsewhere over into its own vector. The other weights,
of frozen layers and moving averages, stay where they are.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tinydnn.checks import check_weights
from tinydnn.config import check_bool
from tinydnn.device.backend import Array, Backend
from tinydnn.device.interrupts import deferred_interrupt
from tinydnn.device.memory import Layout
from tinydnn.layers import Layer
from tinydnn.missing import Offered
from tinydnn.tensors import nameable

_moving = threading.RLock()
if hasattr(os, "register_at_fork"):  # a forked process would wait for a thread that it doesn't have
    os.register_at_fork(after_in_child=lambda: globals().update(_moving=threading.RLock()))


@contextmanager
def moving() -> Iterator[None]:
    """A block that makes or moves weights: no other thread does so meanwhile, and Ctrl-C waits for its end."""
    with deferred_interrupt(), _moving:
        yield


class Weights(Offered):
    """What a model does with the weights of its layers."""

    name: str
    layers: list[Any]
    backend: Backend
    built: bool

    def __init__(self, trainable: bool) -> None:
        self._trainable = check_bool("trainable", trainable)
        self._frozen: frozenset[Layer] | None = None  # the layers that are not trained, once it is fixed
        self._laid_out: list[Layer] | None = None  # the layers whose weights the layout has
        self._layout = Layout([])
        self._views: list[Array] = []  # of the flat vector
        self._flat: Array | None = None

    @property
    def flat_layers(self) -> list[Layer]:
        """The layers, with those of the models among them, each once and without an InputLayer."""
        raise NotImplementedError

    # -- what is trained ---------------------------------------------------------------------------

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; set for a model, it is set for all of its layers.

        As in Keras, a change takes effect at the first training after the next `compile`.
        """
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self.flat_layers:
            layer.trainable = value

    def fix_what_is_trained(self) -> None:
        """Let what is trainable now be what is trained, until the model is compiled again."""
        if self._frozen is None:
            self._frozen = frozenset(layer for layer in self.flat_layers if not self._trains(layer))

    def _trains(self, layer: Layer) -> bool:
        if self._frozen is None:
            return self._trainable and layer.trainable
        return layer not in self._frozen

    @property
    def trained(self) -> list[Layer]:
        """The layers that a training changes."""
        return [layer for layer in self.flat_layers if self._trains(layer)]

    # -- where they lie ----------------------------------------------------------------------------

    @property
    def layout(self) -> Layout:
        """Where each trained weight lies in the flat vector."""
        trained = self.trained
        if trained != self._laid_out:
            self._layout = Layout([weight.shape for layer in trained for weight in layer.learned])
            self._laid_out, self._flat, self._views = trained, None, []
        return self._layout

    @property
    def parameters(self) -> Array:
        """All weights that are trained, in one flat vector, where they lie from now on.

        Raises:
            RuntimeError: another model that shares some of them is being trained.
        """
        return self._gather()

    def _gather(self) -> Array:
        """Move the weights that are trained into the flat vector, where they don't lie there; → the vector."""
        layout = self.layout
        trained = self._laid_out or []
        weights = [weight for layer in trained for weight in layer.learned]
        if self._flat is None or any(a is not b for a, b in zip(weights, self._views, strict=True)):
            with moving():
                self._check_at_rest(trained)
                if self._flat is None:
                    self._flat = self.backend.empty(layout.size, self.dtype)
                    self._views = [nameable(view) for view in layout.views(self._flat)]
                views = iter(self._views)
                for layer in trained:
                    layer.move([next(views) for _ in layer.learned], self.backend)
        return self._flat

    def views_by_layer(self, vector: Array) -> list[list[Array]]:
        """For each layer, the views of its weights in a vector of this layout; none for one that is not trained."""
        views, trained = iter(self.layout.views(vector)), self.trained
        return [[next(views) for _ in layer.learned] if layer in trained else [] for layer in self.flat_layers]

    @property
    def here(self) -> bool:
        """Whether the weights are on this model's device."""
        return all(layer.backend.device == self.backend.device for layer in self.flat_layers)

    def settle(self) -> None:
        """Bring the weights to this model's device, and into its vector where some lie in none."""
        elsewhere = [layer for layer in self.flat_layers if layer.backend.device != self.backend.device]
        self._check_at_rest(elsewhere)
        for layer in elsewhere:
            layer.place(self.backend)
        new = any(layer.learned and not layer.in_a_vector for layer in self.trained)
        if new and not self._trained_elsewhere(self.trained):
            self._gather()

    @contextmanager
    def held(self) -> Iterator[None]:
        """A block in which the model trains: no other moves the weights of its layers, or trains them.

        Raises:
            RuntimeError: another one does so.
        """
        with moving():
            self._check_at_rest(self.flat_layers)
            self._gather()
            for layer in self.flat_layers:
                layer.trained_by.append(self)
        try:
            yield
        finally:
            for layer in self.flat_layers:
                layer.trained_by.remove(self)

    def _trained_elsewhere(self, layers: Sequence[Layer]) -> list[str]:
        """Which of these layers other models train at this moment, and which models."""
        return [
            f"layer {layer.name!r} with {other.name!r}"
            for layer in layers
            for other in layer.trained_by
            if other is not self
        ]

    def _check_at_rest(self, layers: Sequence[Layer]) -> None:
        """Raise a RuntimeError if another model trains one of these layers."""
        if shared := self._trained_elsewhere(layers):
            raise RuntimeError(
                f"Model {self.name!r} shares {shared[0]}, which is being trained; "
                "train one after the other, and use a GPU for both or none"
            )

    def weights_are_finite(self) -> bool:
        """Whether no weight has become infinite or NaN."""
        return all(bool(layer.xp.isfinite(weight).all()) for layer in self.flat_layers for weight in layer.weights)

    @property
    def others(self) -> list[Array]:
        """The weights that are not in the flat vector, of frozen layers and moving averages."""
        trained = self.trained
        return [w for layer in self.flat_layers for w in layer.weights[len(layer.learned) if layer in trained else 0 :]]

    # -- as Keras has them -------------------------------------------------------------------------

    @property
    def weights(self) -> list[Array]:
        """All weights, layer by layer, as the arrays in which they lie."""
        return [weight for layer in self.flat_layers for weight in layer.weights]

    @property
    def trainable_weights(self) -> list[Array]:
        """Those that training changes."""
        return [weight for layer in self.flat_layers for weight in layer.trainable_weights] if self._trainable else []

    @property
    def non_trainable_weights(self) -> list[Array]:
        """The others: of frozen layers, and moving averages."""
        return (
            [w for layer in self.flat_layers for w in layer.non_trainable_weights] if self._trainable else self.weights
        )

    variables, trainable_variables, non_trainable_variables = weights, trainable_weights, non_trainable_weights

    @property
    def dtype(self) -> str:
        """The dtype of all layers."""
        return self.layers[-1].dtype if self.layers else "float32"

    def get_weights(self) -> list[Array]:
        """Copies of all weights as NumPy arrays: [kernel, bias] of each Dense layer, in order."""
        return [weight for layer in self.flat_layers for weight in layer.get_weights()]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Take over these values.

        Raises:
            ValueError: the model is not built, or wrong number, shapes or values; nothing has changed then.
        """
        self._require_built("set_weights")
        shapes = [weight.shape for weight in self.weights]
        arrays = iter(check_weights(weights, shapes, self.dtype, f"Model {self.name!r}"))
        with deferred_interrupt():
            for layer in self.flat_layers:
                for weight in layer.weights:
                    weight[...] = layer.backend.asarray(next(arrays))

    def count_params(self) -> int:
        """The number of weights of all layers."""
        self._require_built("count_params")
        return sum(layer.count_params() for layer in self.flat_layers)

    def _require_built(self, what: str) -> None:
        if not self.built:
            raise ValueError(
                f"Model {self.name!r} has no weights yet, so {what} can't be done: start it with an Input, "
                "call build((None, …)) with the shape of a batch, or fit it"
            )
