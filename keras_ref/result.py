"""What a comparison of tinydnn with Keras found, step by step and epoch by epoch."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from keras_ref.engines import Engine
from keras_ref.pausing import Logs
from keras_ref.tolerances import TABLE
from tinydnn.inspect.differences import Difference
from tinydnn.utils.progbar import figure

PARTS = ("loss", "accuracy", "weights", "optimizer")


@dataclass(frozen=True)
class Beyond:
    """The first tensor beyond its tolerance, and the step that computed it; step 0 is before the training.

    drift: from Keras' weights, that step alone is within tolerance; the difference comes from before it.
    kink: the name of a relu's output with a number that is above 0 in one engine and 0 in the other, if there is one.
    """

    step: int
    tensor: str
    difference: Difference
    tolerance: float
    drift: bool = False
    kink: str | None = None


@dataclass(frozen=True)
class Step:
    """The largest differences after a step, one for each of PARTS: log so far, weights, and optimizer's state."""

    number: int
    differences: dict[str, Difference]


@dataclass(frozen=True)
class Epoch:
    """Both logs of an epoch, its number of steps, and the largest differences in it, one for each of PARTS."""

    number: int
    logs: dict[Engine, Logs]
    steps: int
    differences: dict[str, Difference]

    def figures(self) -> Iterator[tuple[str, float, float]]:
        """(name, tinydnn's value, Keras' value) of each entry of the logs."""
        for name, value in self.logs["tinydnn"].items():
            yield name, value, self.logs["keras"][name]


@dataclass
class Result:
    """All that a comparison found.

    known: where the net is known to differ from Keras on this backend, a sentence for each.
    beyond: None if everything is within tolerance.
    ended: why the comparison ended early, if it did.
    """

    versions: dict[Engine, str]
    known: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    beyond: Beyond | None = None
    ended: str | None = None

    def printed(self) -> tuple[int, list[tuple[int, str, float, float]]]:
        """How many figures the logs print, and those printed differently: (epoch, name, tinydnn's, Keras')."""
        all_figures = [(epoch.number, *entry) for epoch in self.epochs for entry in epoch.figures()]
        return len(all_figures), [entry for entry in all_figures if figure(entry[2]) != figure(entry[3])]

    def to_json(self) -> dict[str, Any]:
        """Everything, for JSON."""
        count, unequal = self.printed()
        return {
            "versions": self.versions,
            "known": self.known,
            "tolerances": [asdict(tolerance) for tolerance in TABLE],
            "epochs": [
                {"epoch": each.number, **each.logs, "differences": {k: asdict(v) for k, v in each.differences.items()}}
                for each in self.epochs
            ],
            "steps": {
                part: {
                    kind: [getattr(step.differences[part], kind) for step in self.steps]
                    for kind in ("absolute", "ulps")
                }
                for part in PARTS
            },
            "printed": {
                "figures": count,
                "unequal": [dict(zip(("epoch", "name", "tinydnn", "keras"), entry, strict=True)) for entry in unequal],
            },
            "ended": self.ended,
            "beyond": None if self.beyond is None else asdict(self.beyond),
        }
