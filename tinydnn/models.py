"""Sequential: layers in a row, with Keras' methods (mirrors keras/src/models/sequential.py).

The model owns one flat vector of all weights, `parameters`; its layers hold views of it.
"""

import threading
import warnings
from collections.abc import Sequence
from os import PathLike
from typing import Any

from tinydnn import activations, layers, losses, metrics, optimizers
from tinydnn.callbacks import Callback, History
from tinydnn.device import devices
from tinydnn.device.backend import Array
from tinydnn.device.memory import Layout, Shape
from tinydnn.device.threads import worthwhile
from tinydnn.engine import fit as training
from tinydnn.files import optimizer_variables
from tinydnn.files.config import SavedModel
from tinydnn.layers import InputLayer, Layer, check_shape, check_weights
from tinydnn.names import auto_name, not_offered

__all__ = ["Sequential", "load_model", "model_from_json"]

Path = str | PathLike[str]
Logs = dict[str, float]

_building = threading.Lock()


class Sequential:
    """Layers in a row, each taking what the one before it gives.

    Args:
        layers: the layers, or none, to add them one by one.
        name: None numbers it: sequential, sequential_1, …
        device: "cpu", "gpu", or "auto", a GPU where one works; None takes `config.device()`.
        threads: how many threads share each batch on a CPU; None takes as many of the cores that this process may
            use as have enough to do. The same number gives the same bits; another one differs by rounding. A GPU
            takes a batch whole.

    Raises:
        ValueError: a bad argument.
        devices.GpuError: device="gpu", and there is none that works; the message says why, and what helps.

    The shape of one sample comes from an `Input`, from the first layer's `input_shape`, or from the first
    data that the model sees.
    """

    def __init__(
        self,
        layers: Sequence[Layer] | None = None,
        *,
        name: str | None = None,
        device: str | None = None,
        threads: int | None = None,
    ) -> None:
        self.name = name or auto_name("Sequential")
        threads = None if threads is None else training.check_count("threads", threads)
        self.backend = devices.get(device, threads)
        self.threads = 1 if self.device == "gpu" else threads
        self.layers: list[Layer] = []
        self.sample_shape: Shape | None = None
        self.input_layer: InputLayer | None = None
        self.built = False
        self.stop_training = False
        self.training: training.Fit | None = None  # the one under way, or cut off
        self.history: History | None = None
        self.optimizer: optimizers.Optimizer | None = None
        self.loss: losses.Loss | None = None
        self.metrics: dict[str, metrics.Accuracy] = {}
        self.compiled = False
        try:
            for layer in layers or []:
                self.add(layer)
        except BaseException:
            for layer in self.layers:
                layer.release()
            raise

    # -- building ----------------------------------------------------------------------------------

    def add(self, layer: Layer) -> None:
        """Put a layer at the end.

        Raises:
            TypeError: no layer.
            ValueError: an Input that is not the first, a layer that another model or this one has, two
                layers of one name, or one that doesn't fit the shape or dtype of those before it.
        """
        if not isinstance(layer, Layer):
            raise TypeError(f"add expects one of tinydnn.layers. Received: {layer!r}")
        if isinstance(layer, InputLayer):
            if self.layers or self.input_layer:
                raise ValueError(f"An Input comes first. Received: {layer.name!r} after {len(self.layers)} layers")
            self.input_layer, self.sample_shape = layer, layer.given_shape
            return
        if any(layer.name == other.name for other in self.layers):
            raise ValueError(f"The layers of a model need different names. Received: {layer.name!r} twice")
        if self.layers and layer.dtype != self.dtype:
            raise ValueError(
                f"All layers of a model have one dtype, here {self.dtype}. Received: {layer.name!r} with {layer.dtype}"
            )
        shape = self.sample_shape or (None if self.layers else layer.given_shape)
        arrives = None if shape is None else self.compute_output_shape(shape)
        if layer.given_shape not in (None, arrives):
            raise ValueError(
                f"Layer {layer.name!r} says input_shape={layer.given_shape}, but gets samples of shape {arrives}"
            )
        layer.claim(self)
        before = self.sample_shape, self.built
        self.layers.append(layer)
        self.built = False
        try:
            if shape is not None:
                self.build_for(shape)
        except BaseException:
            self.layers.pop()
            layer.release()
            self.sample_shape, self.built = before
            raise

    def compute_output_shape(self, sample_shape: Shape) -> Shape:
        """The shape of one output, for samples of this shape."""
        for layer in self.layers:
            sample_shape = layer.compute_output_shape(sample_shape)
        return sample_shape

    def build(self, input_shape: Sequence[Any]) -> None:
        """Draw the layers' weights, for batches of this shape: (None, 784), with the batch in front as in Keras.

        Raises:
            ValueError: no such shape, one that doesn't fit the layers, or another one than it was built for.
        """
        shape = check_shape(input_shape[1:], "build, behind the batch as in (None, 784),")
        if self.sample_shape not in (None, shape):
            raise ValueError(f"Model {self.name!r} takes samples of shape {self.sample_shape}. Received: {shape}")
        self.build_for(shape)

    def build_for(self, sample_shape: Shape) -> None:
        """Build the layers, and lay out their weights in one vector, where that has not been done."""
        with _building:  # several threads may be the first to use a model
            if not self.built:
                self._build_for(sample_shape)

    def _build_for(self, sample_shape: Shape) -> None:
        if not self.layers:
            raise ValueError(f"Model {self.name!r} has no layers yet; add some")
        self.compute_output_shape(sample_shape)  # raises before anything is changed
        shape = sample_shape
        for layer in self.layers:
            shape = layer.build(shape)
        weights = [weight for layer in self.layers for weight in layer.weights]
        self.layout = Layout([weight.shape for weight in weights])
        self.parameters = self.backend.empty(self.layout.size, self.dtype)
        views = iter(self.layout.views(self.parameters))
        for layer in self.layers:
            layer.attach([next(views) for _ in layer.weights], self.backend)
        self.steps = [step for layer in self.layers for step in layer.steps()]
        self.sample_shape = sample_shape
        self.built = True

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of a batch, (None, 28, 28)."""
        if self.sample_shape is None:
            raise AttributeError(f"Model {self.name!r} has no input_shape before it is built")
        return (None, *self.sample_shape)

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The shape of a batch of outputs, (None, 10)."""
        if self.sample_shape is None:
            raise AttributeError(f"Model {self.name!r} has no output_shape before it is built")
        return (None, *self.compute_output_shape(self.sample_shape))

    @property
    def device(self) -> str:
        """What it computes on: "cpu" or "gpu"."""
        return self.backend.device

    def threads_for(self, rows: int) -> int:
        """How many threads share a batch of so many rows, once the model is built."""
        return min(rows, self.threads or worthwhile(rows * self.layout.size))

    @property
    def trainable(self) -> bool:
        """Always True: tinydnn trains every weight."""
        return True

    @property
    def dtype(self) -> str:
        """The dtype of all layers."""
        return self.layers[0].dtype if self.layers else "float32"

    @property
    def last_activation(self) -> activations.Activation | None:
        """The activation that is computed last, through which a loss may look to the logits; None for another step."""
        last = self.steps[-1]
        return last.activation if isinstance(last, layers.Activation) else None

    @property
    def converts_input(self) -> bool:
        """Whether the first layer that computes takes samples of any dtype."""
        return next((step.converts for step in self.steps if step.computes), False)

    def _require_built(self, what: str) -> None:
        if not self.built:
            raise ValueError(
                f"Model {self.name!r} has no weights yet, so {what} can't be done: start it with an Input, "
                "call build((None, …)) with the shape of a batch, or fit it"
            )

    # -- compiling ---------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: str | optimizers.Optimizer = "rmsprop",
        loss: str | losses.Loss | None = None,
        *,
        metrics: Sequence[str] | None = None,
    ) -> None:
        """Choose how to train.

        Args:
            optimizer: by name or as one of `tinydnn.optimizers`.
            loss: by name or as one of `tinydnn.losses`.
            metrics: ["accuracy"], or None.
        """
        chosen = optimizers.get(optimizer), None if loss is None else losses.get(loss), _metrics(metrics)
        self.optimizer, self.loss, self.metrics = chosen
        self.compiled = True

    def require_compiled(self, what: str, y: Any) -> None:
        """Raise a ValueError unless there is a loss, and targets y to measure it on."""
        if not self.compiled or self.loss is None:
            raise ValueError(f"{what} needs a loss to measure: call compile(optimizer=…, loss=…) first")
        if y is None:
            raise ValueError(f"{what} needs targets y to measure the loss on. Received: y=None")

    def prepare_training(self, sample_shape: Shape) -> None:
        """Build the model and the optimizer's slots, where that has not been done."""
        self.build_for(sample_shape)
        assert self.optimizer is not None
        assert self.loss is not None
        if not self.layout.size:
            raise ValueError(f"Model {self.name!r} has no weights to train; add a Dense layer")
        last = self.last_activation
        if self.loss.from_logits and isinstance(last, activations.Softmax | activations.Sigmoid):
            warnings.warn(
                f"The loss has from_logits=True, but the model ends in a {last.name}, whose outputs are no logits; "
                "what goes into it is taken",
                stacklevel=4,
            )
        self.optimizer.build(self.layout, self.dtype, self.backend)

    @property
    def metric(self) -> metrics.Accuracy | None:
        """What is measured besides the loss: there is one metric, which may go by several names."""
        return next(iter(self.metrics.values()), None)

    @property
    def regularized(self) -> bool:
        """Whether a layer has a regularizer."""
        return any(layer.kernel_regularizer is not None for layer in self.layers)

    def penalty(self) -> Any:
        """The sum of the regularizers' penalties, which is part of the loss; a number, or an array () on the device."""
        return sum(
            layer.kernel_regularizer.penalty(self.backend.xp, layer.weights[0])
            for layer in self.layers
            if layer.kernel_regularizer is not None
        )

    def weights_are_finite(self) -> bool:
        """Whether no weight has become infinite or NaN."""
        return bool(self.backend.xp.isfinite(self.parameters).all())

    def state(self) -> dict[str, Any]:
        """A copy of all that a training step changes."""
        assert self.optimizer is not None
        return {
            "parameters": self.parameters.copy(),
            "slots": {name: slot.copy() for name, slot in self.optimizer.slots.items()},
            "iterations": self.optimizer.iterations,
            "streams": [[layer.stream_seed, layer.steps_seen] for layer in self.layers],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state.

        Raises:
            ValueError: it is another model's.
        """
        assert self.optimizer is not None
        slots = self.optimizer.slots
        if set(slots) != set(state["slots"]):
            raise ValueError(f"expected an optimizer with the slots {list(slots)}. Found: {list(state['slots'])}")
        vectors = [(self.parameters, state["parameters"]), *((slots[name], state["slots"][name]) for name in slots)]
        for ours, other in vectors:
            if ours.shape != other.shape or ours.dtype != other.dtype:
                raise ValueError(f"expected {ours.size} weights of {ours.dtype}. Found: {other.shape} of {other.dtype}")
            ours[...] = self.backend.asarray(other)
        self.optimizer.iterations = training.check_count("iterations", state["iterations"], low=0)
        for layer, (seed, steps) in zip(self.layers, state["streams"], strict=True):
            layer.stream_seed = training.check_count("seed", seed, low=0)
            layer.steps_seen = training.check_count("steps", steps, low=0)

    # -- running -----------------------------------------------------------------------------------

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: tuple[Any, Any] | None = None,
        shuffle: bool = True,
        *,
        initial_epoch: int = 0,
    ) -> History:
        """Train the model.

        Args:
            x: samples, (n, …), of any real dtype; uint8 images may stay so.
            y: one-hot rows (n, outputs), integer labels (n,), or numbers (n, outputs), as the loss takes them.
            batch_size: samples a step; None means 32. The last batch of an epoch may be smaller.
            epochs: the number of the last epoch; training starts after `initial_epoch`.
            verbose: 0 silent, 1 or "auto" a progress bar, 2 plain lines.
            callbacks: instances of `tinydnn.callbacks.Callback`.
            validation_split: hold out the last share of the samples, and evaluate on it after each epoch.
            validation_data: (x, y) to evaluate on instead.
            shuffle: whether each epoch takes the samples in random order.
            initial_epoch: the number of epochs that went before.

        Returns:
            The log: History.history has a list for each of accuracy, loss, val_accuracy, val_loss.

        Raises:
            ValueError, TypeError: a bad argument; nothing has changed then.
            FloatingPointError: the loss became infinite or NaN; the model has its last good weights.
            KeyboardInterrupt: Ctrl-C, after the step under way was done.
        """
        return training.fit(
            self,
            x,
            y,
            batch_size,
            epochs,
            verbose,
            callbacks,
            validation_split,
            validation_data,
            shuffle,
            initial_epoch,
        )

    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        *,
        callbacks: Sequence[Callback] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss and metrics on these samples: [loss, accuracy], the loss alone without metrics, or a dict.

        batch_size: samples at a time; None takes 1024, since it does not change the result.
        """
        return self._as_list(training.evaluate(self, x, y, batch_size, verbose, callbacks), return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        *,
        callbacks: Sequence[Callback] | None = None,
    ) -> Array:
        """The model's outputs for these samples, (n, outputs), as a NumPy array.

        batch_size: samples at a time; None takes 1024, since it does not change the result.
        """
        return training.predict(self, x, batch_size, verbose, callbacks)

    def __call__(self, x: Any, training: bool = False) -> Array:
        """The outputs for these samples, without a progress bar."""
        if training:
            raise ValueError("A model can be called with training=False only; fit and train_on_batch train")
        return self.predict(x, verbose=0)

    def train_on_batch(self, x: Any, y: Any, *, return_dict: bool = False) -> Any:
        """One step on these samples as one batch; the loss and metrics before its update."""
        return self._as_list(training.train_on_batch(self, x, y), return_dict)

    def test_on_batch(self, x: Any, y: Any, *, return_dict: bool = False) -> Any:
        """The loss and metrics on these samples."""
        return self.evaluate(x, y, verbose=0, return_dict=return_dict)

    def _as_list(self, logs: Logs, return_dict: bool) -> Any:
        if return_dict:
            return logs
        values = [logs["loss"], *(logs[name] for name in self.metrics)]
        return values if self.metrics else values[0]

    # -- weights -----------------------------------------------------------------------------------

    def get_weights(self) -> list[Array]:
        """Copies of all weights as NumPy arrays: [kernel, bias] of each Dense layer, in order."""
        return [weight for layer in self.layers for weight in layer.get_weights()]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Take over these values.

        Raises:
            ValueError: the model is not built, or wrong number, shapes or values; nothing has changed then.
        """
        self._require_built("set_weights")
        arrays = check_weights(weights, self.layout.shapes, f"Model {self.name!r}")
        for view, array in zip(self.layout.views(self.parameters), arrays, strict=True):
            view[...] = self.backend.asarray(array)

    def count_params(self) -> int:
        """The number of weights of all layers."""
        self._require_built("count_params")
        return self.layout.size

    def summary(self, *, print_fn: Any = None) -> None:
        """Print the layers, their output shapes and numbers of weights, as Keras does.

        print_fn: called with the whole text instead of printing it.
        """
        from tinydnn.utils.summary import print_summary

        print_summary(self, print_fn)

    # -- files -------------------------------------------------------------------------------------

    def save(self, filepath: Path, overwrite: bool = True) -> None:
        """Write the model, its weights and its optimizer's state to a .keras file, which Keras opens too.

        Mirrors keras/src/saving/saving_api.py.

        Raises:
            ValueError: the file's name has another ending.
            FileExistsError: the file exists, and overwrite is False.
            TypeError: a layer, the loss or the optimizer is of a class that is not tinydnn's.
            OSError: the file can't be written; a file that was there before is still there.
        """
        from tinydnn.files import saving

        saving.save_model(self, filepath, overwrite)

    def save_weights(self, filepath: Path, overwrite: bool = True) -> None:
        """Write the weights and the optimizer's state to a .weights.h5 file, which Keras opens too.

        Any other .h5 or .hdf5 file gets the weights alone, in the format of Keras 2.
        Mirrors keras/src/saving/saving_api.py.

        Raises:
            ValueError: the file's name has another ending.
            FileExistsError: the file exists, and overwrite is False.
            OSError: the file can't be written; a file that was there before is still there.
        """
        from tinydnn.files import saving

        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: Path) -> None:
        """Take over the weights from a .weights.h5 file, or from an .h5 file of Keras 2, by the order of the layers.

        The optimizer's state comes along if it fits the slots that this model's optimizer has.
        Mirrors keras/src/saving/saving_api.py.

        Raises:
            ValueError: the model is not built, or the file's name has another ending.
            FileNotFoundError: there is no such file.
            FileFormatError: the file is damaged, or its weights are not this model's; nothing has changed then.
        """
        from tinydnn.files import saving

        self._require_built("load_weights")
        saving.load_weights(self, filepath)

    def to_json(self, **kwargs: Any) -> str:
        """The layers and how they were compiled, as JSON that Keras reads too; without weights.

        kwargs: as for json.dumps.
        Mirrors keras/src/models/model.py.

        Raises:
            TypeError: a layer, the loss or the optimizer is of a class that is not tinydnn's.
        """
        from tinydnn.files import saving

        return saving.to_json(self, **kwargs)

    def __repr__(self) -> str:
        return f"<Sequential name={self.name}, built={self.built}>"


def load_model(filepath: Path, *, compile: bool = True) -> Sequential:
    """The model in a .keras file, or in an .h5 file of Keras 2; with `compile`, ready to train on.

    Mirrors keras/src/saving/saving_api.py.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file's name has another ending.
        FileFormatError: the file is damaged, or has something that tinydnn lacks.
    """
    from tinydnn.files import saving

    path = saving.model_file(filepath)
    devices.get(None)  # if it fails, the file is not to blame
    with saving.naming(path):
        return _made_from(saving.read_model(path, compile))


def model_from_json(json_string: str) -> Sequential:
    """The model that `to_json` of tinydnn, Keras 3 or Keras 2 describes, with initial weights.

    Mirrors keras/src/models/model.py.

    Raises:
        FileFormatError: the text is not the JSON of a Sequential model, or has something that tinydnn lacks.
    """
    from tinydnn.files import saving

    devices.get(None)  # if it fails, the text is not to blame
    with saving.naming("The JSON of a model"):
        return _made_from(saving.from_json(json_string))


def _made_from(saved: SavedModel) -> Sequential:
    """The model that a file or a JSON text describes."""
    model = Sequential(saved.entries, name=saved.name)
    if saved.batch_shape and model.layers:
        model.build(saved.batch_shape)
    if saved.weights:
        model.set_weights(saved.weights)
    if saved.compile_arguments is not None:
        model.compile(**saved.compile_arguments)
        optimizer_variables.restore(model, saved.optimizer_variables)
    return model


def _metrics(names: Sequence[str] | None) -> dict[str, metrics.Accuracy]:
    return metrics.get(names)  # where `metrics` is the module, not compile's argument


__getattr__ = not_offered(__name__, globals())
