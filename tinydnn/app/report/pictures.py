"""The figures of a run: those of the walkthrough, in its order, and a few more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tinydnn.app.report.findings import Findings
from tinydnn.inspect import figures
from tinydnn.layers import Dense
from tinydnn.models import Model

_IN_A_GRID = 50


@dataclass(frozen=True)
class Picture:
    """A figure, with what its file and the page need.

    name: of its file, which puts a number before it.
    caption: what the figure shows, in a sentence.
    on_page: whether the page shows it; some it draws itself, from the run's numbers.
    """

    name: str
    caption: str
    figure: Figure
    on_page: bool = True


def pictures(model: Model, history: Mapping[str, Sequence[float]], digits: Any, found: Findings) -> list[Picture]:
    """All figures of a run; those of mistaken digits only if there are any.

    digits: ((x, labels), (x, labels)) for training and test.
    found: what the model makes of the test digits.
    """
    (x_train, y_train), (x_test, y_test) = digits
    n, dense = _IN_A_GRID, [layer for layer in model.flat_layers if isinstance(layer, Dense)]
    right, wrong = np.flatnonzero(found.right)[:n], np.flatnonzero(~found.right)[:n]
    made = [
        Picture("training-digits", "Some training digits, with their labels.",
                figures.digits(x_train[:n], [str(y) for y in y_train[:n]], "Training digits")),
        Picture("test-digits", "Some test digits, with their labels.",
                figures.digits(x_test[:n], [str(y) for y in y_test[:n]], "Test digits")),
        Picture("balance", "How many training digits there are of each kind.",
                figures.balance(np.bincount(y_train, minlength=10))),
        Picture("accuracy", "Accuracy after each epoch.",
                figures.curves(history["accuracy"], history.get("val_accuracy", []), "accuracy"), on_page=False),
        Picture("loss", "Loss after each epoch.",
                figures.curves(history["loss"], history.get("val_loss", []), "loss"), on_page=False),
    ]  # fmt: skip
    for layer in dense:
        values = layer.backend.to_numpy(layer.bias)
        title = f"The {len(values)} biases of {layer.name}"
        name, caption = f"biases-{layer.name}", f"{title}, one for each of its units."
        made.append(Picture(name, caption, figures.weights(values, figures.near_square(len(values)), title)))
    made += _of_answers(x_test, found, right, wrong)
    if dense and dense[0].kernel.shape[0] == x_train[0].size:
        title = f"What each unit of {dense[0].name} looks at"
        W = dense[0].backend.to_numpy(dense[0].kernel)
        caption = f"{title}: its weights, pixel by pixel."
        made.append(Picture("neurons", caption, figures.neurons(W, (28, 28), title), on_page=False))
    confusion, errors = figures.confusion(found.confusion), figures.errors(found.confusion)
    made.append(Picture("confusion", "What each test digit was taken for.", confusion, on_page=False))
    made.append(Picture("errors", "Mistakes of each digit.", errors, on_page=False))
    return made


def _of_answers(x: Any, found: Findings, right: Any, wrong: Any) -> Iterator[Picture]:
    """Recognised and mistaken test digits, given by their numbers, and the hardest cases."""

    def grid(which: Any, sign: str, title: str) -> Figure:
        return figures.digits(x[which], [f"{found.predicted[i]}{sign}{found.labels[i]}" for i in which], title)

    def cases(*which: int) -> Figure:
        i = list(which)
        return figures.cases(x[i], found.probabilities[i], found.labels[i].tolist(), [found.says(j) for j in i])

    if len(right):
        yield Picture("right", "Some test digits that were recognised.", grid(right, "=", "Recognised"))
    if len(wrong):
        yield Picture("wrong", "Some test digits that were mistaken: what the net took them for, and what they are.",
                      grid(wrong, "≠", "Mistaken"))  # fmt: skip
    if len(right):
        hardest = int(found.hardest_right()[0])
        yield Picture("hardest-right", "The hardest digit that was recognised.", cases(hardest), on_page=False)
    if len(wrong):
        most, least = int(found.confident_mistakes()[0]), int(found.unsure_mistakes()[0])
        yield Picture("mistakes", "The most and the least confident mistake.", cases(most, least), on_page=False)
