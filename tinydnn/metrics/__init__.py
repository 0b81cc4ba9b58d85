"""Metrics by name: numbers that say how good predictions are, besides the loss (mirrors keras/src/metrics)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tinydnn.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from tinydnn.metrics.accuracy_metrics import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    ChosenAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from tinydnn.metrics.confusion_metrics import (
    AUC,
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from tinydnn.metrics.functions import (
    OF_ACCURACY,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from tinydnn.metrics.loss_metrics import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from tinydnn.metrics.metric import Metric
from tinydnn.metrics.metric import labels_of as labels_of
from tinydnn.metrics.reduction_metrics import Mean, MeanMetricWrapper, Sum
from tinydnn.metrics.score_metrics import F1Score, FBetaScore, R2Score
from tinydnn.names import lookup, not_offered, snake_case

__all__ = [
    "AUC", "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy", "CategoricalCrossentropy",
    "CategoricalHinge", "CosineSimilarity", "F1Score", "FBetaScore", "FalseNegatives", "FalsePositives", "Hinge",
    "KLDivergence", "LogCoshError", "Mean", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanMetricWrapper",
    "MeanSquaredError", "MeanSquaredLogarithmicError", "Metric", "Poisson", "Precision", "R2Score", "Recall",
    "RootMeanSquaredError", "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy", "SquaredHinge", "Sum", "TopKCategoricalAccuracy", "TrueNegatives",
    "TruePositives", "binary_accuracy", "binary_crossentropy", "categorical_accuracy", "categorical_crossentropy",
    "categorical_hinge", "get", "hinge", "huber", "kl_divergence", "log_cosh", "mean_absolute_error",
    "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_logarithmic_error", "poisson",
    "sparse_categorical_accuracy", "sparse_categorical_crossentropy", "sparse_top_k_categorical_accuracy",
    "squared_hinge", "top_k_categorical_accuracy",
]  # fmt: skip

Identifier = str | Metric | type[Metric] | Callable[..., Any]
Metrics = Sequence[Any] | Mapping[str, Any] | None  # identifiers, in lists and dicts as Keras takes them

_CLASSES: tuple[type[Metric], ...] = (
    AUC, BinaryAccuracy, BinaryCrossentropy, CategoricalAccuracy, CategoricalCrossentropy, CategoricalHinge,
    CosineSimilarity, F1Score, FBetaScore, FalseNegatives, FalsePositives, Hinge, KLDivergence, LogCoshError,
    MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError, MeanSquaredLogarithmicError, Poisson, Precision,
    R2Score, Recall, RootMeanSquaredError, SparseCategoricalAccuracy, SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy, SquaredHinge, TopKCategoricalAccuracy, TrueNegatives, TruePositives,
)  # fmt: skip
_SHORT = {
    "bce": BinaryCrossentropy, "mae": MeanAbsoluteError, "mape": MeanAbsolutePercentageError, "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}  # fmt: skip
_OFFERED = {name: each for each in _CLASSES for name in (snake_case(each.__name__), each.__name__)}
_OFFERED |= {"acc": ChosenAccuracy, "accuracy": ChosenAccuracy, "Accuracy": ChosenAccuracy, **_SHORT}


def get(identifier: Identifier) -> Metric:
    """The metric itself, or a new one by its name, its class or its function; a function of one's own gives a mean.

    Raises:
        ValueError: an unknown name.
        TypeError: neither, or one that is no metric of a model.
    """
    if isinstance(identifier, str):
        kind = lookup("metric", identifier if identifier in _OFFERED else identifier.lower(), _OFFERED)
        metric = kind()
        metric.name = identifier
        return metric
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        identifier = identifier()
    if isinstance(identifier, Metric):
        if isinstance(identifier, Sum):
            raise TypeError(f"metrics expects metrics of targets and outputs. Received: {type(identifier).__name__}")
        for each in ("update_state", "result"):
            if getattr(type(identifier), each) is not getattr(Metric, each):
                raise TypeError(
                    f"{type(identifier).__name__} overrides {each}, which a training does not run: "
                    "override measure, sums and value, as in the files of tinydnn/metrics"
                )
        return identifier
    if callable(identifier):
        if identifier in OF_ACCURACY:
            return OF_ACCURACY[identifier](name=identifier.__name__)
        return MeanMetricWrapper(
            identifier, name=snake_case(getattr(identifier, "__name__", type(identifier).__name__))
        )
    raise TypeError(f"metrics expects names, metrics and functions, as ['accuracy']. Received: {identifier!r}")


def by_log_name(metrics: Metrics, weighted: Metrics = None) -> tuple[dict[str, Metric], set[str]]:
    """The metrics by the names under which the logs show them, and the names of those that are weighted.

    A name that is taken already gets a number, or "weighted_" before it (keras/src/trainers/compile_utils.py).

    Raises:
        ValueError: an unknown name.
        TypeError: no list of names and metrics.
    """
    found: dict[str, Metric] = {}
    counts: dict[str, int] = {}
    names = set()
    plain = [(get(each), False) for each in flat(metrics, "metrics")]
    for metric, is_weighted in [*plain, *((get(each), True) for each in flat(weighted, "weighted_metrics"))]:
        name = f"weighted_{metric.name}" if is_weighted and metric.name in counts else metric.name
        count = counts.get(name, 0)
        counts[name] = count + 1
        name = f"{name}_{count}" if count else name
        found[name] = metric
        if is_weighted:
            names.add(name)
    return found, names


def flat(metrics: Metrics, argument: str) -> list[Any]:
    """All that is in lists and dicts of metrics, dicts of outputs by their sorted keys."""
    if metrics is None:
        return []
    if not isinstance(metrics, list | tuple | dict):
        raise TypeError(f"{argument} expects a list of names and metrics, as ['accuracy']. Received: {metrics!r}")

    def entries(value: Any) -> Iterator[Any]:
        if isinstance(value, dict) and "class_name" not in value:  # which is a metric in a file
            value = [value[key] for key in sorted(value)]
        if not isinstance(value, list | tuple):
            yield value
            return
        for each in value:
            yield from entries(each)

    return list(entries(metrics))


def says_all(metric: Metric) -> bool:
    """Whether the name of a metric alone makes the same one."""
    kind = _OFFERED.get(metric.name, _OFFERED.get(metric.name.lower()))
    return kind is type(metric) and kind(name=metric.name).get_config() == metric.get_config()


__getattr__ = not_offered(__name__, globals())
