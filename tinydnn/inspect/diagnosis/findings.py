"""What a diagnosis finds."""

from dataclasses import dataclass, field

from tinydnn.inspect.diagnosis import table
from tinydnn.inspect.mistakes import Mistake

_BLURRED = 0.1  # where roundings explain this share of a change, the step can't tell
_ONE_FACTOR = 1e-3  # the largest spread of a change that is k times another


_HEADINGS = "array", "Keras'", "apart", "allowed", "mine / Keras'"
_TITLES = {
    "step": "Step {number} of {samples} samples next to Keras' step from the same weights, from the last layer down; "
    "sizes are norms of changes",
    "gradients": "Gradients of {samples} samples next to Keras', from the last layer down; sizes are norms",
    "outputs": "Outputs of layers for {samples} samples next to Keras', from the first layer up; sizes are norms",
}


@dataclass(frozen=True)
class Gap:
    """How far the change of a weight array is from Keras' change; norms are Euclidean.

    change: the norm of Keras' change. apart: of the difference between the two. allowed: of what roundings explain.
    k: the factor by which Keras' change has to be multiplied to come nearest to this one.
    spread: the norm of what is left over then, in parts of this change; 0 where it is k times Keras' exactly.
    """

    name: str
    change: float
    apart: float
    allowed: float
    k: float
    spread: float

    @property
    def within(self) -> bool:
        """Whether roundings explain the difference."""
        return self.apart <= self.allowed

    @property
    def blurred(self) -> bool:
        """Whether roundings could explain much of the change itself, so that `within` says little."""
        return self.allowed > _BLURRED * self.change > 0

    @property
    def cells(self) -> table.Row:
        """Its row of the table."""
        factor = "" if self.blurred or not self.is_multiple else f"{self.k:.5g}"
        differs = "" if self.within else "differs"
        return (
            self.name, f"{self.change:.2e}", f"{self.apart:.2e}", f"{self.allowed:.2e}", f"{factor:8} {differs}".strip()
        )  # fmt: skip

    @property
    def is_multiple(self) -> bool:
        """Whether the change is k times Keras'."""
        return self.spread <= max(_ONE_FACTOR, 3 * self.allowed / self.change if self.change else 0)


@dataclass
class Diagnosis:
    """What was found; printed, it is a table and a verdict.

    kind: what was compared: "step", the weights after a step, "gradients", or "outputs", of the layers.
    number: the step that is told of: the first that is off, or the last one.
    gaps: of that step, one for each weight array or output, in the order of the layers.
    samples: how many the batch of that step has.
    steps: how many there were.
    seen: the mistakes that show before the step is taken: in its weights or its samples.
    explanations: the mistakes, single or in pairs, that turn Keras' steps into these; any one of them may be it.
    reading: what the factors say, in words.
    remarks: what else is wrong.
    notes: what is no mistake, but worth knowing: in which precision the program computes, which constants Keras rounds.
    """

    kind: str
    number: int
    gaps: list[Gap]
    samples: int
    steps: int
    seen: list[Mistake] = field(default_factory=list)
    explanations: list[tuple[Mistake, ...]] = field(default_factory=list)
    reading: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def off(self) -> Gap | None:
        """The first array, in the order of computation, that is not Keras'; None where all are."""
        return next((gap for gap in self.in_order if not gap.within), None)

    @property
    def in_order(self) -> list[Gap]:
        """The gaps in the order of computation: outputs on the way forward, gradients on the way backward."""
        return self.gaps if self.kind == "outputs" else backward(self.gaps)

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
        """Whether it is Keras' mathematics."""
        return self.off is None and not self.seen and not self.remarks

    def __str__(self) -> str:
        verdict, *others = self._sentences
        return table.text(*self._table, [verdict, *(each if self.right else f"  {each}" for each in others)])

    def _repr_html_(self) -> str:
        return table.html(*self._table, self._sentences)

    def __repr__(self) -> str:
        return f"<Diagnosis: {'right' if self.right else f'wrong, {self.named or self.reading}'}>"

    @property
    def _table(self) -> tuple[str, table.Row, list[table.Row]]:
        """Its title, headings and rows."""
        title = _TITLES[self.kind].format(number=self.number, samples=self.samples)
        return title, _HEADINGS, [gap.cells for gap in self.in_order]

    @property
    def _sentences(self) -> list[str]:
        """The verdict, and what there is to say."""
        blurred = [
            f"About {gap.name} it can't tell: roundings explain {gap.allowed / gap.change:.0%} of its change. A step "
            "in float64, or on more samples, could"
            for gap in self.blurred
        ]
        if self.right:
            return [self._verdict, *blurred, *self.notes]
        lines = [self._verdict, *(each[0].upper() + each[1:] for each in self.remarks), *self.reading]
        lines += [f"{mistake.name}: {mistake.wrong}" for mistake in self.seen]
        lines += [
            f"{'or ' if i else ''}" + "\n    and ".join(f"{mistake.name}: {mistake.wrong}" for mistake in together)
            for i, together in enumerate(self.explanations)
        ]
        if self.off is not None and not self.explanations:
            lines.append(
                "No mistake of the gallery explains it, nor do any two of them together; `tinydnn microscope` shows "
                "every tensor of such a step"
            )
        return [*lines, *blurred, *self.notes]

    @property
    def _verdict(self) -> str:
        if not self.right:
            return "This is not Keras' step" if self.kind == "step" else f"These are not Keras' {self.kind}"
        if self.blurred:
            return "Nothing differs by more than roundings explain"
        if self.kind != "step":
            verdict = f"These are Keras' {self.kind}"
        else:
            verdict = "This is Keras' step" if self.steps == 1 else f"These are Keras' steps, all {self.steps}"
        return f"{verdict}: your mathematics is Keras'" if self.notes else verdict


def layer_of(gap: Gap) -> str:
    """The name of the layer that has the array."""
    return gap.name.rpartition("/")[0]


def backward(gaps: list[Gap]) -> list[Gap]:
    """The gaps from the last layer to the first, each kernel before its bias: as the gradients are computed."""
    layers = list(dict.fromkeys(layer_of(gap) for gap in gaps))
    return sorted(gaps, key=lambda gap: -layers.index(layer_of(gap)))
