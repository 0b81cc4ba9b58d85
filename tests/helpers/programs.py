"""Programs as people write them, run on Keras or, with only their imports changed, on tinydnn; what both print."""

import contextlib
import io
import re

from tolerances import PRINTED_FIGURE

# What each way to import Keras becomes; the rest of a program stays as it is.
IMPORTS = [
    (r"from (?:tensorflow\.)?keras((?:\.\w+)*) import", r"from tinydnn\1 import"),
    (r"import (?:tensorflow\.)?keras((?:\.\w+)*) as (\w+)", r"import tinydnn\1 as \2"),
    (r"from tensorflow import keras as (\w+)", r"import tinydnn as \1"),
    (r"from tensorflow import keras\b", r"import tinydnn as keras"),
    (r"import keras\b", r"import tinydnn as keras"),
    (r"import tensorflow as tf\b", r"import tinydnn, types; tf = types.SimpleNamespace(keras=tinydnn)"),
]


def on_tinydnn(source):
    """A program whose imports of Keras are those of tinydnn; no other line is touched."""
    for pattern, today in IMPORTS:
        source = re.sub(rf"(?<![^\s>]){pattern}", today, source)
    return source


def printed(source, name):
    """What a program prints when it is run as a script."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, name, "exec"), {"__name__": "__main__"})
    return out.getvalue()


CONTROL = re.compile(r"\x1b\[[\d;]*m")
PROGRESS = re.compile(r"^(\d+)/\1 [━ ]*(?:- )?\d+s (?:- )?\d+[mu]?s/(?:step|epoch)(?: - )?")


def lines(text):
    """The lines of an output, without what is drawn over, the times of steps, and empty lines."""
    text = re.sub(r"^(Epoch \d+/\d+) - ", r"\1\n", CONTROL.sub("", text), flags=re.MULTILINE)
    last = [re.split(r"[\r\b]+", line.rstrip("\r\b "))[-1] for line in text.split("\n")]
    return [line for each in last if (line := PROGRESS.sub("", " ".join(each.split())))]


NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w])")


def differences(ours, theirs):
    """Pairs of lines whose text is not the same, or whose figures differ by more than `PRINTED_FIGURE`."""
    ours, theirs = lines(ours), lines(theirs)
    count = max(len(ours), len(theirs))
    pairs = zip(*(each + ["(nothing)"] * (count - len(each)) for each in (ours, theirs)), strict=True)
    return [(a, b) for a, b in pairs if not _same(a, b)]


def _same(a, b):
    words = [re.sub(r"\s", "", NUMBER.sub("#", line)) for line in (a, b)]
    return words[0] == words[1] and all(_near(x, y) for x, y in zip(NUMBER.findall(a), NUMBER.findall(b), strict=True))


def _near(a, b):
    """Whether two figures differ by less than a unit of the last digit that both show, or by rounding."""
    if a == b:
        return True
    places = min(_places(a), _places(b))
    unit = 0.0 if places == 0 else 1.01 * 10.0**-places
    return abs(float(a) - float(b)) <= max(unit, PRINTED_FIGURE * abs(float(b))) and places > 0


def _places(figure):
    """Decimal places: 3 of 1.250, 5 of 1.25e-3."""
    digits, _, exponent = figure.partition("e")
    return len(digits.partition(".")[2]) - int(exponent or 0)
