"""The formulas of a training step, each with the line of tinydnn that computes it: what the microscope quotes.

x is what goes into a layer, z what a Dense layer makes of it, a an activation, w any weight, and d… the
gradient of the loss with respect to it; N is the number of rows of the batch.

Formulas are found by the method that computes them. One that somebody has replaced, or that belongs to a
class of a user's own, has none here: it is quoted by its name and its first line.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tinydnn import activations, layers, losses, optimizers, regularizers

Method = Callable[..., Any]


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


def formula(text: str, code: str, method: Method) -> Formula:
    """The formula, with the line of the method that has this code, or its first line."""
    try:
        lines, first = inspect.getsourcelines(method)
    except (OSError, TypeError):  # typed into a prompt, or installed without its source
        place = method.__code__
        return Formula(text, Path(place.co_filename).name, place.co_firstlineno, "")
    offset = next((i for i, line in enumerate(lines) if code in line), 0)
    return Formula(text, Path(inspect.getfile(inspect.unwrap(method))).name, first + offset, lines[offset].strip())


_LAYERS_AND_ACTIVATIONS: dict[Method, tuple[str, str]] = {
    layers.Dense.forward: ("x @ W + b", "self.xp.matmul(x"),
    layers.Dense.backward: ("dz @ W.T", "self.xp.matmul(dz"),
    layers.Dropout.forward: ("x * mask", "self.xp.multiply(x"),
    layers.Dropout.backward: ("dy * mask", "self.xp.multiply(dy"),
    activations.Linear.forward: ("z", "a[...] = z"),
    activations.Linear.backward: ("da", "dz[...] = da"),
    activations.Sigmoid.forward: ("1 / (1 + exp(-z))", "xp.add(a, 0.5"),
    activations.Sigmoid.backward: ("da * a * (1 - a)", "xp.multiply(dz, da"),
    activations.Tanh.forward: ("tanh(z)", "xp.tanh(z"),
    activations.Tanh.backward: ("da * (1 - a²)", "xp.multiply(dz, da"),
    activations.Relu.forward: ("max(z, 0)", "xp.maximum(z"),
    activations.Relu.backward: ("da where a > 0, else 0", "xp.multiply(dz, da"),
    activations.Softmax.forward: ("exp(z) / sum of exp(z)", "xp.divide(a"),
    activations.Softmax.backward: ("a * (da - sum of da * a)", "xp.multiply(dz, a"),
}

_LOSSES: dict[Method, tuple[str, str]] = {  # {a} is what the model puts out; from logits, see of_loss
    losses.CategoricalCrossentropy.forward: (
        "-sum of y * log q, q = {a} / sum of {a}, clipped",
        "xp.sum(t.work, axis=1",
    ),
    losses.CategoricalCrossentropy.backward: (
        "(dq - sum of dq * q) / sum of {a} / N, dq = -y / q, 0 where clipped",
        "t.dx *= 1 / n",
    ),
    losses.SparseCategoricalCrossentropy.forward: (
        "-sum of y * log q, q = clipped {a} / its sum",
        "xp.negative(t.l",
    ),
    losses.SparseCategoricalCrossentropy.backward: ("(q - y) / {a} / N, 0 where clipped", "t.dx *= 1 / n"),
    losses.MeanSquaredError.forward: ("mean of ({a} - y)²", "xp.mean(t.p"),
    losses.MeanSquaredError.backward: ("2 * ({a} - y) / outputs / N", "xp.multiply(t.work, 2"),
}

_CROSSENTROPY = losses.CategoricalCrossentropy
_FROM_LOGITS: dict[Method, tuple[str, str, Method]] = {
    _CROSSENTROPY.forward: ("sum of y * (log(sum of exp(z)) - z)", "xp.sum(t.work, axis=1", _CROSSENTROPY.forward),
    _CROSSENTROPY.backward: ("(softmax(z) - y) / N", "_logits_gradient(", _CROSSENTROPY.backward),
}
_FROM_LOGITS[losses.SparseCategoricalCrossentropy.forward] = _FROM_LOGITS[_CROSSENTROPY.forward]
_FROM_LOGITS[losses.SparseCategoricalCrossentropy.backward] = _FROM_LOGITS[_CROSSENTROPY.backward]


_ACTIVATION_FORWARDS = layers.Activation.forward, layers._BiasActivation.forward


def _of_method(method: Method, otherwise: str) -> Formula:
    """What this method of a layer or an activation computes."""
    text, code = _LAYERS_AND_ACTIVATIONS.get(method, (otherwise, "def"))
    return formula(text, code, method)


def of_output(layer: layers.Layer) -> Formula:
    """What a layer computes."""
    if isinstance(layer, layers.Activation) and type(layer).forward in _ACTIVATION_FORWARDS:
        function = layer.activation
        return _of_method(type(function).forward, f"{function.name}(z)")
    if type(layer).forward is layers.Rescaling.forward and isinstance(layer, layers.Rescaling):
        return formula(f"x * {layer.scale:.6g}{_plus(layer.offset)}", "self.xp.multiply(x", type(layer).forward)
    found = _of_method(type(layer).forward, f"{layer.name}(x)")
    without_bias = isinstance(layer, layers.Dense) and not layer.use_bias
    return replace(found, text=found.text.removesuffix(" + b")) if without_bias else found


def of_softmax_in_loss() -> Formula:
    """A softmax that is computed together with the loss."""
    text, _ = _LAYERS_AND_ACTIVATIONS[activations.Softmax.forward]
    return formula(text, "t.p /= t.total", losses.CategoricalCrossentropy.forward)


def of_input_gradient(layer: layers.Layer) -> Formula:
    """What a layer hands down: the gradient of its input."""
    if type(layer).backward is layers.Activation.backward and isinstance(layer, layers.Activation):
        function = layer.activation
        return _of_method(type(function).backward, f"da * {function.name}'(z)")
    if type(layer).backward is layers.Rescaling.backward and isinstance(layer, layers.Rescaling):
        return formula(f"dy * {layer.scale:.6g}", "self.xp.multiply(dy", type(layer).backward)
    found = _of_method(type(layer).backward, "dx")
    return replace(found, text=f"{found.text} of {layer.name}")


def of_weight_gradients(layer: layers.Layer) -> list[Formula]:
    """dW and db of a Dense layer, or of each weight of another."""
    backward, penalty = type(layer).backward, _penalty(layer.kernel_regularizer)
    if backward is layers.Dense.backward:
        return [
            formula(f"x.T @ dz{penalty}", "self.xp.matmul(t.x.T", backward),
            formula("sum of dz over the rows", "self.xp.matmul(t.ones", backward),
        ]
    return [
        formula(f"gradient of the loss{penalty if i == 0 else ''}", "def", backward) for i in range(len(layer.weights))
    ]


def _penalty(regularizer: regularizers.Regularizer | None) -> str:
    if regularizer is None:
        return ""
    if type(regularizer).add_gradient is not regularizers.Regularizer.add_gradient:
        return " + the penalty's gradient"
    return " + l1 * sign(W)" * (regularizer.l1 > 0) + " + 2 * l2 * W" * (regularizer.l2 > 0)


def of_loss(loss: losses.Loss, logits: bool, output: str) -> tuple[Formula, Formula]:
    """A row's loss l, and the gradient of their mean with respect to what it is computed from.

    output: what the model's output is called.
    """
    methods: tuple[Method, Method] = type(loss).forward, type(loss).backward
    generic = f"loss of y and {output}", "its gradient / N"
    found = []
    for method, otherwise in zip(methods, generic, strict=True):
        text, code, quoted = _FROM_LOGITS.get(method, (otherwise, "def", method))
        if not logits:
            text, code = _LOSSES.get(method, (otherwise, "def"))
            quoted = method
        found.append(formula(text.replace("{a}", output), code, quoted))
    return found[0], found[1]


_CLIPPING = {
    "clipvalue": "self.xp.clip(g",
    "clipnorm": "self._clip_norm(g[part]",
    "global_clipnorm": "self._clip_norm(g, self.global",
}


def of_clipping(optimizer: optimizers.Optimizer) -> Formula:
    """What clipping makes of a gradient."""
    how = next(name for name in _CLIPPING if getattr(optimizer, name) is not None)
    return formula(f"dw clipped, {how} = {getattr(optimizer, how):g}", _CLIPPING[how], type(optimizer).clip)


_RMSPROP, _SGD, _ADAM = optimizers.RMSprop._update, optimizers.SGD._update, optimizers.Adam._update


def of_update(optimizer: optimizers.Optimizer) -> tuple[dict[str, Formula], Formula]:
    """Each slot by its name, and the change of a weight w whose gradient is dw."""
    slots, (text, code) = _texts_of_update(optimizer)
    if optimizer.weight_decay is not None:
        text = "-w * weight_decay * learning_rate" + (f" - {text[1:]}" if text.startswith("-") else f" + {text}")
    update = type(optimizer)._update
    return {name: formula(*slot, update) for name, slot in slots.items()}, formula(text, code, update)


def _texts_of_update(optimizer: optimizers.Optimizer) -> tuple[dict[str, tuple[str, str]], tuple[str, str]]:
    update = type(optimizer)._update
    if isinstance(optimizer, optimizers.RMSprop) and update is _RMSPROP:
        variance = "v - a²" if optimizer.centered else "v"
        step = f"learning_rate * dw / sqrt({variance} + epsilon)"
        return {
            "velocity": ("v = rho * v + (1 - rho) * dw²", "v += work"),
            "momentum": (f"m = momentum * m + {step}", "m += g"),
            "average_gradient": ("a = rho * a + (1 - rho) * dw", "a += work"),
        }, ("-m", "w -= m") if optimizer.momentum else (f"-{step}", "w -= g")
    if isinstance(optimizer, optimizers.SGD) and update is _SGD:
        slots = {"momentum": ("m = momentum * m - learning_rate * dw", "m -= g")}
        if not optimizer.momentum:
            return slots, ("-learning_rate * dw", "w -= g")
        nesterov = "momentum * m - learning_rate * dw", "w += work"
        return slots, nesterov if optimizer.nesterov else ("m", "w += m")
    if isinstance(optimizer, optimizers.Adam) and update is _ADAM:
        rate = "learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t)"
        return {
            "momentum": ("m = m + (1 - beta_1) * (dw - m)", "m += work"),
            "velocity": ("v = v + (1 - beta_2) * (dw² - v)", "v += g"),
        }, (f"-{rate} * m / (sqrt(v) + epsilon)", "w -= g")
    return {slot: (f"{slot} of {optimizer.name}", "def") for slot in optimizer.slots}, (f"of {optimizer.name}", "def")


def _plus(offset: float) -> str:
    if not offset:
        return ""
    return f" {'-' if offset < 0 else '+'} {abs(offset):g}"
