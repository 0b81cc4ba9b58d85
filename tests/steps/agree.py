"""Runs every file here beside Keras' formulas in float64, and says whether it agrees, and whether it should.

    python tests/steps/agree.py            every file
    python tests/steps/agree.py --keras    the formulas below beside Keras itself, for each optimizer and loss
    python tests/steps/agree.py NAME ...   these files, with what differs after each step

A right file agrees in all three steps. A wrong one agrees until the step that its line `shows` names, and not then:
`step 1`, `step 2`, `last batch` (the third batch is smaller), `forward`, `gradients`; or always, if that is `never …`.
Exits with 1 if a file does otherwise. Knows nothing of tinydnn.
"""

import itertools
import re
import runpy
import sys
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
DEFAULTS = {
    "input": "scaled",
    "hidden": "324,36",
    "activation": "sigmoid",
    "loss": "categorical_crossentropy",
    "outputs": "10",
    "optimizer": "rmsprop",
    "learning_rate": "0.001",
    "momentum": "0",
    "nesterov": "false",
    "rho": "0.9",
    "beta_1": "0.9",
    "beta_2": "0.999",
    "epsilon": "1e-7",
    "l2": "0",
    "dropout": "0",
    "batch_size": "32",
}
OUTPUT = {"categorical_crossentropy": "softmax", "binary_crossentropy": "sigmoid", "mean_squared_error": "linear"}
TOLERANCE = {"float32": 1e-4, "float64": 1e-6}  # of the change since the first weights, in the Euclidean norm


def step_files():
    return [path for path in sorted(HERE.glob("*.py")) if "\n# verdict: " in path.read_text()]


def header(path):
    """Return the comment lines `# key: value` of a file, as a dict; net as a dict too, with Keras' defaults."""
    found = dict(re.findall(r"^# (net|weights|dtype|verdict|mistake|shows): (.*)$", path.read_text(), re.MULTILINE))
    found["net"] = {**DEFAULTS, **dict(item.split("=") for item in found["net"].split())}
    found["net"].setdefault("output", OUTPUT[found["net"]["loss"]])
    layout = found.get("weights", "form=list kernel=in,out bias=n")
    found["weights"] = dict(item.split("=") for item in layout.split())
    return found


# Keras' formulas. Weights are [kernel, bias, kernel, bias, ...] as get_weights() returns them.

ACTIVATIONS = {  # of z; and the derivative, of z and a
    "sigmoid": (lambda z: np.exp(-np.logaddexp(0, -z)), lambda z, a: np.exp(-np.logaddexp(0, -z) - np.logaddexp(0, z))),
    "tanh": (np.tanh, lambda z, a: 1 / np.cosh(np.clip(z, -300, 300)) ** 2),
    "relu": (lambda z: np.where(z > 0, z, 0), lambda z, a: np.where(z > 0, 1.0, 0.0)),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.2 * z), lambda z, a: np.where(z > 0, 1.0, 0.2)),
    "linear": (lambda z: z, lambda z, a: np.ones_like(z)),
}


def reference_forward(net, weights, x, masks=None):
    """Return the pre-activations and activations of every layer, the input first."""
    a = x.reshape(len(x), -1).astype(np.float64)
    if net["input"] == "scaled":
        a = a / 255
    zs, activations = [], [a]
    for i in range(0, len(weights), 2):
        z = activations[-1] @ weights[i] + weights[i + 1]
        name = net["output"] if i == len(weights) - 2 else net["activation"]
        if name == "softmax":
            e = np.exp(z - z.max(axis=1, keepdims=True))
            a = e / e.sum(axis=1, keepdims=True)
        else:
            a = ACTIVATIONS[name][0](z)
        if masks is not None and i < len(weights) - 2:
            a = a * masks[i // 2] / (1 - float(net["dropout"]))
        zs.append(z)
        activations.append(a)
    return zs, activations


def reference_gradients(net, weights, x, y, masks=None):
    """Return the gradient of the batch's mean loss and of the penalty, for each array in weights."""
    zs, activations = reference_forward(net, weights, x, masks)
    p, n, outputs = activations[-1], y.shape[0], y.shape[1]
    if (net["loss"], net["output"]) == ("categorical_crossentropy", "softmax"):
        dz = (p - y) / n
    elif (net["loss"], net["output"]) == ("binary_crossentropy", "sigmoid"):
        dz = (p - y) / (n * outputs)
    elif net["loss"] == "mean_squared_error" and net["output"] != "softmax":
        dz = 2 * (p - y) / (n * outputs) * ACTIVATIONS[net["output"]][1](zs[-1], p)
    else:
        raise ValueError(f"no formula for {net['loss']} of {net['output']}")
    gradients = []
    for i in range(len(weights) - 2, -1, -2):
        dW = activations[i // 2].T @ dz + 2 * float(net["l2"]) * weights[i]
        gradients = [dW, dz.sum(axis=0), *gradients]
        if i:
            k = i // 2 - 1
            da = dz @ weights[i].T
            if masks is not None:
                da = da * masks[k] / (1 - float(net["dropout"]))
            dz = da * ACTIVATIONS[net["activation"]][1](zs[k], activations[k + 1])
    return gradients


class Reference:
    """The net's weights in float64, and its optimizer's slots."""

    cast = staticmethod(float)  # what happens to Adam's betas before they are raised to the power t

    def __init__(self, net, weights):
        self.net = net
        self.weights = [w.astype(np.float64) for w in weights]
        start = 0.1 if net["optimizer"] == "adagrad" else 0.0
        self.slots = [[np.full(w.shape, start), np.zeros(w.shape)] for w in self.weights]
        self.t = 0

    def step(self, x, y, masks=None):
        net = self.net
        number = {key: float(net[key]) for key in ("learning_rate", "momentum", "rho", "beta_1", "beta_2", "epsilon")}
        lr, momentum, rho, b1, b2, eps = number.values()
        self.t += 1
        gradients = reference_gradients(net, self.weights, x, y, masks)
        for i, (g, slot) in enumerate(zip(gradients, self.slots, strict=True)):
            if net["optimizer"] == "sgd":
                slot[0] = momentum * slot[0] - lr * g
                change = momentum * slot[0] - lr * g if net["nesterov"] == "true" else slot[0]
            elif net["optimizer"] == "rmsprop":
                slot[0] = rho * slot[0] + (1 - rho) * g**2
                change = -lr * g / np.sqrt(slot[0] + eps)
            elif net["optimizer"] == "adagrad":
                slot[0] = slot[0] + g**2
                change = -lr * g / np.sqrt(slot[0] + eps)
            elif net["optimizer"] == "adam":
                slot[0] = b1 * slot[0] + (1 - b1) * g
                slot[1] = b2 * slot[1] + (1 - b2) * g**2
                alpha = lr * np.sqrt(1 - self.cast(b2) ** self.t) / (1 - self.cast(b1) ** self.t)
                change = -alpha * slot[0] / (np.sqrt(slot[1]) + eps)
            self.weights[i] = self.weights[i] + change


# What a file is given, and how its weights are laid out.


def shapes(net):
    sizes = [784, *([] if net["hidden"] == "none" else map(int, net["hidden"].split(","))), int(net["outputs"])]
    return [shape for n, m in itertools.pairwise(sizes) for shape in ((n, m), (m,))]


def first_weights(net, dtype, seed=0):
    """Return Glorot's uniform kernels, and biases of 0."""
    rng = np.random.default_rng(seed)
    drawn = []
    for shape in shapes(net):
        limit = np.sqrt(6 / sum(shape)) if len(shape) == 2 else 0.0
        drawn.append(rng.uniform(-limit, limit, shape).astype(dtype))
    return drawn


def batches(net, seed=1):
    """Return two full batches and a smaller one, of something like digits: grey strokes, and corners always 0."""
    rng = np.random.default_rng(seed)
    made = []
    for n in (int(net["batch_size"]), int(net["batch_size"]), int(net["batch_size"]) * 5 // 8):
        x = rng.integers(0, 256, (n, 28, 28)) * (rng.random((n, 28, 28)) < 0.25)
        x[:, :4] = x[:, -4:] = 0
        outputs = int(net["outputs"])
        y = rng.integers(0, 2, (n, 1)) if outputs == 1 else np.eye(outputs)[rng.integers(0, outputs, n)]
        made.append((x.astype(np.uint8), y.astype(np.float64)))
    return made


def laid_out(weights, layout):
    """Return Keras' list in the layout of a file's line `weights`, each array a copy."""
    columns = layout["kernel"] == "out,in"
    kernels = [w.T.copy() if columns else w.copy() for w in weights[::2]]
    biases = [
        b.reshape({"n": (-1,), "1,n": (1, -1), "n,1": (-1, 1), "last-row": (1, -1)}[layout["bias"]]).copy()
        for b in weights[1::2]
    ]
    pairs = list(zip(kernels, biases, strict=True))
    if layout["form"] == "list":
        return [w for pair in pairs for w in pair]
    if layout["form"] == "pairs":
        return pairs
    if layout["form"] == "two-lists":
        return [kernels, biases]
    if layout["form"] == "augmented":
        return [np.vstack(pair) for pair in pairs]
    names = layout["keys"].split(",")  # dict: keys of the first layer, W1,b1; the next layers count on
    return {next_key(name, i): w for i, pair in enumerate(pairs) for name, w in zip(names, pair, strict=True)}


def next_key(name, i):
    return re.sub(r"\d+", lambda digits: str(int(digits.group()) + i), name)


def as_keras(weights, layout, expected):
    """Return what a file returned as Keras' list in float64."""
    form = layout["form"]
    if form == "augmented":
        weights = [part for W in weights for part in (W[:-1], W[-1])]
    elif form == "pairs":
        weights = [w for pair in weights for w in pair]
    elif form == "two-lists":
        weights = [w for pair in zip(*weights, strict=True) for w in pair]
    elif form == "dict":
        names = layout["keys"].split(",")
        weights = [weights[next_key(name, i)] for i in range(len(expected) // 2) for name in names]
    found = []
    for i, (w, shape) in enumerate(zip(weights, expected, strict=True)):
        w = np.asarray(w, dtype=np.float64)
        if i % 2 == 0 and layout["kernel"] == "out,in":
            w = w.T
        if w.size != np.prod(shape) or (i % 2 == 0 and w.shape != shape):
            raise ValueError(f"weight {i} came back with shape {w.shape}, not {shape}")
        found.append(w.reshape(shape))
    return found


def difference(found, wanted, start, dtype, steps):
    """Return the largest ‖found - wanted‖ / ‖wanted - start‖ of an array, less what the dtype rounds off."""
    worst = 0.0
    for f, w, s in zip(found, wanted, start, strict=True):
        rounded = steps * np.finfo(dtype).eps * np.linalg.norm(s)
        error, change = np.linalg.norm(f - w), np.linalg.norm(w - s)
        if not np.isfinite(error):
            return np.inf
        if error > rounded:
            worst = max(worst, (error - rounded) / change if change else np.inf)
    return worst


def differences(path):
    """Return how far a file is from Keras' formulas, after each step; of forward or gradients, for each batch."""
    head = header(path)
    net, layout, dtype = head["net"], head["weights"], head["dtype"]
    program = runpy.run_path(str(path))
    start = first_weights(net, dtype)
    own, reference, expected = laid_out(start, layout), Reference(net, start), shapes(net)
    if "step" not in program:
        own = laid_out([w + 0.01 * np.ones_like(w) for w in start], layout)
        start = as_keras(own, layout, expected)
    measured = []
    for t, (x, y) in enumerate(batches(net), start=1):
        if "forward" in program and "step" not in program:
            found, wanted = [program["forward"](own, x.copy())], [reference_forward(net, start, x)[1][-1]]
            measured.append(difference(found, wanted, [np.zeros_like(w) for w in wanted], dtype, 0))
        elif "step" not in program:
            found = as_keras(program["gradients"](own, x.copy(), y.copy()), layout, expected)
            wanted = reference_gradients(net, start, x, y)
            measured.append(difference(found, wanted, [np.zeros_like(w) for w in wanted], dtype, 0))
        else:
            returned = program["step"](own, x.copy(), y.copy())
            own = own if returned is None else returned
            reference.step(x, y, program["step"].__globals__.get("masks"))
            found = as_keras(own, layout, expected)
            measured.append(difference(found, reference.weights, start, dtype, t))
    return head, measured


def verdict(head, measured):
    """Return whether a file does what its header says, and what was expected."""
    agrees = [d <= TOLERANCE[head["dtype"]] for d in measured]
    shows = head["shows"]
    if head["verdict"] == "right" or shows.startswith("never"):
        expected = [True, True, True]
    else:
        first = {"step 1": 0, "forward": 0, "gradients": 0, "step 2": 1, "last batch": 2}[shows]
        expected = [True] * first + [False] * (3 - first)
    return agrees == expected


# Keras itself


def keras_optimizer(keras, net):
    lr, nesterov = float(net["learning_rate"]), net["nesterov"] == "true"
    if net["optimizer"] == "sgd":
        return keras.optimizers.SGD(lr, momentum=float(net["momentum"]), nesterov=nesterov)
    kinds = {"rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam, "adagrad": keras.optimizers.Adagrad}
    return kinds[net["optimizer"]](lr)


def beside_keras():
    """Compare Reference with Keras, for each optimizer and each loss; return the number that differ."""
    import keras

    losses = [
        ("categorical_crossentropy", "softmax", 10),
        ("binary_crossentropy", "sigmoid", 1),
        ("binary_crossentropy", "sigmoid", 10),
        ("mean_squared_error", "linear", 10),
        ("mean_squared_error", "sigmoid", 10),
    ]
    optimizers = [
        {"optimizer": "sgd"},
        {"optimizer": "sgd", "momentum": "0.9"},
        {"optimizer": "rmsprop"},
        {"optimizer": "sgd", "momentum": "0.9", "nesterov": "true"},
        {"optimizer": "adam"},
        {"optimizer": "adagrad"},
        {"optimizer": "rmsprop", "l2": "0.01"},
    ]
    cases = [{**optimizer, "loss": losses[0][0]} for optimizer in optimizers]
    cases += [{"optimizer": "sgd", "loss": loss, "output": out, "outputs": str(k)} for loss, out, k in losses[1:]]
    cases += [
        {"optimizer": "adam", "loss": losses[0][0], "activation": name} for name in ("tanh", "relu", "leaky_relu")
    ]
    keras.backend.set_floatx("float64")
    failed = 0
    for case in cases:
        net = {**DEFAULTS, "hidden": "40,20", "learning_rate": "0.01", **case}
        net.setdefault("output", OUTPUT[net["loss"]])
        start = first_weights(net, "float64")
        made = keras.Sequential([keras.Input((28, 28)), keras.layers.Rescaling(1 / 255), keras.layers.Reshape((784,))])
        penalty = keras.regularizers.L2(float(net["l2"])) if float(net["l2"]) else None
        for units in net["hidden"].split(","):
            made.add(keras.layers.Dense(int(units), activation=net["activation"], kernel_regularizer=penalty))
        made.add(keras.layers.Dense(int(net["outputs"]), activation=net["output"], kernel_regularizer=penalty))
        made.compile(optimizer=keras_optimizer(keras, net), loss=net["loss"])
        made.set_weights(start)
        reference = Reference(net, start)
        reference.cast = lambda beta: float(np.float32(beta))  # as ops.cast does on TensorFlow, in float64 too
        for x, y in batches(net):
            made.train_on_batch(x.astype(np.float64), y)
            reference.step(x, y)
        worst = difference(made.get_weights(), reference.weights, start, "float64", 3)
        failed += worst > TOLERANCE["float64"]
        print(f"{worst:9.1e}  {'as Keras' if worst <= TOLERANCE['float64'] else 'NOT AS KERAS'}  {case}")
    return failed


def main(names):
    paths = [HERE / f"{Path(name).stem}.py" for name in names] or step_files()
    counts, failed = {"right": 0, "wrong": 0}, []
    for path in paths:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            head, measured = differences(path)
        counts[head["verdict"]] += 1
        held = verdict(head, measured)
        if not held:
            failed.append(path.stem)
        if names or not held:
            print(
                f"{path.stem}: {head['verdict']}, {head['mistake']}, shows {head['shows']}: differs by",
                ", ".join(f"{d:.1e}" for d in measured),
                "" if held else "  NOT AS ITS HEADER SAYS",
            )
    print(f"{counts['right']} right and {counts['wrong']} wrong files; {len(failed)} not as their headers say", *failed)
    return len(failed)


if __name__ == "__main__":
    sys.exit(bool(beside_keras() if sys.argv[1:] == ["--keras"] else main(sys.argv[1:])))
