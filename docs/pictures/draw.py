"""Draws the pictures of the book and of the walkthrough from the engine's numbers: `python docs/pictures/draw.py`.

`python docs/pictures/draw.py --measure` first trains the walkthrough's net with four optimizers, twelve trainings of
20 epochs, and once with relu for 40; it writes their losses into optimizers.json and overfitting.json.
"""

import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from math import log2
from pathlib import Path

import numpy as np
import scaling
from svg import THEMES, Axes, Drawing, number

import tinydnn as keras
from tinydnn.inspect import net
from tinydnn.inspect.microscope import dissect

FOLDER = Path(__file__).parent
MEASURED, OVERFITTING = FOLDER / "optimizers.json", FOLDER / "overfitting.json"

# The net of the book, its weights and its batch.
X, Y = [[1.0, 2.0], [-1.0, 0.5]], [[1.0, 0.0], [0.0, 1.0]]
WEIGHTS = [[[0.5, -0.2], [0.3, 0.8]], [0.1, -0.1], [[0.4, -0.5], [-0.6, 0.8]], [0.2, -0.2]]

# The unit of one weight, and its two samples.
ONE_X, ONE_Y, START = [[2.0], [1.0]], [[1.0], [0.0]], -2.0

OPTIMIZERS = {
    "SGD": (keras.optimizers.SGD, {}, 0.01),
    "SGD, momentum 0.9": (keras.optimizers.SGD, {"momentum": 0.9}, 0.01),
    "RMSprop": (keras.optimizers.RMSprop, {}, 0.001),
    "Adam": (keras.optimizers.Adam, {}, 0.001),
}
COLOURS = dict(zip(OPTIMIZERS, ("grey", "pink", "orange", "blue"), strict=True))
TIMES = 1, 10, 100  # Keras' default learning rate


def one_weight(learning_rate: float) -> keras.Sequential:
    """A sigmoid unit of one weight, without a bias."""
    unit = keras.layers.Dense(1, "sigmoid", use_bias=False, dtype="float64")
    model = keras.Sequential([keras.layers.Input((1,)), unit])
    model.compile(keras.optimizers.SGD(learning_rate), "binary_crossentropy")
    unit.set_weights([[[START]]])
    return model


def valley() -> Drawing:
    """The loss of one weight, and the way of gradient descent through it."""
    drawing = Drawing(480, 330)
    axes = Axes(drawing, (50, 16), (414, 256), (-2.4, 2.4), (0.4, 2.5))
    axes.ticks_of_y([0.5, 1, 1.5, 2, 2.5])
    axes.ticks_of_x([-2, -1, 0, 1, 2], "weight w")
    model = one_weight(1.0)
    x, y = np.array(ONE_X), np.array(ONE_Y)

    def loss(w: float) -> float:
        model.set_weights([[[w]]])
        return float(model.evaluate(x, y, verbose=0))

    w, ws = START, [START]
    for _ in range(6):
        model.set_weights([[[w]]])
        model.train_on_batch(x, y)
        w = float(model.get_weights()[0][0, 0])
        ws.append(w)
    places = np.linspace(-2.4, 2.4, 97)
    axes.curve(places, [loss(each) for each in places], "blue")
    slope = (loss(START + 1e-4) - loss(START - 1e-4)) / 2e-4
    ends = [START - 0.35, START + 1.75]
    axes.curve(ends, [loss(START) + slope * (each - START) for each in ends], "orange", 1.5, "5 4")
    drawing.words(*axes.at(START + 1.3, loss(START) - 1.4), f"slope {number(slope, 2)}", "orange", "end")
    heights = [loss(each) for each in ws]
    for a, b in list(pairwise(zip(ws, heights, strict=True)))[:3]:
        (x0, y0), (x1, y1) = axes.at(*a), axes.at(*b)
        drawing.arrow((x0 + 5, y0), (x1, y0), "green")
        drawing.line([(x1, y0), (x1, y1 - 5)], "green", 1, "2 3")
    for each, height in zip(ws, heights, strict=True):
        drawing.dot(*axes.at(each, height), "green")
    for text, w, height in zip((f"w = {number(START)}", number(ws[1], 2), number(ws[2], 2)), ws, heights, strict=False):
        drawing.words(*axes.at(w + 0.08, height + 0.06), text, "green", "start", size=13)
    drawing.words(*axes.at(0.42, 0.5), "lowest at w = 0.42", "ink", size=13)
    drawing.words(*axes.at(2.0, 1.25), "loss", "blue", "end", bold=True)
    return drawing


def chain() -> Drawing:
    """The chain rule on one number: values forward, slopes backward."""
    drawing = Drawing(480, 196)
    x, y = ONE_X[0][0], ONE_Y[0][0]
    model = one_weight(1.0)
    step = {each.name.split("/")[-1]: each.value for each in dissect(model, np.array(ONE_X[:1]), np.array(ONE_Y[:1]))}
    z, a, dz = START * x, float(keras.activations.sigmoid(np.array([START * x]))[0]), float(step["dz"][0, 0])
    values = [("w", START), ("z", z), ("a", a), ("l", -y * np.log(a))]
    slopes = [("dw", float(step["dW"][0, 0])), ("dz", dz), ("da", -1 / a), ("dl", 1.0)]
    factors = [f"× {number(x)}", f"× {number(a * (1 - a))}", f"× {number(-1 / a, 2)}"]
    works = [f"× {number(x)}", "sigmoid", "−log"]
    centres = [56, 178, 300, 422]
    drawing.words(10, 24, "forward: the value", "blue", "start", size=13, bold=True)
    drawing.words(10, 184, "backward: how fast l grows with it", "orange", "start", size=13, bold=True)
    for i, centre in enumerate(centres):
        (name, value), (_, slope) = values[i], slopes[i]
        drawing.box(centre - 42, 74, 84, 50)
        drawing.words(centre, 94, f"{name} = {number(value)}", "blue", size=13)
        drawing.words(centre, 115, f"{slopes[i][0]} = {number(slope, 2 if abs(slope) > 10 else 4)}", "orange", size=13)
        if i < 3:
            drawing.arrow((centre + 42, 84), (centres[i + 1] - 42, 84), "blue")
            drawing.words((centre + centres[i + 1]) / 2, 64, works[i], "blue", size=13)
            drawing.arrow((centres[i + 1] - 42, 114), (centre + 42, 114), "orange")
            drawing.words((centre + centres[i + 1]) / 2, 146, factors[i], "orange", size=13)
    return drawing


def sigmoid() -> Drawing:
    """The sigmoid and its slope, with the four z1 of the book's batch on it."""
    drawing = Drawing(480, 330)
    axes = Axes(drawing, (50, 16), (414, 256), (-8, 8), (0, 1))
    axes.ticks_of_y([0, 0.25, 0.5, 0.75, 1])
    axes.ticks_of_x([-8, -4, 0, 4, 8], "z")
    for left, right in ((-8, -5), (5, 8)):
        (x0, y0), (x1, y1) = axes.at(left, 1), axes.at(right, 0)
        drawing.box(x0, y0, x1 - x0, y1 - y0)
        drawing.words((x0 + x1) / 2, axes.at(0, 0.44)[1], "saturated", "grey", size=13)
        drawing.words((x0 + x1) / 2, axes.at(0, 0.37)[1], "slope < 0.007", "grey", size=12)
    z = np.linspace(-8, 8, 129)
    a = keras.activations.sigmoid(z)
    axes.curve(z, a, "blue")
    axes.curve(z, a * (1 - a), "orange")
    drawing.words(*axes.at(4.7, 0.89), "a = sigmoid(z)", "blue", "end", bold=True)
    drawing.words(*axes.at(4.9, 0.2), "slope a (1 − a)", "orange", "end", bold=True)
    step = _step()
    for each, value in zip(step["dense/z"].ravel(), step["dense/a"].ravel(), strict=True):
        drawing.dot(*axes.at(each, value), "blue")
        drawing.dot(*axes.at(each, value * (1 - value)), "orange")
    drawing.words(*axes.at(0.5, 0.29), "at most 0.25", "orange", "start", size=13)
    return drawing


def _step() -> dict[str, np.ndarray]:
    """The tensors of the book's step, by their names."""
    with keras.names.numbered_anew():
        units = [keras.layers.Dense(2, activation, dtype="float64") for activation in ("sigmoid", "softmax")]
        model = keras.Sequential([keras.layers.Input((2,)), *units])
        model.compile("rmsprop", "categorical_crossentropy")
    model.set_weights(WEIGHTS)
    return {each.name: each.value for each in dissect(model, np.array(X), np.array(Y))}


LEFT, RIGHT = 122, 358  # the two columns of the graph
MIDDLE = (LEFT + RIGHT) / 2


def forward() -> Drawing:
    """The first sample's way through the book's net, from its inputs to its loss."""
    drawing, step = Drawing(480, 622), _step()
    W1, b1, W2, b2 = (np.array(each) for each in WEIGHTS)
    x, z1, a1, z2, p = X[0], step["dense/z"][0], step["dense/a"][0], step["dense_1/z"][0], step["dense_1/a"][0]
    for j, centre in enumerate((LEFT, RIGHT)):
        _box(drawing, centre, 22, [f"x[0, {j}] = {number(x[j])}"], 110)
        terms = _sum([x[0] * W1[0, j], x[1] * W1[1, j], b1[j]], z1[j])
        _box(drawing, centre, 180, [f"z1[0, {j}]", terms, f"a1 = sigmoid(z1) = {number(a1[j])}"])
        _box(drawing, centre, 380, [f"z2[0, {j}]", _sum([a1[0] * W2[0, j], a1[1] * W2[1, j], b2[j]], z2[j])])
        _box(drawing, centre, 512, [f"p[0, {j}] = {number(p[j])}"], 150)
        drawing.arrow((centre, 433), (centre, 457), "blue")
        drawing.arrow((centre, 487), (centre, 511), "blue")
    _crossing(drawing, 51, 179, [[(number(W1[i, j]), x[i] * W1[i, j]) for j in range(2)] for i in range(2)])
    _crossing(drawing, 255, 379, [[(number(W2[i, j]), a1[i] * W2[i, j]) for j in range(2)] for i in range(2)])
    _box(drawing, MIDDLE, 458, ["softmax, of both together"], RIGHT - LEFT + 60, "grey")
    drawing.arrow((LEFT, 541), (LEFT, 575), "blue")
    _box(drawing, LEFT, 576, [f"l[0] = −log {number(p[0])} = {number(-np.log(p[0]))}"])
    drawing.words(RIGHT, 596, "class 0 is the right one", "grey", size=13)
    return drawing


def backward() -> Drawing:
    """The gradients of the first sample, from its loss back to its weights."""
    drawing, step = Drawing(480, 560), _step()
    W2 = np.array(WEIGHTS[2])
    x, a1, da1, dz1 = X[0], step["dense/a"][0], step["dense/da"][0], step["dense/dz"][0]
    p, dz2 = step["dense_1/a"][0], step["dense_1/dz"][0]
    for j, centre in enumerate((LEFT, RIGHT)):
        _box(drawing, centre, 22, [f"x[0, {j}] = {number(x[j])}"], 110)
        message = _sum([dz2[0] * W2[j, 0], dz2[1] * W2[j, 1]], da1[j])
        slope = f"{number(da1[j])} × {number(a1[j] * (1 - a1[j]))} = {number(dz1[j])}"
        _box(drawing, centre, 180, [f"da1[0, {j}], dz1[0, {j}]", message, slope], colour="orange")
        lines = [f"dz2[0, {j}]", f"({number(p[j])} − {number(Y[0][j])}) / 2 = {number(dz2[j])}"]
        _box(drawing, centre, 380, lines, colour="orange")
        drawing.arrow((MIDDLE + (centre - MIDDLE) * 0.55, 499), (centre, 434), "orange")
    into_W1 = [[(number(x[i]), dz1[j] * x[i]) for i in range(2)] for j in range(2)]
    _crossing(drawing, 179, 51, into_W1, "green")
    _crossing(
        drawing, 379, 256, [[(number(W2[i, j]), dz2[j] * W2[i, j]) for i in range(2)] for j in range(2)], "orange"
    )
    _box(drawing, MIDDLE, 500, ["softmax, cross-entropy, mean", "dz2 = (p − y) / N"], 250, "orange")
    drawing.words(MIDDLE, 74, "shares of dW1", "green", size=13)
    return drawing


def _box(
    drawing: Drawing, centre: float, top: float, lines: list[str], width: float = 216, colour: str = "blue"
) -> None:
    drawing.box(centre - width / 2, top, width, 9 + 20 * len(lines) + 4 * (len(lines) > 1))
    for i, text in enumerate(lines):
        head = len(lines) > 1 and i == 0
        drawing.words(centre, top + 20 + 20 * i + 2 * (i > 0), text, "ink" if head else colour, bold=head)


def _sum(terms: list[float], total: float) -> str:
    """0.5 + 0.6 + 0.1 = 1.2"""
    text = number(terms[0])
    for term in terms[1:]:
        text += f" {'−' if term < 0 else '+'} {number(abs(term))}"
    return f"{text} = {number(total)}"


def _crossing(drawing: Drawing, start: float, end: float, edges: list, colour: str = "blue") -> None:
    """Arrows from each of two nodes to each of two: edges[i][j] is (factor, product) of that from i to j."""
    columns = LEFT, RIGHT
    for i, a in enumerate(columns):
        for j, b in enumerate(columns):
            drawing.arrow((a + 26 * (j - i), start), (b - 26 * (j - i), end), colour)
    for i, a in enumerate(columns):
        for j in range(2):
            factor, product = edges[i][j]
            text = f"× {factor} = {number(product)}"
            down = 1 if end > start else -1
            if i == j:
                side, anchor = (-7, "end") if i == 0 else (7, "start")
                drawing.words(a + side, (start + end) / 2 + 5, text, colour, anchor, size=13)
            else:
                x = a + (58 if i == 0 else -58)
                drawing.words(x, start + down * 30 + 4, text, colour, size=13, plate=True)


def shapes() -> Drawing:
    """The arrays of 784-324-36-10 to scale: what goes into a layer, its weights, and what comes out."""
    drawing, scale = Drawing(480, 430), 0.17
    rows, sizes, top = 512, (784, 324, 36, 10), 12.0
    names = [("x", "W1", "a1"), ("a1", "W2", "a2"), ("a2", "W3", "p")]
    columns = 90, 240, 404
    for layer, (inputs, units) in enumerate(pairwise(sizes), start=1):
        middle = top + max(rows, inputs) * scale / 2
        arrays = zip(columns, names[layer - 1], [(rows, inputs), (inputs, units), (rows, units)], strict=True)
        for column, name, (high, wide) in arrays:
            width, height = max(wide * scale, 3), high * scale
            drawing.box(column - width / 2, middle - height / 2, width, height, "orange" if name[0] == "W" else "blue")
            drawing.words(column, middle + max(rows, inputs) * scale / 2 + 18, f"{name} ({high}, {wide})", size=13)
        drawing.words((columns[0] + columns[1] + 40) / 2, middle + 5, "@", "grey")
        drawing.words(322, middle - 3, f"+ b{layer}", "grey", size=13)
        drawing.words(322, middle + 14, "softmax →" if name == "p" else "sigmoid →", "grey", size=13)
        top = middle + max(rows, inputs) * scale / 2 + 40
    return drawing


def optimizers() -> Drawing:
    """The losses of four optimizers, with Keras' default learning rate and with the best of three."""
    drawing, measured = Drawing(480, 620), json.loads(MEASURED.read_text(encoding="utf-8"))
    panels = {
        "with Keras' default learning rates": {name: _rates(name)[0] for name in OPTIMIZERS},
        "each with the best of 1, 10 and 100 times its default": {name: best(measured, name) for name in OPTIMIZERS},
    }
    for top, (title, rates) in zip((34, 330), panels.items(), strict=True):
        epochs = len(measured["SGD"][f"{rates['SGD']:g}"])
        axes = Axes(drawing, (54, top), (296, 226), (1, epochs), (-4, 0.6))
        axes.ticks_of_y([0, -1, -2, -3], ["1", "0.1", "0.01", "0.001"])
        axes.ticks_of_x([1, 5, 10, 15, 20], "epoch")
        drawing.words(54, top - 12, title, "ink", "start", bold=True, size=13)
        ends = []
        for name, rate in rates.items():
            losses = measured[name][f"{rate:g}"]
            axes.curve(range(1, epochs + 1), np.log10(losses), COLOURS[name], 2.2)
            ends.append([axes.at(epochs, np.log10(losses[-1]))[1] + 5, name, f"{rate:g}"])
        ends.sort()
        for above, below in pairwise(ends):
            below[0] = max(below[0], above[0] + 32)
        for y, name, rate in ends:
            drawing.words(356, y - 8, name.replace("SGD, ", ""), COLOURS[name], "start", size=13, bold=True)
            drawing.words(356, y + 8, f"rate {rate}", COLOURS[name], "start", size=13)
    drawing.words(62, 252, "loss", "grey", "start", size=13)
    drawing.words(62, 548, "loss", "grey", "start", size=13)
    return drawing


def _rates(name: str) -> list[float]:
    return [OPTIMIZERS[name][2] * times for times in TIMES]


def best(measured: dict[str, dict[str, list[float]]], name: str) -> float:
    """The learning rate of the smallest loss after the last epoch."""
    return min(_rates(name), key=lambda rate: measured[name][f"{rate:g}"][-1])


def measure(epochs: int = 20) -> Iterator[tuple[str, float, list[float]]]:
    """Train the walkthrough's net on scaled digits by each optimizer; give the training loss of each epoch."""
    (x, y), _ = keras.datasets.mnist.load_data()
    y = keras.utils.to_categorical(y)
    for name, (optimizer, settings, _) in OPTIMIZERS.items():
        for rate in _rates(name):
            keras.utils.set_random_seed(42)
            model = net.make_model(net.Settings(input="scaled"))
            model.compile(optimizer(rate, **settings), "categorical_crossentropy")
            log = model.fit(x, y, batch_size=512, epochs=epochs, validation_split=0.2, verbose=0)
            yield name, rate, [float(f"{loss:.4g}") for loss in log.history["loss"]]


def overfitting() -> Drawing:
    """The losses of training and validation, which part."""
    drawing, log = Drawing(480, 330), json.loads(OVERFITTING.read_text(encoding="utf-8"))
    epochs, lowest = len(log["loss"]), int(np.argmin(log["val_loss"])) + 1
    axes = Axes(drawing, (50, 16), (414, 256), (1, epochs), (0, 0.3))
    axes.ticks_of_y([0, 0.1, 0.2, 0.3])
    axes.ticks_of_x([1, 10, 20, 30, epochs], "epoch")
    drawing.line([axes.at(lowest, 0), axes.at(lowest, 0.3)], "green", 1.5, "5 4")
    drawing.words(*axes.at(lowest + 0.6, 0.27), f"lowest after epoch {lowest}: stop here", "green", "start", size=13)
    for name, colour in (("loss", "blue"), ("val_loss", "orange")):
        shown = [(epoch, loss) for epoch, loss in enumerate(log[name], start=1) if loss < 0.3]
        axes.curve(*zip(*shown, strict=True), colour)
    drawing.words(*axes.at(epochs - 0.5, 0.13), "loss in the validation", "orange", "end", bold=True)
    drawing.words(*axes.at(epochs - 0.5, 0.015), "loss in the training", "blue", "end", bold=True)
    return drawing


def measure_overfitting(epochs: int = 40) -> dict[str, list[float]]:
    """Train the walkthrough's net with relu on scaled digits; return the losses of each epoch."""
    (x, y), _ = keras.datasets.mnist.load_data()
    keras.utils.set_random_seed(42)
    model = net.make_model(net.Settings(input="scaled", activation="relu"))
    one_hot = keras.utils.to_categorical(y)
    log = model.fit(x, one_hot, batch_size=512, epochs=epochs, validation_split=0.2, verbose=0).history
    return {name: [float(f"{loss:.4g}") for loss in log[name]] for name in ("loss", "val_loss")}


# The hidden layers, the batch and the colour of each line, and where its words stand: at which power of 2, how high.
SHARED = [
    ("4096-4096", 8192, "blue", 8.3, 0.3),
    ("4096-4096", 512, "green", 8.3, 0.75),
    ("324-36", 8192, "orange", 7, -1.1),
    ("324-36", 512, "pink", 6, -0.95),
]


def scale() -> Drawing:
    """How many times faster a training is on more ranks, joined by InfiniBand."""
    drawing, network = Drawing(480, 350), list(scaling.NETWORKS)[1]
    axes = Axes(drawing, (50, 16), (414, 276), (0, 10), (-1, 10))
    powers = range(0, 11, 2)
    axes.ticks_of_y([0, 2, 4, 6, 8, 10], [f"{2**power}" for power in powers])
    axes.ticks_of_x(powers, "ranks", [f"{2**power}" for power in powers])
    drawing.line([axes.at(0, 0), axes.at(10, 10)], "grey", 1.5, "5 4")
    drawing.words(*axes.at(6.3, 7.4), "as many times faster as there are ranks", "grey", "end", size=13)
    for layers, batch, colour, power, above in SHARED:
        ys = [log2(scaling.speedup(layers, batch, ranks, network)) for ranks in scaling.RANKS]
        axes.curve([log2(ranks) for ranks in scaling.RANKS], ys, colour)
        words = f"{layers}, {batch:,} rows"
        drawing.words(*axes.at(power, ys[round(power)] + above), words, colour, size=13, bold=True)
    return drawing


PICTURES = {
    "valley": valley,
    "chain": chain,
    "sigmoid": sigmoid,
    "forward": forward,
    "backward": backward,
    "shapes": shapes,
    "optimizers": optimizers,
    "overfitting": overfitting,
    "scale": scale,
}


def files() -> Iterator[tuple[Path, str]]:
    """Each file and what is to be in it."""
    for name, draw in PICTURES.items():
        drawing = draw()
        for theme in THEMES:
            yield FOLDER / f"{name}-{theme}.svg", drawing.svg(theme)


if __name__ == "__main__":
    if "--measure" in sys.argv[1:]:
        measured: dict[str, dict[str, list[float]]] = {name: {} for name in OPTIMIZERS}
        for name, rate, losses in measure():
            measured[name][f"{rate:g}"] = losses
            print(f"{name}, learning rate {rate:g}: {losses[-1]:.4g}")
        for path, values in ((MEASURED, measured), (OVERFITTING, measure_overfitting())):
            path.write_text(json.dumps(values) + "\n", encoding="utf-8")
    for path, text in files():
        path.write_text(text, encoding="utf-8", newline="\n")
