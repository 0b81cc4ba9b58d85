"""The table of programs in docs/mistakes.md: `python docs/tables/steps.py`; takes some minutes.

tests/steps holds programs in the manner of many authors, each with what is wrong with it in its first lines. The
diagnosis has to call the right ones right, and to name what is wrong with the others.
"""

import contextlib
import io
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import tinydnn
from tinydnn import config, datasets, layers, optimizers, regularizers, utils
from tinydnn.inspect import diagnosis, net
from tinydnn.inspect.diagnosis import Diagnosis

PROGRAMS = Path(__file__).resolve().parents[2] / "tests" / "steps"
NO_PROGRAMS = "agree", "mistaken"
NOT_SHOWN = ("log_of_clipped",)  # its mistake acts on probabilities below 1e-7, of which these digits give none

# What tests/steps calls a mistake, and the names in the gallery, or the factor's, that tell it.
NAMES = {
    "adam-epsilon-after-correction": "adam-epsilon-after-correction",
    "adam-t-never-grows": "adam-t-never-grows",
    "adam-t-per-layer": "adam-t-counts-layers",
    "adam-without-bias-correction": "adam-uncorrected",
    "ascent": "uphill",
    "bias-accumulator-without-square": "bias-not-squared",
    "biases-not-updated": "forgotten-bias-gradient",
    "divided-by-classes-too": "divided-by-classes",
    "divided-by-full-batch-size": "last-batch-wrong-n",
    "gradient-through-updated-weights": "gradient-through-updated-weights",
    "half-sum-of-squares": "half-sum-of-squares|steps-5-times",
    "l2-on-biases-too": "l2-on-biases",
    "l2-without-2": "l2-without-2",
    "learning-rate-0.01": "steps-10-times",
    "learning-rate-decayed": "learning-rate-decayed",
    "log-with-epsilon": "log-with-epsilon|loss-clipped",
    "momentum-with-1-minus-beta": "momentum-averaged|steps-0.1-times",
    "nesterov-gradient-at-look-ahead": "nesterov-at-the-point-ahead",
    "not-scaled": "unscaled-inputs",
    "one-number-for-all-biases": "one-bias-gradient-for-all",
    "relu-derivative-always-1": "derivative-left-out",
    "relu-derivative-missing-in-first-layer": "derivative-left-out",
    "reshape-instead-of-transpose": "reshaped-for-transposed",
    "rho-swapped": "rho-for-the-rest",
    "rmsprop-epsilon-outside-root": "epsilon-outside-root",
    "scaled-by-256": "scaled-by-256",
    "sigmoid-derivative-at-a": "derivative-of-a",
    "sigmoid-derivative-from-z": "sigmoid-derivative-of-z",
    "sigmoid-derivative-twice": "derivative-twice",
    "sigmoid-outputs": "sigmoids-for-softmax",
    "softmax-times-sigmoid-derivative": "slope-behind-softmax",
    "standardised-by-batch": "inputs-standardized-by-batch",
    "sum-over-batch": "gradient-summed",
    "sum-over-batch-and-outputs": "gradient-summed.*steps-10-times|squares-summed",
    "summed-over-outputs": "steps-10-times",
    "tanh-derivative-from-z": "tanh-derivative-of-z",
    "updated-after-each-row": "updates-row-by-row",
    "dropout-not-scaled": "dropout",
}


def programs() -> list[Path]:
    """All programs, in order of their names."""
    return [path for path in sorted(PROGRAMS.glob("*.py")) if path.stem not in NO_PROGRAMS]


def header(path: Path) -> dict[str, str]:
    """What a program's first lines say of it."""
    lines = re.findall(r"^# (net|dtype|verdict|mistake): (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: value.strip() for name, value in lines}


def model_of(said: dict[str, str]) -> tinydnn.Sequential:
    """The net that a program means."""
    of = dict(each.split("=", 1) for each in said["net"].split())
    loss, l2 = of["loss"], float(of.get("l2", 0))
    usual = {"categorical_crossentropy": "softmax", "binary_crossentropy": "sigmoid", "mean_squared_error": "linear"}
    hidden = [] if of["hidden"] == "none" else [int(units) for units in of["hidden"].split(",")]
    settings: dict[str, Any] = {
        name: float(of[name]) for name in ("momentum", "rho", "beta_1", "beta_2", "epsilon") if name in of
    }
    if of.get("nesterov") == "true":
        settings["nesterov"] = True
    optimizer = type(optimizers.get(of["optimizer"]))(float(of["learning_rate"]), **settings)
    activations = [of["activation"]] * len(hidden) + [of.get("output", usual[loss])]
    model = tinydnn.Sequential([layers.Input((28, 28))], device="cpu")
    if of["input"] == "scaled":
        model.add(layers.Rescaling(1 / 255))
    model.add(layers.Reshape((784,)))
    for units, activation in zip([*hidden, int(of.get("outputs", 10))], activations, strict=True):
        model.add(layers.Dense(units, activation, kernel_regularizer=regularizers.L2(l2) if l2 else None))
        if "dropout" in of and activation == of["activation"]:
            model.add(layers.Dropout(float(of["dropout"])))
    model.compile(optimizer, loss)
    return model


def diagnosed(path: Path) -> Diagnosis:
    """What the diagnosis says of a program, from three steps, the last on a smaller batch."""
    said = header(path)
    config.set_floatx(said["dtype"])
    utils.set_random_seed(3)
    model = model_of(said)
    (x, y), _ = datasets.mnist.load_data()
    size = int((re.findall(r"batch_size=(\d+)", said["net"]) or [64])[0])
    ends = np.cumsum([0, size, size, 3 * size // 4])
    targets = net.targets_for(model, y[: ends[-1]])
    batches = [(x[a:b], targets[a:b]) for a, b in pairwise(ends)]
    with contextlib.redirect_stderr(io.StringIO()):  # what the program prints
        return diagnosis.compared(diagnosis.of_file(path), model, batches)


def is_named(found: Diagnosis, mistake: str) -> bool:
    """Whether one of the explanations has all of what is wrong."""
    wanted = [NAMES[each] for each in mistake.split(" + ")]
    return any(all(re.search(each, name) for each in wanted) for name in found.named)


def main() -> None:
    """Print the table."""
    counts: Counter[str] = Counter()
    print("| program | what is wrong with it | called | named |\n| --- | --- | --- | --- |")
    for path in programs():
        said = header(path)
        wrong = "" if said["verdict"] == "right" else said["mistake"]
        link = f"[{path.stem}](../tests/steps/{path.name})"
        found = diagnosed(path)
        called = "right" if found.right else "wrong"
        named = ", or ".join(found.named)
        print(f"| {link} | {wrong} | {called} | {named} |", flush=True)
        counts[f"{said['verdict']} called {called}"] += 1
        if wrong and is_named(found, wrong):
            counts["named"] += 1
    print(f"\n{dict(counts)}")


if __name__ == "__main__":
    main()
