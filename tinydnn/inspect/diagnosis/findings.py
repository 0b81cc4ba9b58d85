"""What a diagnosis finds."""

from dataclasses import dataclass, field

from tinydnn.inspect.mistakes import Mistake

_BLURRED = 0.1  # where roundings explain this share of a change, the step can't tell


@dataclass(frozen=True)
class Gap:
    """How far the change of a weight array is from Keras' change; all are Euclidean norms.

    change: the norm of Keras' change. apart: of the difference between the two. allowed: of what roundings explain.
    """

    name: str
    change: float
    apart: float
    allowed: float

    @property
    def within(self) -> bool:
        """Whether roundings explain the difference."""
        return self.apart <= self.allowed

    @property
    def blurred(self) -> bool:
        """Whether roundings could explain much of the change itself, so that `within` says little."""
        return self.allowed > _BLURRED * self.change > 0


@dataclass
class Diagnosis:
    """What was found.

    gaps: one for each weight array.
    seen: the mistakes that show before the step is taken: in its weights, its dtype or its samples.
    explanations: the mistakes, single or in pairs, that turn Keras' step into this one; any one of them may be it.
    remarks: what else was noticed.
    """

    gaps: list[Gap]
    seen: list[Mistake] = field(default_factory=list)
    explanations: list[tuple[Mistake, ...]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def off(self) -> Gap | None:
        """The first weight array whose change is not Keras'; None where all are."""
        return next((gap for gap in self.gaps if not gap.within), None)

    @property
    def blurred(self) -> list[Gap]:
        """The weight arrays about which the step can't tell, since roundings are too large next to their change."""
        return [gap for gap in self.gaps if gap.blurred]

    @property
    def named(self) -> list[str]:
        """The names of all mistakes that were found; a pair that explains the step counts as one name."""
        return [mistake.name for mistake in self.seen] + [
            " + ".join(mistake.name for mistake in together) for together in self.explanations
        ]

    @property
    def right(self) -> bool:
        """Whether it is Keras' step."""
        return self.off is None and not self.seen and not self.remarks
