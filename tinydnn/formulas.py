"""The formulas of a training step, each with the line of tinydnn that computes it: what the microscope quotes.

x is what goes into a layer, z what a Dense layer makes of it, a an activation, w any weight, and d… the
gradient of the loss with respect to it; N is the number of rows of the batch.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tinydnn import layers, losses, optimizers


@dataclass(frozen=True)
class Formula:
    """A formula, and the file, line and code that compute it."""

    text: str
    file: str
    line: int
    code: str

    def named(self, left: str) -> "Formula":
        """The same with its left side: z = x @ W + b."""
        return replace(self, text=f"{left} = {self.text}")


def formula(text: str, code: str, function: Callable[..., Any]) -> Formula:
    """The formula, with the line that has this code in the function; its first line, if someone replaced that."""
    lines, first = inspect.getsourcelines(function)
    offset = next((i for i, line in enumerate(lines) if code in line), 0)
    return Formula(text, Path(inspect.getfile(function)).name, first + offset, lines[offset].strip())


_ACTIVATIONS = {  # a and the line that finishes it; dz and the line that finishes it
    "linear": ("z", "a[...] = z", "da", "dz[...] = da"),
    "sigmoid": ("1 / (1 + exp(-z))", "xp.add(a, 0.5", "da * a * (1 - a)", "xp.multiply(dz, da"),
    "tanh": ("tanh(z)", "xp.tanh(z", "da * (1 - a²)", "xp.multiply(dz, da"),
    "relu": ("max(z, 0)", "xp.maximum(z", "da where a > 0, else 0", "xp.multiply(dz, da"),
    "softmax": ("exp(z) / sum of exp(z)", "xp.divide(a", "a * (da - sum of da * a)", "xp.multiply(dz, a"),
}

_LOSSES = {  # by loss, and whether it takes logits: l and its line; the gradient of its input and its line
    (losses.CategoricalCrossentropy, True): (
        ("sum of y * (log(sum of exp(z)) - z)", "xp.sum(t.work, axis=1"),
        ("(softmax(z) - y) / N", "t.dx *= 1 / n"),
    ),
    (losses.CategoricalCrossentropy, False): (
        ("-sum of y * log q, q = a / sum of a", "xp.sum(t.work, axis=1"),
        ("(dq - sum of dq * q) / sum of a / N, dq = -y / q", "t.dx *= 1 / n"),
    ),
    (losses.SparseCategoricalCrossentropy, False): (
        ("-sum of y * log q, q = a / sum of a", "xp.negative(t.l"),
        ("(q - y) / a / N, q = a / sum of a", "t.dx *= 1 / n"),
    ),
    (losses.MeanSquaredError, False): (
        ("mean of (a - y)²", "xp.mean(t.p"),
        ("2 * (a - y) / outputs / N", "xp.multiply(t.work, 2"),
    ),
}


def of_output(layer: layers.Layer) -> Formula:
    """What a layer computes."""
    if isinstance(layer, layers.Dense):
        return formula("x @ W + b" if layer.use_bias else "x @ W", "self.xp.matmul(x", layers.Dense.forward)
    if isinstance(layer, layers.Activation):
        name = layer.activation.name
        text, code, *_ = _ACTIVATIONS.get(name, (f"{name}(z)", "def"))
        return formula(text, code, type(layer.activation).forward)
    if isinstance(layer, layers.Rescaling):
        offset = f" + {layer.offset:g}" if layer.offset else ""
        return formula(f"x * {layer.scale:.6g}{offset}", "self.xp.multiply(x", layers.Rescaling.forward)
    return formula("x * mask", "self.xp.multiply(x", layers.Dropout.forward)


def of_softmax_in_loss() -> Formula:
    """A softmax that is computed together with the loss."""
    return formula(_ACTIVATIONS["softmax"][0], "t.p /= total", losses.CategoricalCrossentropy.forward)


def of_input_gradient(layer: layers.Layer) -> Formula:
    """What a layer hands down: the gradient of its input."""
    if isinstance(layer, layers.Dense):
        return formula("dz @ W.T", "self.xp.matmul(dz", layers.Dense.backward)
    if isinstance(layer, layers.Activation):
        name = layer.activation.name
        *_, text, code = _ACTIVATIONS.get(name, (f"da * {name}'(z)", "def"))
        return formula(text, code, type(layer.activation).backward)
    if isinstance(layer, layers.Rescaling):
        return formula(f"dy * {layer.scale:.6g}", "self.xp.multiply(dy", layers.Rescaling.backward)
    return formula("dy * mask", "self.xp.multiply(dy", layers.Dropout.backward)


def of_weight_gradients(layer: layers.Layer) -> list[Formula]:
    """dW and db."""
    penalty = " + l1 * sign(W) + 2 * l2 * W" if layer.kernel_regularizer else ""
    return [
        formula(f"x.T @ dz{penalty}", "self.xp.matmul(t.x.T", layers.Dense.backward),
        formula("sum of dz over the rows", "self.xp.matmul(t.ones", layers.Dense.backward),
    ]


def of_loss(loss: losses.Loss, logits: bool) -> tuple[Formula, Formula]:
    """A row's loss l, and the gradient of their mean with respect to what the loss is computed from."""
    kind = losses.CategoricalCrossentropy if logits else type(loss)
    if (kind, logits) not in _LOSSES:  # a user's own
        return formula("l(y, a)", "def", type(loss).forward), formula("dl / da / N", "def", type(loss).backward)
    (text, code), (gradient_text, gradient_code) = _LOSSES[kind, logits]
    return formula(text, code, kind.forward), formula(gradient_text, gradient_code, kind.backward)


_CLIPPING = {
    "clipvalue": "self.xp.clip(g",
    "clipnorm": "self._clip_norm(g[part]",
    "global_clipnorm": "self._clip_norm(g, self.global",
}


def of_clipping(optimizer: optimizers.Optimizer) -> Formula:
    """What clipping makes of a gradient."""
    how = next(name for name in _CLIPPING if getattr(optimizer, name) is not None)
    text = f"dw clipped, {how} = {getattr(optimizer, how):g}"
    return formula(text, _CLIPPING[how], optimizers.Optimizer.clip)


def of_update(optimizer: optimizers.Optimizer) -> tuple[dict[str, Formula], Formula]:
    """Each slot by its name, and the change of a weight w whose gradient is dw."""
    slots, (text, code) = _texts_of_update(optimizer)
    if optimizer.weight_decay is not None:
        text = f"-w * weight_decay * learning_rate {'' if text.startswith('-') else '+ '}{text}".replace(" -", " - ")
    update = type(optimizer)._update
    return {name: formula(*slot, update) for name, slot in slots.items()}, formula(text, code, update)


def _texts_of_update(optimizer: optimizers.Optimizer) -> tuple[dict[str, tuple[str, str]], tuple[str, str]]:
    if isinstance(optimizer, optimizers.RMSprop):
        variance = "v - a²" if optimizer.centered else "v"
        step = f"learning_rate * dw / sqrt({variance} + epsilon)"
        return {
            "velocity": ("v = rho * v + (1 - rho) * dw²", "v += work0"),
            "momentum": (f"m = momentum * m + {step}", "m += work1"),
            "average_gradient": ("a = rho * a + (1 - rho) * dw", "a += work0"),
        }, ("-m", "w -= m") if optimizer.momentum else (f"-{step}", "w -= work1")
    if isinstance(optimizer, optimizers.SGD):
        slots = {"momentum": ("m = momentum * m - learning_rate * dw", "m -= work0")}
        if not optimizer.momentum:
            return slots, ("-learning_rate * dw", "w -= work0")
        nesterov = "momentum * m - learning_rate * dw", "w += work1"
        return slots, nesterov if optimizer.nesterov else ("m", "w += m")
    if isinstance(optimizer, optimizers.Adam):
        rate = "learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t)"
        return {
            "momentum": ("m = m + (1 - beta_1) * (dw - m)", "m += work0"),
            "velocity": ("v = v + (1 - beta_2) * (dw² - v)", "v += work0"),
        }, (f"-{rate} * m / (sqrt(v) + epsilon)", "w -= work1")
    return {slot: (slot, "def") for slot in optimizer.slots}, ("change of w", "def")  # a user's own
