"""A diagnosis, for a terminal."""

from collections.abc import Sequence

from tinydnn.inspect.diagnosis import Diagnosis, Gap, Step
from tinydnn.inspect.diagnosis.findings import backward


def diagnosed(found: Diagnosis, steps: Sequence[Step]) -> str:
    """What was found, as text."""
    told = next(step for step in steps if step.number == found.number)
    lines = [
        f"Step {told.number}, {len(told.x)} samples, next to Keras' step from the same weights, on the way backward",
        f"{'':20} {'change':>10} {'apart':>10} {'allowed':>10}   mine / Keras'",
        *map(_line, backward(found.gaps)),
        *(f"{remark[0].upper()}{remark[1:]}" for remark in found.remarks),
    ]
    lines += [
        f"About {gap.name} this step can't tell: roundings explain {gap.allowed / gap.change:.0%} of its change. "
        "A step in float64, or on more samples, could"
        for gap in found.blurred
    ]
    verdict = [_right(found, len(steps))] if found.right else _wrong(found)
    return "\n".join([*lines, *verdict, *found.notes])


def _line(gap: Gap) -> str:
    factor = "" if gap.blurred or not gap.is_multiple else f"   {gap.k:.5g}"
    beyond = "" if gap.within else "  beyond"
    return f"{gap.name:20} {gap.change:10.2e} {gap.apart:10.2e} {gap.allowed:10.2e}{factor}{beyond}"


def _right(found: Diagnosis, count: int) -> str:
    if found.blurred:
        return "Nothing differs by more than roundings explain"
    steps = "This is Keras' step" if count == 1 else f"These are Keras' steps, all {count}"
    return f"{steps}: your mathematics is Keras'" if found.notes else steps


def _wrong(found: Diagnosis) -> list[str]:
    lines = ["This is not Keras' step", *(f"  {each}" for each in found.reading)]
    lines += [f"  {mistake.name}: {mistake.wrong}" for mistake in found.seen]
    for i, together in enumerate(found.explanations):
        mistakes = "\n  and ".join(f"{mistake.name}: {mistake.wrong}" for mistake in together)
        lines.append(f"  {'or ' if i else ''}{mistakes}")
    if found.off is not None and not found.explanations:
        lines.append(
            "No mistake of the gallery explains it, nor do any two of them together; `tinydnn microscope` shows every "
            "tensor of such a step"
        )
    return lines
