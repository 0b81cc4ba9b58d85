"""Spellings of Keras 1 and 2, each taken with a DeprecationWarning that names today's.

They stand here alone. Whoever finds no such argument or module asks here before it says so (`tinydnn.missing`,
`tinydnn.names`); Sequential and the optimizers derive from `OldMethods` and `OldRate`, and a History has an `OldLog`.
"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from tinydnn.warn import warn

# Each holds for every function that takes today's argument.
ARGUMENTS = {
    "output_dim": "units",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
    "p": "rate",
    "alpha": "negative_slope",
    "batch_input_shape": "input_shape",
    "lr": "learning_rate",
    "nb_epoch": "epochs",
    "nb_classes": "num_classes",
}

MODULES = {
    "tinydnn.layers.core": "tinydnn.layers",
    "tinydnn.layers.advanced_activations": "tinydnn.layers",
    "tinydnn.layers.noise": "tinydnn.layers",
    "tinydnn.layers.normalization": "tinydnn.layers",
    "tinydnn.utils.np_utils": "tinydnn.utils",
}

# What tinydnn lacks, and what to write instead; errors say so.
INSTEAD = {
    "show_accuracy": "compile(metrics=['accuracy'])",
    "class_mode": "the loss alone, as 'categorical_crossentropy',",
    "fit_generator": "fit",
    "evaluate_generator": "evaluate",
    "predict_generator": "predict",
    "to_yaml": "to_json",
    "compute_loss": "evaluate",
    "plot_model": "model.summary()",
    "model_to_dot": "model.summary()",
    "split_dataset": "slices of the arrays, as x[:800] and x[800:],",
    "Progbar": "fit, which shows its own progress,",
    "set_session": "config.set_device, as there are no sessions,",
    "get_session": "config.device, as there are no sessions,",
    "wrappers": "a loop over the splits of sklearn.model_selection.KFold, with a new model in each turn,",
    "image": "arrays of pictures, and layers.Rescaling(1 / 255),",
}


def arguments_of_today(takes: Collection[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments under today's names, for a function that takes those.

    Raises:
        TypeError: an argument was given under both names.
    """
    arguments = {}
    for name, value in given.items():
        today = ARGUMENTS.get(name)
        if name in takes or today not in takes:
            arguments[name] = value
            continue
        assert today is not None
        if today in given:
            raise TypeError(f"{name} is the old name of {today}: give {today} alone. Received: both")
        warn_of(f"{name}=…", f"{today}=…")
        arguments[today] = _of_one_sample(value) if name == "batch_input_shape" else value
    return arguments


def _of_one_sample(shape: Any) -> Any:
    """The shape of one sample, from that of a batch; with a warning where this says the batch's size."""
    if not isinstance(shape, tuple | list):
        raise TypeError(f"batch_input_shape expects the shape of a batch, as (None, 784). Received: {shape!r}")
    if shape and shape[0] is not None:
        warn(f"batch_input_shape={shape} fixes no size of a batch here: the model takes batches of any size")
    return shape[1:]


def warn_of(old: str, today: str) -> None:
    """Warn of an old spelling."""
    warn(f"{old} is an old spelling of Keras; write {today}", DeprecationWarning)


class OldMethods:
    """Methods that a Sequential of Keras 2 had."""

    predict: Any

    def predict_proba(self, x: Any, batch_size: int | None = None, verbose: int = 0) -> Any:
        """What `predict` gives."""
        warn_of("predict_proba(x)", "predict(x)")
        return self.predict(x, batch_size, verbose)

    def predict_classes(self, x: Any, batch_size: int | None = None, verbose: int = 0) -> Any:
        """The class of the largest output, (n,); of one output whether it is above 0.5, (n, 1)."""
        outputs = self.predict(x, batch_size, verbose)
        if outputs.shape[-1] > 1:
            warn_of("predict_classes(x)", "predict(x).argmax(axis=-1)")
            return outputs.argmax(axis=-1)
        warn_of("predict_classes(x)", "(predict(x) > 0.5).astype('int32')")
        return (outputs > 0.5).astype(np.int32)


class OldRate:
    """What the learning rate of an optimizer was called."""

    learning_rate: Any

    @property
    def lr(self) -> Any:
        """The learning rate."""
        warn_of("optimizer.lr", "optimizer.learning_rate")
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        warn_of("optimizer.lr", "optimizer.learning_rate")
        self.learning_rate = value


class OldLog(dict[str, Any]):
    """A log where what Keras has logged as accuracy is found as acc too, as before Keras 2.3."""

    def __missing__(self, name: str) -> Any:
        today = metric_of_today(name, self)
        if today == name:
            raise KeyError(name)
        return self[today]


def metric_of_today(name: str, logged: Collection[str]) -> str:
    """accuracy for acc, and val_accuracy for val_acc, where only that is logged; else the name itself."""
    today = {"acc": "accuracy", "val_acc": "val_accuracy"}.get(name, name)
    if name in logged or today not in logged:
        return name
    warn_of(f"{name!r} of metrics=['accuracy']", repr(today))
    return today
