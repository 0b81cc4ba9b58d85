"""A diagnosis, for a terminal."""

from tinydnn.inspect.diagnosis import Diagnosis, Step


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
        f"About {gap.name} this step can't tell: roundings explain {gap.allowed / gap.change:.0%} of its change. "
        "A step in float64, or on more samples, could"
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
            "No mistake of the gallery explains it, nor do any two of them together. The first weights that are off "
            f"are {diagnosis.off.name}; `tinydnn microscope` shows every tensor of such a step"
        )
    return "\n".join(lines)
