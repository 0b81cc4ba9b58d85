"""Model: Keras' methods of models, on top of the engine (mirrors keras/src/models/model.py)."""

import math
import weakref
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from tinydnn.callbacks import Callback, History
from tinydnn.callbacks.callback_list import CallbackList
from tinydnn.checks import check_count, check_frequency, check_number, count_or_none
from tinydnn.config import check_bool
from tinydnn.device.interrupts import deferred_interrupt
from tinydnn.engine import inference
from tinydnn.engine.data import is_stream, require_arrays, split
from tinydnn.engine.fit import Fit
from tinydnn.engine.logs import as_list
from tinydnn.engine.network import Network
from tinydnn.engine.one_batch import OneBatch
from tinydnn.engine.sample_weights import split_weights
from tinydnn.layers.keras_tensor import KerasTensor
from tinydnn.layers.operation import check_call, unpacked
from tinydnn.missing import refuse_methods
from tinydnn.models.described import Described
from tinydnn.models.streams import feed_of, held_out_feed
from tinydnn.tensors import as_tensor

FilePath = str | PathLike[str]

_INSTEAD = (
    "there are no automatic gradients. Put layers together by Sequential or Model(inputs, outputs). A new layer is a "
    "class derived from Layer, with forward(x, t) and backward(dy, t); a loop of your own calls train_on_batch; and "
    "what happens between the steps of fit is a Callback"
)
_TRAINING_BATCH = 32  # what Keras' fit takes where none is given
_INFERENCE_BATCH = 1024  # without an update in between, a larger one gives the same in less time


class Model(Network, Described):
    """What Keras' models do: Model(inputs, outputs) makes one of symbolic tensors, a `Functional`."""

    functional: type["Model"]  # the class of Model(inputs, outputs)
    described_by: Any  # described_by(saved) makes what a config describes

    _history: weakref.ref[History] | None = None  # of the last training
    _log: Mapping[str, Any] | None = None  # what is in it

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return super().__new__(cls.functional if cls is Model else cls)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        refuse_methods(cls, ("call", "train_step", "test_step", "predict_step", "compute_loss"), _INSTEAD)
        if Model in cls.__bases__ and not cls.__module__.startswith("tinydnn."):
            raise TypeError(f"{cls.__name__} can't be derived from Model: {_INSTEAD}")

    @property
    def history(self) -> History | None:
        """The log of the last training.

        A History holds its model, so the model holds what is in it instead: models that nobody has are gone at once.
        """
        history = self._history() if self._history else None
        if history is None and self._log:
            history = History()
            history.__dict__ |= self._log
            history.set_model(self)
            self._history = weakref.ref(history)
        return history

    @history.setter
    def history(self, history: History) -> None:
        self._history = weakref.ref(history)
        self._log = {name: value for name, value in vars(history).items() if name != "model"}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_history"}

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
    ) -> History:
        """Train the model.

        Args:
            x: samples, (n, …), of any real dtype; uint8 images may stay so. Or what gives (x, y) batch after batch: a
                generator, a `utils.PyDataset`, or whatever else can be iterated over.
            y: one-hot rows (n, outputs), integer labels (n,), or numbers (n, outputs), as the loss takes them.
            batch_size: samples a step; None means 32. The last batch of an epoch may be smaller.
            epochs: the number of the last epoch; training starts after `initial_epoch`. 0 trains none.
            verbose: 0 silent, 1 or "auto" a progress bar, 2 plain lines.
            callbacks: instances of `tinydnn.callbacks.Callback`.
            validation_split: hold out the last share of the samples, and evaluate on it after each epoch.
            validation_data: (x, y) or (x, y, sample_weight) to evaluate on instead, or what gives such batches.
            shuffle: whether each epoch takes the samples in random order, or the batches of a PyDataset.
            class_weight: {class: weight}, how much the loss of a sample of this class counts; 1 for others.
            sample_weight: how much the loss of each sample counts, (n,); their mean loss is still divided by n.
            initial_epoch: the number of epochs that went before.
            steps_per_epoch: how many batches an epoch takes; the next epoch goes on from there. None is all.
            validation_steps: how many batches an evaluation takes, None for all.
            validation_batch_size: samples at a time in it; None is batch_size.
            validation_freq: evaluate after each so many epochs, or after those of a list, counted from 1.

        Returns:
            The log: History.history has a list for each of accuracy, loss, val_accuracy, val_loss.

        Raises:
            ValueError, TypeError: a bad argument; nothing has changed then.
            FloatingPointError: the loss became infinite or NaN; the model has its last good weights.
            RuntimeError: fit is at work on the model already.
            KeyboardInterrupt: Ctrl-C, after the step under way was done.
        """
        self.require_idle("fit")
        self.require_compiled("fit", x if is_stream(x) else y)
        check_count("epochs", epochs, low=0)
        check_count("initial_epoch", initial_epoch, low=0)
        shuffle = check_bool("shuffle", shuffle)
        check_number("validation_split", validation_split, high=1)
        validation_steps = count_or_none("validation_steps", validation_steps)
        validation_batch_size = count_or_none("validation_batch_size", validation_batch_size)
        validation_freq = check_frequency("validation_freq", validation_freq)
        if validation_data is None and validation_split:
            x, y, held = split(x, y, validation_split)
            sample_weight, held_weight = split_weights(sample_weight, len(x), len(held[0]))
            validation_data = (*held, held_weight)
        feed = feed_of(
            self, "fit", x, y, batch_size, _TRAINING_BATCH, steps_per_epoch, shuffle=shuffle,
            sample_weight=sample_weight, class_weight=class_weight,
        )  # fmt: skip
        held_out = None
        if validation_data is not None:
            size = validation_batch_size or (None if is_stream(validation_data) else batch_size)
            shape = feed.data.x.shape[1:]
            held_out = held_out_feed(self, validation_data, size, _TRAINING_BATCH, validation_steps, shape)
        hooks = CallbackList(callbacks, self, verbose, epochs, feed.steps)

        # All arguments are right: from here on the model changes.
        with deferred_interrupt() as interrupt, hooks.alone():
            self.prepare_training(feed.data.x.shape[1:])
            Fit(self, feed, held_out, validation_freq, hooks).run(initial_epoch, epochs, interrupt)
        return hooks.history

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        *,
        callbacks: Sequence[Callback] | None = None,
        return_dict: bool = False,
        steps: int | None = None,
    ) -> Any:
        """The loss and metrics on these samples: [loss, accuracy], the loss alone without metrics, or a dict.

        x, y: as for fit; x alone where it gives (x, y) batch after batch.
        batch_size: samples at a time; None takes 1024, since it does not change the result.
        steps: how many batches; None takes all.
        sample_weight: how much the loss of each sample counts, (n,).

        Raises:
            ValueError, TypeError: a bad argument, or the model is not compiled.
        """
        self.require_compiled("evaluate", x if is_stream(x) else y)
        feed = feed_of(self, "evaluate", x, y, batch_size, _INFERENCE_BATCH, steps, sample_weight=sample_weight)
        hooks = CallbackList(callbacks, self, verbose, epochs=1, steps=feed.steps)
        logs = inference.evaluate(self, feed, hooks)
        return logs if return_dict else as_list(logs, self.metrics)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        *,
        callbacks: Sequence[Callback] | None = None,
        steps: int | None = None,
    ) -> Any:
        """The model's outputs for these samples, a NumPy array (n, outputs); of several outputs the list of them.

        x: as for fit; of batches (x, y) it takes x.
        batch_size: samples at a time; None takes 1024, since it does not change the result.
        steps: how many batches; None takes all.

        Raises:
            ValueError, TypeError: a bad argument.
        """
        feed = feed_of(self, "predict", x, None, batch_size, _INFERENCE_BATCH, steps)
        hooks = CallbackList(callbacks, self, verbose, epochs=1, steps=feed.steps)
        return unpacked(inference.predict(self, feed, hooks))

    def __call__(self, x: Any, training: bool | None = None, mask: None = None) -> Any:
        """The outputs for these samples, without a progress bar; for a symbolic tensor a symbolic one."""
        tensor = x[0] if isinstance(x, list | tuple) and len(x) == 1 else x
        symbolic = isinstance(tensor, KerasTensor)
        check_call(f"Model {self.name!r}", symbolic, training, mask)
        return self.called_on(tensor) if symbolic else as_tensor(self.predict(x, verbose=0))

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One step on these samples as one batch, weighted as by `fit`; the loss and metrics before its update.

        Raises:
            ValueError, TypeError: a bad argument; nothing has changed then.
            FloatingPointError: the loss is infinite or NaN; the weights are as they were.
        """
        require_arrays("train_on_batch", x)
        with OneBatch(self, x, y, "train_on_batch", sample_weight, class_weight) as batch:
            self.rehearsed = True  # this batch shows the shapes
            batch.gradients()
            logs = batch.logs()
            if not math.isfinite(logs["loss"]):
                raise FloatingPointError(f"The loss of this batch is {logs['loss']}; the weights were left as they are")
            batch.update()
        return logs if return_dict else as_list(logs, self.metrics)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and metrics on these samples."""
        require_arrays("test_on_batch", x)
        self.require_compiled("test_on_batch", y)
        return self.evaluate(x, y, verbose=0, sample_weight=sample_weight, return_dict=return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """What `predict` gives for these samples."""
        require_arrays("predict_on_batch", x)
        return self.predict(x, verbose=0)

    # -- files -------------------------------------------------------------------------------------

    def save(self, filepath: FilePath, overwrite: bool = True) -> None:
        """Write the model, its weights and its optimizer's state to a .keras file, which Keras opens too.

        Raises:
            ValueError: the file's name has another ending.
            FileExistsError: the file exists, and overwrite is False.
            TypeError: a layer, the loss or the optimizer is of a class that is not tinydnn's.
            OSError: the file can't be written; a file that was there before is still there.
        """
        from tinydnn.files import saving

        saving.save_model(self, filepath, overwrite)

    def save_weights(self, filepath: FilePath, overwrite: bool = True) -> None:
        """Write the weights and the optimizer's state to a .weights.h5 file, which Keras opens too.

        Any other .h5 or .hdf5 file gets the weights alone, in the format of Keras 2.

        Raises:
            ValueError: the file's name has another ending.
            FileExistsError: the file exists, and overwrite is False.
            OSError: the file can't be written; a file that was there before is still there.
        """
        from tinydnn.files import saving

        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: FilePath, skip_mismatch: bool = False, *, by_name: bool = False) -> None:
        """Take over the weights from a .weights.h5 or .keras file, or an .h5 of Keras 2, by the order of the layers.

        The optimizer's state comes along if it fits the slots that this model's optimizer has.

        skip_mismatch, by_name: False; a file's weights are taken all or not at all.

        Raises:
            ValueError: the model is not built, the file's name has another ending, or some weights are asked for.
            FileNotFoundError: there is no such file.
            FileFormatError: the file is damaged, or its weights are not this model's; nothing has changed then.
        """
        from tinydnn.files import saving

        self._require_built("load_weights")
        saving.load_weights(self, filepath, skip_mismatch, by_name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
