"""A network: a stack of layers, and how it is trained. `models.Model` puts Keras' methods on top."""

import os
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from tinydnn import activations, losses, optimizers
from tinydnn.checks import check_number
from tinydnn.device.backend import Shape
from tinydnn.engine.stack import Stack
from tinydnn.metrics import Metric, Metrics, by_log_name
from tinydnn.warn import warn


class Network(Stack):
    """Layers that have an optimizer, a loss and metrics, once they are compiled.

    Args: as `models.Sequential` has them.
    """

    def __init__(self, trainable: bool, name: str | None, device: str | None, threads: int | None) -> None:
        self.stop_training = False
        self.training: Any = None  # the engine.fit.Fit that is under way, or was cut off
        self.optimizer: optimizers.Optimizer | None = None
        self.loss: losses.Loss | None = None
        self.loss_weight = 1.0
        self.metrics_by_name: dict[str, Metric] = {}  # by the names under which the logs show them
        self.weighted_metrics: set[str] = set()  # those of them that count each row with its weight
        self.compiled = False
        self.rehearsed = False  # since it was compiled, by `engine.feeds`
        super().__init__(trainable, name, device, threads)

    def compile(
        self,
        optimizer: str | optimizers.Optimizer = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Metrics = None,
        weighted_metrics: Metrics = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Choose how to train.

        Args:
            optimizer: by name or as one of `tinydnn.optimizers`.
            loss: by name or as one of `tinydnn.losses`; also as ["mse"], or {"the last layer's name": "mse"}.
            loss_weights: a factor of the loss, in the same forms; None is 1.
            metrics: ["accuracy", …]: by name, as some of `tinydnn.metrics`, or as functions of y_true and y_pred.
            weighted_metrics: those that count each row with its `sample_weight` or `class_weight`.
            run_eagerly, jit_compile, auto_scale_loss: make no difference: there is no graph, and no float16.
            steps_per_execution: makes no difference but that hooks of batches are called after each of them.

        Raises:
            ValueError, TypeError: a bad argument; nothing has changed then.
            RuntimeError: fit is at work on the model.
        """
        self.require_idle("compile")
        if len(self.outputs) > 1:
            raise ValueError(
                f"A model of several outputs can't be compiled, here of {len(self.outputs)}: train one that ends in a "
                "single output, and let this one, which has the same weights, predict"
            )
        own_loss, own_weight = self._of_output(loss, "loss"), self._of_output(loss_weights, "loss_weights")
        chosen_optimizer = optimizers.get(optimizer)
        chosen_loss = None if own_loss is None else losses.get(own_loss)
        found, weighted = by_log_name(metrics, weighted_metrics)
        if chosen_loss is not None:
            chosen_loss.check_trains()
            for name, metric in found.items():
                if metric.sparse not in (None, chosen_loss.sparse):
                    kind = "integer labels" if chosen_loss.sparse else "rows of targets"
                    raise ValueError(f"The metric {name!r} can't be measured with this loss, which takes {kind}")
        self.loss_weight = 1.0 if own_weight is None else check_number("loss_weights", own_weight)
        self.optimizer, self.loss = chosen_optimizer, chosen_loss
        self.metrics_by_name, self.weighted_metrics = found, weighted
        self.compiled, self.rehearsed = True, False
        self._frozen = None

    def _of_output(self, given: Any, what: str) -> Any:
        """What is given for the only output: by itself, as a list of one, or under the name of the last layer."""
        if isinstance(given, Mapping):
            name = self.layers[-1].name if self.layers else next(iter(given), None)
            if set(given) != {name}:
                raise ValueError(f"{what} expects the name of the last layer, {name!r}. Received: {', '.join(given)}")
            return given[name]
        if isinstance(given, list | tuple):
            if len(given) != 1:
                raise ValueError(f"{what} expects one for the model's only output. Received: {given!r}")
            return given[0]
        return given

    def require_idle(self, caller: str) -> None:
        """Raise a RuntimeError if fit is at work on the model: in this thread, under a callback, or in another one."""
        # A process that a callback has forked may do what it likes with its copy.
        if self.training is not None and self.training.process == os.getpid():
            raise RuntimeError(
                f"{caller} can't be called while fit trains model {self.name!r}, as by one of its callbacks; "
                "set model.stop_training = True there, and call it after fit"
            )

    def require_compiled(self, caller: str, y: Any) -> None:
        """Raise a ValueError unless there is a loss, and targets y to measure it on."""
        if not self.compiled or self.loss is None:
            raise ValueError(f"{caller} needs a loss to measure: call compile(optimizer=…, loss=…) first")
        if y is None:
            raise ValueError(f"{caller} needs targets y to measure the loss on. Received: y=None")

    def prepare_training(self, sample_shape: Shape) -> None:
        """Build the model and the optimizer's slots, where that has not been done."""
        self.build_for(sample_shape)
        assert self.optimizer is not None
        assert self.loss is not None
        if not self.weights:
            raise ValueError(f"Model {self.name!r} has no weights to train; add a Dense layer")
        self.fix_what_is_trained()
        if not self.layout.size:
            warn(
                f"Model {self.name!r} has no weights to train, since its layers are not trainable; "
                "set trainable = True, and compile it"
            )
        last = self.last_activation
        if self.loss.from_logits and isinstance(last, activations.Softmax | activations.Sigmoid):
            warn(
                f"The loss has from_logits=True, but the model ends in a {last.name}, whose outputs are no logits; "
                "what goes into it is taken"
            )
        self.optimizer.build(self.layout, self.dtype, self.backend)

    @property
    def metrics(self) -> list[Metric]:
        """What was compiled as metrics; Keras wraps them, with the loss, in objects of its own."""
        return list(self.metrics_by_name.values())

    @property
    def compares_classes(self) -> bool:
        """Whether a metric compares class numbers."""
        return any(metric.by_class for metric in self.metrics)

    @property
    def regularized(self) -> bool:
        """Whether a layer has a regularizer."""
        return any(layer.penalties for layer in self.trained)

    def penalty(self) -> Any:
        """The sum of the regularizers' penalties, which is part of the loss; a number, or an array () on the device."""
        with self.backend.quiet():
            return sum(
                regularizer.penalty(self.backend.xp, layer.weights[i])
                for layer in self.trained
                for i, regularizer in layer.penalties
            )

    def __getstate__(self) -> dict[str, Any]:
        """What a copy has, by `copy` or `pickle`: its layers and optimizer bring their weights and slots along."""
        # bound to this device, this memory, these callbacks, and symbolic tensors, each of which holds all before it
        bound = {"backend", "_flat", "_views", "training", "graph", "inputs", "outputs"}
        trained = self.built and self.optimizer is not None and self.optimizer.layout is self.layout
        return {name: value for name, value in vars(self).items() if name not in bound} | {
            "_trained": trained,
            "_input": self.input_layer,
            "_wiring": None if self.graph is None else self.graph.wiring,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        trained, source, wiring = (state.pop(name) for name in ("_trained", "_input", "_wiring"))
        self.__dict__ |= {**state, "_flat": None, "_views": [], "training": None}
        self.graph, self.inputs, self.outputs = None, [source.tensor()] if source else [], []
        self._choose_device()
        if wiring is not None:
            self._take_graph(wiring.wire(self.inputs[0]))
            self.settle()
        if trained and self.optimizer is not None:
            self.optimizer.attach(self.layout, self.backend)

    def __copy__(self) -> Any:
        return deepcopy(self)  # a copy that trains on its own
