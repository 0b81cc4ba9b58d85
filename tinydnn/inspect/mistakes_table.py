"""The gallery of mistakes and a diagnosis, for a terminal."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table

from tinydnn.inspect.diagnosis import Diagnosis, Step
from tinydnn.inspect.mistakes import GALLERY, Mistake
from tinydnn.utils.progbar import figure

Log = Mapping[str, Sequence[float]]


def gallery() -> Table:
    """All mistakes: what is wrong, and where a comparison with Keras finds it first."""
    result = Table(box=box.SIMPLE_HEAD, show_lines=True, pad_edge=False)
    result.add_column("mistake", no_wrap=True)
    result.add_column("what is wrong")
    result.add_column("first found", no_wrap=True)
    for mistake in GALLERY:
        result.add_row(mistake.name, mistake.wrong, "\n".join(found(mistake)))
    return result


def found(mistake: Mistake) -> tuple[str, str]:
    """The step and the tensor at which a comparison with Keras finds it."""
    return f"step {mistake.step}" if mistake.step else "before step 1", mistake.tensor


def described(mistake: Mistake) -> str:
    """All that is known of a mistake, and its code."""
    return "\n".join(
        [
            f"{mistake.name}: {mistake.wrong}",
            f"In the log: {mistake.log}",
            f"Next to Keras, in batches of 16, 16 and 10 digits an epoch: {', '.join(found(mistake))}",
            "",
            mistake.code,
        ]
    )


def logs(right: Log, wrong: Log, epochs: int) -> str:
    """Both logs, epoch by epoch."""
    names = "loss", "val_loss", "val_accuracy"
    lines = ["epoch  " + "  ".join(f"{name:>12} {'right':>10}" for name in names)]
    for i in range(epochs):
        cells = []
        for name in names:
            values = [figure(log[name][i]) if i < len(log.get(name, [])) else "nan" for log in (wrong, right)]
            cells.append(f"{values[0]:>12} {values[1]:>10}")
        lines.append(f"{i + 1:>5}  " + "  ".join(cells))
    return "\n".join(lines)


def diagnosed(diagnosis: Diagnosis, step: Step) -> str:
    """What was found, as text."""
    lines = [
        f"Step {step.number}, {len(step.x)} samples, next to the step that Keras takes from the same weights",
        f"{'':20} {'change':>10} {'apart':>10} {'allowed':>10}",
    ]
    for gap in diagnosis.gaps:
        beyond = "" if gap.within else "  beyond"
        lines.append(f"{gap.name:20} {gap.change:10.2e} {gap.apart:10.2e} {gap.allowed:10.2e}{beyond}")
    lines += [f"{remark[0].upper()}{remark[1:]}" for remark in diagnosis.remarks]
    lines += [
        f"Of {gap.name} this step can't tell: roundings explain {gap.allowed / gap.change:.0%} of its change. "
        "In float64, or with more samples, it could"
        for gap in diagnosis.blurred
    ]
    if diagnosis.right:
        verdict = "Nothing differs by more than roundings explain" if diagnosis.blurred else "This is Keras' step"
        return "\n".join([*lines, verdict])
    lines.append("This is not Keras' step")
    lines += [f"  {mistake.name}: {mistake.wrong}" for mistake in diagnosis.seen]
    for i, together in enumerate(diagnosis.explanations):
        mistakes = "\n  and ".join(f"{mistake.name}: {mistake.wrong}" for mistake in together)
        lines.append(f"  {'or ' if i else ''}{mistakes}")
    if diagnosis.off is not None and not diagnosis.explanations:
        lines.append(
            f"No mistake of the gallery explains it, alone or two together. The first weights that are off are "
            f"{diagnosis.off.name}; `tinydnn microscope` shows every tensor of such a step"
        )
    return "\n".join(lines)
