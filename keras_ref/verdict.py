"""The result of a comparison in words: the lines that `tinydnn parity` prints."""

from keras_ref.engines import Engine
from keras_ref.result import Beyond, Epoch, Result
from tinydnn.files.keras3 import KERAS_VERSION
from tinydnn.inspect.differences import NOT_COMPARABLE
from tinydnn.utils.progbar import figure


def epoch_lines(epoch: Epoch, epochs: int) -> str:
    """Both logs of an epoch, one below the other, and the largest differences in it."""
    lines = [f"Epoch {epoch.number}/{epochs}, {epoch.steps} step{'s' * (epoch.steps > 1)}"]
    for name, log in (("tinydnn", epoch.logs["tinydnn"]), ("Keras", epoch.logs["keras"])):
        lines.append(f"  {name:9}{' - '.join(f'{key}: {figure(value)}' for key, value in log.items())}")
    found = ", ".join(f"{part} {each}" for part, each in epoch.differences.items())
    return "\n".join([*lines, f"  apart    {found}"])


def verdict(result: Result) -> str:
    """Which printed figures differ, and whether everything is within tolerance; if not, what is beyond it."""
    count, unequal = result.printed()
    lines = [f"{count - len(unequal)} of {count} figures of the logs are printed alike"] if count else []
    lines += [f"  not {name} of epoch {epoch}: {ours!r} and {theirs!r}" for epoch, name, ours, theirs in unequal]
    if result.beyond is None:
        lines.append("All is within tolerance")
    else:
        lines += [_explained(result.beyond, result.versions), *known_lines(result.known)]
    lines += [] if result.ended is None else [f"The comparison ended after {len(result.steps)} steps. {result.ended}"]
    return "\n".join(lines)


def known_lines(known: list[str]) -> list[str]:
    """The known differences, a line for each."""
    return [f"Known to differ: {each}" for each in known]


def _explained(beyond: Beyond, versions: dict[Engine, str]) -> str:
    place = f"step {beyond.step}" if beyond.step else "before the first step"
    how = f"{beyond.difference} apart, {beyond.tolerance:.1e} allowed"
    if beyond.difference == NOT_COMPARABLE:
        how = "shapes, dtypes, or the places of NaN and infinity differ"
    lines = [f"Beyond tolerance: {place}, {beyond.tensor}: {how}"]
    if beyond.step == 0:
        lines.append(
            f"tinydnn draws it from the seed by the rules of Keras {KERAS_VERSION} on TensorFlow 2.21, JAX 0.10 or "
            f"PyTorch 2.13. This is {versions['keras']}"
        )
    if beyond.drift:
        lines.append(
            "The step itself is right: from Keras' weights before it, and on the batch that comes next, every tensor "
            "is within tolerance. So either the engines took other rows, or they average the log by other rules, or "
            "roundings of earlier steps have grown, as they do on raw grey values"
        )
    if beyond.kink is not None:
        lines.append(
            f"It need not be a mistake: a number of {beyond.kink} is above 0 in one engine and 0 in the other. If its "
            "z is 0 but for a rounding, that is relu's kink; in float64 it is rare"
        )
    return "\n".join(lines)
