"""What is asked for under Keras' names and not offered: one kind of error for arguments, methods and modules."""

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tinydnn import old_spellings
from tinydnn.names import hints, nearest

F = TypeVar("F", bound=Callable[..., Any])

# Arguments that Keras 3 has and tinydnn lacks, of functions, and of classes and those derived from them.
_OF_KERAS = {
    "Input": "batch_size sparse ragged batch_shape tensor optional",
    "InputLayer": "trainable batch_size sparse ragged batch_shape input_tensor optional",
    "Layer": "activity_regularizer autocast",
    "BatchNormalization": "renorm renorm_clipping renorm_momentum synchronized",
    "Dense": "lora_rank lora_alpha quantization_config",
    "Dropout": "noise_shape",
    "Flatten": "data_format",
    "Optimizer": "use_ema ema_momentum ema_overwrite_frequency loss_scale_factor gradient_accumulation_steps",
    "Loss": "dtype",
    "BinaryCrossentropy": "axis",
    "CategoricalCrossentropy": "axis",
    "Metric": "dtype",
    "AUC": "multi_label num_labels label_weights",
    "CosineSimilarity": "axis",
    "SparseTopKCategoricalAccuracy": "from_sorted_ids",
    "sparse_top_k_categorical_accuracy": "from_sorted_ids",
    "VarianceScaling": "input_axes output_axes",
    "SparseCategoricalCrossentropy": "ignore_class axis",
    "summary": "show_trainable layer_range",
    "clone_model": "input_tensors clone_function call_function recursive",
    "save_model": "zipped",
    "get_file": "untar hash_algorithm extract archive_format",
    "one_hot": "sparse",
    "convert_to_tensor": "sparse ragged",
    "save": "zipped",
    "save_weights": "max_shard_size",
    "load_weights": "objects_to_skip",
    "add": "rebuild",
    "pop": "rebuild",
    "max": "initial",
    "min": "initial",
    "prod": "dtype",
}
# Methods whose arguments are checked, beside `__init__`.
_METHODS = """
    add build compile pop compute_output_shape evaluate fit get_layer load_weights predict predict_on_batch save
    save_weights set_weights summary test_on_batch train_on_batch
"""
_CHECKED = {"__init__", *_METHODS.split()}


def names_its_arguments(function: F) -> F:
    """A function of Keras': old names of arguments become today's, and one that it lacks is named in the error."""
    takes, is_open = set(_named(function)), _is_open(function)

    @wraps(function)
    def call(*args: Any, **given: Any) -> Any:
        if not given.keys() <= takes:
            given = old_spellings.arguments_of_today(takes, given)
            unknown = given.keys() - takes
            if unknown and not is_open:
                raise _no_argument(function, args, min(unknown))
        return function(*args, **given)

    return cast(F, call)


def _no_argument(function: Callable[..., Any], args: Sequence[Any], name: str) -> TypeError:
    """The error for an argument that a function lacks, or a class whose constructor it is."""
    if function.__name__ == "__init__":
        classes = [each.__name__ for each in type(args[0]).__mro__]
        what, owners, takers = classes[0], classes, list(_constructors(type(args[0])))
    else:
        what, owners, takers = function.__name__, [function.__name__], [function]
    takes = {each: None for taker in takers for each in _named(taker)}
    in_keras = any(name in _OF_KERAS.get(owner, "").split() for owner in owners)
    why = ": Keras has it, tinydnn does not" if in_keras else ""
    return TypeError(f"{what} has no argument {name!r}{why}.{nearest(name, takes)}")


def _constructors(cls: type) -> Iterator[Callable[..., Any]]:
    """The `__init__` of a class, and of those above it to which it hands on what it doesn't know."""
    for each in cls.__mro__:
        if "__init__" in vars(each):
            yield vars(each)["__init__"]
            if not _is_open(vars(each)["__init__"]):
                return


def _named(function: Callable[..., Any]) -> list[str]:
    """The arguments that can be given by name."""
    parameters = inspect.signature(function).parameters.values()
    by_name = [each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    return [name for name in by_name if name != "self"]


def _is_open(function: Callable[..., Any]) -> bool:
    """Whether it takes arguments of any name."""
    return any(each.kind is each.VAR_KEYWORD for each in inspect.signature(function).parameters.values())


class Offered:
    """The base of classes that Keras has too: an argument or a method that they lack is named in the error.

    The arguments are those of `__init__`, and of the methods in `_METHODS`.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in vars(cls).keys() & _CHECKED:
            if inspect.isfunction(vars(cls)[name]):
                setattr(cls, name, names_its_arguments(vars(cls)[name]))

    @names_its_arguments
    def __init__(self) -> None: ...

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """One with these arguments, as `get_config` gives them."""
        return cls(**config)

    if not TYPE_CHECKING:  # a type checker finds what is missing before

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_") or hasattr(type(self), name):
                return object.__getattribute__(self, name)  # Python's own error, or that of a property
            offered = [each for each in dir(self) if not each.startswith("_")]
            raise AttributeError(f"{type(self).__name__} has no {name!r}.{hints(name, offered)} See docs/keras.md.")


def refuse_methods(cls: type, names: Sequence[str], instead: str) -> None:
    """Raise a TypeError if a class defines one of these methods, which Keras would run and tinydnn would not."""
    for name in names:
        if name in vars(cls):
            raise TypeError(f"{cls.__name__} defines {name}, which tinydnn does not run: {instead}")


def refuse_custom_objects(custom_objects: Mapping[str, Any] | None) -> None:
    """Raise a ValueError if there are any."""
    if custom_objects:
        raise ValueError(
            "tinydnn loads Keras' own classes only, so it takes no custom_objects; where they were given for the loss "
            f"or a metric, leave them out, or load with compile=False. Received: {', '.join(custom_objects)}"
        )


class Modules:
    """Finds old names of Keras' modules, and says what a missing one may have meant.

    As the last entry of `sys.meta_path` it is asked when Python found none, for `from module import name` too.
    """

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        package, _, last = name.rpartition(".")
        if package.partition(".")[0] != "tinydnn" or last.startswith("_"):
            return None
        if name in old_spellings.MODULES:
            return ModuleSpec(name, self)  # type: ignore[arg-type]
        try:
            getattr(sys.modules[package], last)
        except AttributeError as error:
            raise ModuleNotFoundError(str(error)) from None
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        old, today = module.__name__, old_spellings.MODULES[module.__name__]
        old_spellings.warn_of(old, today)
        sys.modules[old] = importlib.import_module(today)
