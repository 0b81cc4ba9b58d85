"""Checks that each wrong file here has the mistake that its header names, and no other.

    python tests/steps/mistaken.py

Plants the mistake into Keras' formulas, in each of the ways in VARIANTS, and says which files agree with none of them.
A file that names two mistakes has to agree with both planted at once. Exits with 1 if a file doesn't. Knows nothing of
tinydnn, and shares nothing with it.
"""

import itertools
import runpy
import sys
import warnings

import agree
import numpy as np

VARIANTS = {  # of a mistake that people make in different ways
    "adam-epsilon-after-correction": [1e-7, 1e-8],
    "adam-t-per-layer": ["layers from the last", "parameters from the first"],
    "learning-rate-decayed": [lambda t: 1 / (1 + 1e-3 * (t - 1)), lambda t: 0.99 ** (t - 1)],
    "log-with-epsilon": [1e-8, 1e-5, "clip"],
    "rmsprop-epsilon-outside-root": [1e-7, 1e-8],
    "sigmoid-derivative-twice": ["layer's own gradient", "all that follows"],
    "standardised-by-batch": ["batch", "pixel"],
    "one-number-for-all-biases": ["sum", "mean"],
}


def sigmoid(z):
    return agree.ACTIVATIONS["sigmoid"][0](z)


def inputs(net, x, planted):
    a = x.reshape(len(x), -1).astype(np.float64)
    if "not-scaled" in planted:
        return a
    if "standardised-by-batch" in planted:
        if planted["standardised-by-batch"] == "batch":
            return (a - a.mean()) / a.std()
        a = a / 255
        return (a - a.mean(axis=0)) / (a.std(axis=0) + 1e-8)
    if "scaled-by-256" in planted:
        return a / 256
    return a / 255 if net["input"] == "scaled" else a


def slope(net, z, a, k, planted):
    """Return the derivative of hidden layer k's activation, as somebody mistook it."""
    if "sigmoid-derivative-from-z" in planted:
        return z * (1 - z)
    if "sigmoid-derivative-at-a" in planted:
        return sigmoid(a) * (1 - sigmoid(a))
    if "tanh-derivative-from-z" in planted:
        return 1 - z**2
    if "relu-derivative-always-1" in planted or ("relu-derivative-missing-in-first-layer" in planted and k == 0):
        return np.ones_like(z)
    return agree.ACTIVATIONS[net["activation"]][1](z, a)


def top(net, p, y, planted):
    """Return the loss' gradient with respect to the last layer's z."""
    n, outputs = y.shape
    divisor = {"categorical_crossentropy": n, "binary_crossentropy": n * outputs, "mean_squared_error": n * outputs / 2}
    divided = divisor[net["loss"]]
    if "half-sum-of-squares" in planted:
        divided = n
    if "sum-over-batch" in planted:
        divided = divided / n
    if "sum-over-batch-and-outputs" in planted:
        divided = 0.5
    if "divided-by-classes-too" in planted:
        divided = n * outputs
    if "summed-over-outputs" in planted:
        divided = n
    if "divided-by-full-batch-size" in planted:
        divided = int(net["batch_size"])
    dz = (p - y) / divided
    if net["loss"] == "mean_squared_error":
        dz = dz * p * (1 - p) if net["output"] == "sigmoid" else dz
    if "softmax-times-sigmoid-derivative" in planted:
        dz = dz * p * (1 - p)
    if "log-with-epsilon" in planted:
        e = planted["log-with-epsilon"]
        q, rest = (np.clip(r, 1e-7, 1 - 1e-7) if e == "clip" else r + e for r in (p, 1 - p))
        dp = -y / q / n
        if net["output"] == "softmax":
            dz = p * (dp - (dp * p).sum(axis=1, keepdims=True))
        else:
            dz = (dp + (1 - y) / rest / n) * p * (1 - p)
    return dz


class Mistaken(agree.Reference):
    """Keras' formulas with the mistakes of planted, a dict from name to variant."""

    def __init__(self, net, weights, planted, columns=False):
        super().__init__(net, weights)
        self.planted, self.columns = planted, columns  # columns: the file's kernels are (out, in)
        self.number = {key: float(net[key]) for key in ("momentum", "rho", "beta_1", "beta_2", "epsilon")}
        self.lr = float(net["learning_rate"])
        if "learning-rate-0.01" in planted:
            self.lr = 0.01

    def forward(self, x, masks=None):
        net, planted, weights = self.net, self.planted, self.weights
        activations, zs = [inputs(net, x, planted)], []
        for i in range(0, len(weights), 2):
            z = activations[-1] @ weights[i] + weights[i + 1]
            name = net["activation"] if i < len(weights) - 2 else net["output"]
            if name == "softmax" and "sigmoid-outputs" in planted:
                name = "sigmoid"
            if name == "softmax":
                e = np.exp(z - z.max(axis=1, keepdims=True))
                a = e / e.sum(axis=1, keepdims=True)
            else:
                a = agree.ACTIVATIONS[name][0](z)
            if i < len(weights) - 2 and "dropout-not-scaled" in planted:
                a = a * (0.8 if masks is None else masks[i // 2])
            zs.append(z)
            activations.append(a)
        return zs, activations

    def gradients(self, x, y, masks=None, update=None):
        planted, weights, l2 = self.planted, self.weights, float(self.net["l2"])
        zs, activations = self.forward(x, masks)
        dz = top(self.net, activations[-1], y, planted)
        found = [None] * len(weights)
        for i in range(len(weights) - 2, -1, -2):
            k = i // 2 - 1
            own = dz
            if planted.get("sigmoid-derivative-twice") == "layer's own gradient" and i < len(weights) - 2:
                own = dz * activations[k + 2] * (1 - activations[k + 2])
            found[i] = activations[i // 2].T @ own + (1 if "l2-without-2" in planted else 2) * l2 * weights[i]
            found[i + 1] = own.sum(axis=0)
            if "one-number-for-all-biases" in planted:
                found[i + 1] = np.full_like(found[i + 1], own.sum())
                if planted["one-number-for-all-biases"] == "mean":
                    found[i + 1] /= own.shape[1]
            if "l2-on-biases-too" in planted:
                found[i + 1] = found[i + 1] + 2 * l2 * weights[i + 1]
            if update:
                update(i, found[i])
                update(i + 1, found[i + 1])
            if i:
                turned = weights[i].T
                if "reshape-instead-of-transpose" in planted:
                    turned = weights[i].reshape(weights[i].shape[::-1])
                    if self.columns:
                        turned = weights[i].T.reshape(weights[i].shape).T
                dz = dz @ turned * slope(self.net, zs[k], activations[k + 1], k, planted)
                if planted.get("sigmoid-derivative-twice") == "all that follows":
                    dz = dz * activations[k + 1] * (1 - activations[k + 1])
                if masks is not None:
                    dz = dz * masks[k]
        return found

    def update(self, i, g):
        planted, slot = self.planted, self.slots[i]
        momentum, rho, b1, b2, eps = self.number.values()
        lr = self.lr * planted.get("learning-rate-decayed", lambda t: 1)(self.t)
        kind = self.net["optimizer"]
        square = g if "bias-accumulator-without-square" in planted and i % 2 else g**2
        if kind == "sgd":
            slot[0] = momentum * slot[0] - (1 - momentum if "momentum-with-1-minus-beta" in planted else 1) * lr * g
            plain = self.net["nesterov"] == "false" or "nesterov-gradient-at-look-ahead" in planted
            change = slot[0] if plain else momentum * slot[0] - lr * g
        elif kind == "rmsprop":
            kept = 1 - rho if "rho-swapped" in planted else rho
            slot[0] = kept * slot[0] + (1 - kept) * square
            change = -lr * g / np.sqrt(slot[0] + eps)
            if "rmsprop-epsilon-outside-root" in planted:
                change = -lr * g / (np.sqrt(slot[0]) + planted["rmsprop-epsilon-outside-root"])
        elif kind == "adagrad":
            slot[0] = slot[0] + square
            change = -lr * g / np.sqrt(slot[0] + eps)
        else:
            t, last = self.t, len(self.weights)
            if "adam-t-never-grows" in planted:
                t = 1
            elif planted.get("adam-t-per-layer") == "layers from the last":
                t = (self.t - 1) * last // 2 + (last - i + 1) // 2
            elif planted.get("adam-t-per-layer") == "parameters from the first":
                t = (self.t - 1) * last + i + 1
            slot[0] = b1 * slot[0] + (1 - b1) * g
            slot[1] = b2 * slot[1] + (1 - b2) * g**2
            m, v, correction = slot[0], slot[1], np.sqrt(1 - b2**t) / (1 - b1**t)
            if "adam-without-bias-correction" in planted:
                correction = 1
            change = -lr * correction * m / (np.sqrt(v) + eps)
            if "adam-epsilon-after-correction" in planted:
                e = planted["adam-epsilon-after-correction"]
                change = -lr * m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + e)
        if "ascent" in planted:
            change = -change
        if not ("biases-not-updated" in planted and i % 2):
            self.weights[i] = self.weights[i] + change

    def step(self, x, y, masks=None):
        self.t += 1
        if "updated-after-each-row" in self.planted:
            for n in range(len(x)):
                for i, g in enumerate(self.gradients(x[n : n + 1], y[n : n + 1])):
                    self.update(i, g)
        elif "gradient-through-updated-weights" in self.planted:
            self.gradients(x, y, update=self.update)
        else:
            here = self.weights
            if "nesterov-gradient-at-look-ahead" in self.planted:
                self.weights = [w + self.number["momentum"] * s[0] for w, s in zip(here, self.slots, strict=True)]
            gradients = self.gradients(x, y, masks)
            self.weights = list(here)
            for i, g in enumerate(gradients):
                self.update(i, g)


def differs(path, planted):
    """Return the largest difference between a file and Keras' formulas with these mistakes, in three batches."""
    head = agree.header(path)
    net, layout, dtype = head["net"], head["weights"], head["dtype"]
    program = runpy.run_path(str(path))
    start, expected = agree.first_weights(net, dtype), agree.shapes(net)
    if "step" not in program:
        start = [w + 0.01 * np.ones_like(w) for w in start]
    own, worst = agree.laid_out(start, layout), 0.0
    mistaken = Mistaken(net, start, planted, columns=layout["kernel"] == "out,in")
    for t, (x, y) in enumerate(agree.batches(net), start=1):
        zeros = [np.zeros_like(w) for w in mistaken.weights]
        if "step" in program:
            returned = program["step"](own, x.copy(), y.copy())
            own = own if returned is None else returned
            mistaken.step(x, y, program["step"].__globals__.get("masks"))
            found, wanted, zeros = agree.as_keras(own, layout, expected), mistaken.weights, start
        elif "gradients" in program:
            found, wanted = agree.as_keras(program["gradients"](own, x, y), layout, expected), mistaken.gradients(x, y)
        else:
            found, wanted = [program["forward"](own, x)], mistaken.forward(x)[1][-1:]
            zeros = [0 * wanted[0]]
        for f, w, s in zip(found, wanted, zeros, strict=True):
            if not np.array_equal(np.isfinite(f), np.isfinite(w)):
                return np.inf
            if np.linalg.norm(w - s) < 1e-9:  # biases that stay, or whose deltas sum to what is rounded off
                worst = max(worst, 0.0 if np.linalg.norm(f - s) < 1e-5 else np.inf)
            else:
                finite = np.isfinite(w)
                worst = max(worst, agree.difference([f[finite]], [w[finite]], [s[finite]], dtype, t))
    return worst


def main():
    failed = number = 0
    for path in agree.step_files():
        head = agree.header(path)
        if head["verdict"] == "right":
            continue
        number += 1
        names = head["mistake"].split(" + ")
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            best = min(
                differs(path, dict(zip(names, variant, strict=True)))
                for variant in itertools.product(*(VARIANTS.get(name, [1]) for name in names))
            )
        if not best <= agree.TOLERANCE[head["dtype"]]:
            failed += 1
            print(f"{path.stem}: {head['mistake']}: differs by {best:.1e} from Keras' formulas with it")
    print(f"{number - failed} of {number} wrong files are Keras' formulas with the mistake named, and nothing else")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main()))
