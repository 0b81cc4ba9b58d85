"""A diagnosis, for a terminal and for a notebook."""

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinydnn.inspect.diagnosis.findings import Diagnosis, Gap

_HEADINGS = "array", "Keras'", "apart", "allowed", "mine / Keras'"
_TITLES = {
    "step": "Step {number} of {samples} samples next to Keras' step from the same weights, from the last layer down; "
    "sizes are norms of changes",
    "gradients": "Gradients of {samples} samples next to Keras', from the last layer down; sizes are norms",
    "outputs": "Outputs of layers for {samples} samples next to Keras', from the first layer up; sizes are norms",
}


def text(found: "Diagnosis") -> str:
    """What was found, as text."""
    rows = [_cells(gap) for gap in found.in_order]
    lines = ["{:20} {:>10} {:>10} {:>10}   {}".format(*cells).rstrip() for cells in (_HEADINGS, *rows)]
    said = [f"  {each}" if i and not found.right else each for i, each in enumerate(_said(found))]
    return "\n".join([_title(found), *lines, *said])


def html(found: "Diagnosis") -> str:
    """What was found, as a table of HTML and the sentences below it."""
    headings = "".join(f"<th>{escape(each)}</th>" for each in _HEADINGS)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _cells(gap))}</tr>" for gap in found.in_order)
    verdict, *others = (escape(each) for each in _said(found))
    said = "".join(f"<li>{each}</li>" for each in others)
    return (
        f"<p>{escape(_title(found))}</p><table><tr>{headings}</tr>{rows}</table>"
        f"<p><b>{verdict}</b></p>{f'<ul>{said}</ul>' if said else ''}"
    )


def _title(found: "Diagnosis") -> str:
    return _TITLES[found.kind].format(number=found.number, samples=found.samples)


def _cells(gap: "Gap") -> tuple[str, ...]:
    factor = "" if gap.blurred or not gap.is_multiple else f"{gap.k:.5g}"
    return (
        gap.name, f"{gap.change:.2e}", f"{gap.apart:.2e}", f"{gap.allowed:.2e}",
        factor if gap.within else f"{factor:8} differs",
    )  # fmt: skip


def _said(found: "Diagnosis") -> list[str]:
    """The verdict, and what there is to say."""
    blurred = [
        f"About {gap.name} it can't tell: roundings explain {gap.allowed / gap.change:.0%} of its change. A step in "
        "float64, or on more samples, could"
        for gap in found.blurred
    ]
    if found.right:
        return [_right(found), *blurred, *found.notes]
    explanations = [
        "\n    and ".join(f"{mistake.name}: {mistake.wrong}" for mistake in together) for together in found.explanations
    ]
    lines = [f"These are not Keras' {found.kind}" if found.kind != "step" else "This is not Keras' step"]
    lines += [each[0].upper() + each[1:] for each in found.remarks]
    lines += found.reading
    lines += [f"{mistake.name}: {mistake.wrong}" for mistake in found.seen]
    lines += [f"{'or ' if i else ''}{each}" for i, each in enumerate(explanations)]
    if found.off is not None and not found.explanations:
        lines.append(
            "No mistake of the gallery explains it, nor do any two of them together; `tinydnn microscope` shows every "
            "tensor of such a step"
        )
    return [*lines, *blurred, *found.notes]


def _right(found: "Diagnosis") -> str:
    if found.blurred:
        return "Nothing differs by more than roundings explain"
    if found.kind != "step":
        verdict = f"These are Keras' {found.kind}"
    elif found.steps == 1:
        verdict = "This is Keras' step"
    else:
        verdict = f"These are Keras' steps, all {found.steps}"
    return f"{verdict}: your mathematics is Keras'" if found.notes else verdict
