"""What the microscope quotes: the formula of a tensor, and the line of tinydnn that computes it.

An elementwise formula is quoted as it stands in its function. What a layer or a loss computes with matrix products
and sums is quoted from the docstring of the method, beside the line that writes the result.

x is what goes into a layer, z what a Dense layer makes of it, a an activation, w any weight and g its gradient, and
d… the gradient of the loss with respect to something; N is the number of rows of the batch.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tinydnn
from tinydnn import activations, layers, losses, optimizers
from tinydnn.device.elementwise import Elementwise
from tinydnn.inspect.weight_names import gradients_in

Method = Callable[..., Any]

_ROOT = Path(tinydnn.__file__).parent


@dataclass(frozen=True)
class Formula:
    """A formula, and the file, line and code that compute it; the file is relative to tinydnn's folder."""

    text: str
    file: str
    line: int
    code: str

    def named(self, left: str) -> "Formula":
        """The same with its left side: z = x @ W + b."""
        return replace(self, text=f"{left} = {self.text}")


def quote(method: Method, text: str, *codes: str) -> Formula:
    """A formula with this text, and the first line of the method that has one of these codes, or else its first."""
    lines, first = _source(method)
    place = inspect.unwrap(method).__code__
    file = Path(place.co_filename)
    name = file.relative_to(_ROOT).as_posix() if file.is_relative_to(_ROOT) else file.name
    offset = next((i for code in codes for i, line in enumerate(lines) if code in line), 0)
    return Formula(text, name, first + offset, lines[offset].strip() if lines else "")


def _source(method: Method) -> tuple[list[str], int]:
    """The lines of a function without its docstring, as empty ones, and the number of the first."""
    function = inspect.unwrap(method)
    try:
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError):  # typed into a prompt, or installed without its source
        return [], function.__code__.co_firstlineno
    head = ast.parse(textwrap.dedent("".join(lines))).body[0]
    assert isinstance(head, ast.FunctionDef)
    if ast.get_docstring(head) is not None:
        end = head.body[0].end_lineno or 0
        lines[head.body[0].lineno - 1 : end] = ["\n"] * (end - head.body[0].lineno + 1)
    return lines, first


def of_method(method: Method, left: str, result: str, otherwise: str, paragraph: str = "") -> Formula:
    """The formula of `left` in a method's docstring, in the paragraph that begins so.

    result: what the line that computes it writes to.
    """
    text = inspect.getdoc(method) or ""
    found = re.search(rf"\b{left} = (.+?)(?:,  |;  |\.?\n|\.?$)", text[max(text.find(paragraph), 0) :])
    return quote(method, found[1] if found else otherwise, f"out={result}", f"{result},", result)


def of_elementwise(formula: Elementwise, result: str, arguments: Mapping[str, Any] | None = None) -> Formula:
    """The line that makes a result: what the function returns, or what it binds to this name last.

    arguments: those that are None take their branch of an `if`.
    """
    lines, first = _source(formula)
    if not lines:
        return quote(formula.function, formula.name, "")
    tree = ast.parse(textwrap.dedent("".join(lines))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    chosen = None
    for statement in _taken(tree.body, arguments or {}):
        bound = isinstance(statement, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == result for each in statement.targets
        )
        if bound or (chosen is None and isinstance(statement, ast.Return)):
            chosen = statement
    assert isinstance(chosen, ast.Assign | ast.Return)
    assert chosen.value is not None
    text = ast.unparse(chosen.value).replace("np.", "")
    return replace(
        quote(formula.function, text, ""), line=first + chosen.lineno - 1, code=lines[chosen.lineno - 1].strip()
    )


def _taken(body: list[ast.stmt], arguments: Mapping[str, Any]) -> list[ast.stmt]:
    """The statements that run with these arguments."""
    taken: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, ast.If):
            test = eval(compile(ast.Expression(statement.test), "<if>", "eval"), dict(arguments))
            taken += _taken(statement.body if test else statement.orelse, arguments)
        else:
            taken.append(statement)
    return taken


# -- layers ----------------------------------------------------------------------------------------------


_OF_ROWS: dict[type[activations.Activation], str] = {
    activations.Softmax: " / their sum over the row",
    activations.LogSoftmax: ",  total = the sum of exp(z - largest) over the row",
}


def of_activation(activation: activations.Activation) -> Formula:
    """a, from z."""
    kind = type(activation)
    for of_rows, rest in _OF_ROWS.items():
        if isinstance(activation, of_rows):
            found = of_elementwise(activation.f, "a")
            return replace(found, text=f"{found.text}{rest}")
    if kind.forward is activations.Activation.forward:
        return _in_full(activation, activation.f, "a")
    return of_method(kind.forward, "a", "def", f"{activation.name}(z)")


def of_activation_gradient(activation: activations.Activation) -> Formula:
    """dz, from z, a and da."""
    kind = type(activation)
    if kind.backward is activations.Activation.backward or isinstance(activation, tuple(_OF_ROWS)):
        return _in_full(activation, activation.gradient, "dz")
    return of_method(kind.backward, "dz", "def", f"da * {activation.name}'(z)")


def _in_full(activation: activations.Activation, formula: Elementwise, result: str) -> Formula:
    """The formula with the numbers that it takes, and what it computes on the way."""
    found = of_elementwise(formula, result)
    names = [*inspect.signature(formula.function).parameters]
    numbers = dict(zip(reversed(names), reversed(activation.numbers), strict=False))
    parts = [f"{name} = {numbers[name]}" for name in names if name in numbers]
    for statement in ast.parse(textwrap.dedent("".join(_source(formula)[0]))).body[:1]:
        assert isinstance(statement, ast.FunctionDef)
        parts += [ast.unparse(each).replace("np.", "") for each in statement.body if isinstance(each, ast.Assign)]
    return replace(found, text=",  ".join([found.text, *parts]))


def of_output(layer: layers.Layer, kind: str) -> Formula:
    """z or y, what a layer computes."""
    found = _with_numbers(layer, of_method(type(layer).forward, kind, f"t.{kind}", f"{layer.name}(x)"))
    without_bias = isinstance(layer, layers.Dense) and not layer.use_bias
    return replace(found, text=found.text.removesuffix(" + b")) if without_bias else found


def _with_numbers(layer: layers.Layer, formula: Formula) -> Formula:
    """The formula with the layer's own scale and offset."""
    text = formula.text
    for name, value in vars(layer).items():
        if isinstance(value, float):
            text = re.sub(rf"\b{name}\b", f"{value:.6g}", text)
    return replace(formula, text=text.replace(" + -", " - ").removesuffix(" + 0"))


def of_input_gradient(layer: layers.Layer) -> Formula:
    """dx, what a layer hands down."""
    if isinstance(layer, layers.Activation) and type(layer).backward is layers.Activation.backward:
        return of_activation_gradient(layer.activation)
    found = _with_numbers(layer, of_method(type(layer).backward, "dx", "t.dx", "dx"))
    return replace(found, text=f"{found.text} of {layer.name}")


def of_weight_gradients(layer: layers.Layer) -> list[Formula]:
    """dW and db of a Dense layer, or the gradient of each weight of another."""
    found = [
        of_method(type(layer).backward, name, f"t.gradients[{i}]", "gradient of the loss")
        for i, name in enumerate(gradients_in(layer))
    ]
    for i, _ in layer.penalties:
        found[i] = replace(found[i], text=f"{found[i].text} + the penalty's gradient")
    return found


# -- loss ------------------------------------------------------------------------------------------------


def of_loss(loss: losses.Loss, logits: bool, output: str) -> tuple[Formula, Formula]:
    """A row's loss l, and the gradient of their mean with respect to what it is computed from.

    output: what that is called.
    """
    paragraph, left = ("From logits", "dz") if logits else ("From probabilities", "dx")
    if isinstance(loss, losses.ElementwiseLoss):
        return _of(_of_outputs(loss, loss.f, ""), output), _of(_of_outputs(loss, loss.slope, " / N"), output)
    kind: Any = type(loss)
    forward, backward = kind.forward, kind.backward
    if logits and isinstance(loss, losses.SparseCategoricalCrossentropy):
        forward, backward = losses.CategoricalCrossentropy.forward, losses.CategoricalCrossentropy.backward
    found = (
        of_method(forward, "l", "t.l" if not logits else "of_logits", f"loss of y and {output}", paragraph),
        of_method(backward, left, "t.dx", "its gradient / N", paragraph),
    )
    smoothing = loss.label_smoothing if isinstance(loss, losses.Smoothing) else 0
    note = f",  y smoothed by {smoothing:g}" if smoothing else ""
    of_rows, of_gradient = (_of(replace(each, text=each.text + note), output) for each in found)
    return of_rows, of_gradient


def _of_outputs(loss: losses.ElementwiseLoss, formula: Elementwise, share: str) -> Formula:
    """A formula of each output, by its docstring: its mean or sum, or its share of a mean."""
    found = of_elementwise(formula, "")
    text = inspect.getdoc(formula.function) or found.text
    number = (
        "" if loss.number is None else f",  {[*inspect.signature(formula.function).parameters][2]} = {loss.number:g}"
    )
    if not share:
        how = f"{'mean' if loss.mean_over_outputs else 'sum'} over the outputs of {text}"
    else:
        is_product = not re.search(" [-+] | where | else ", re.sub(r"\([^()]*\)", "", text))
        how = f"{text if is_product else f'({text})'}{' / outputs' * loss.mean_over_outputs}{share}"
    return replace(found, text=f"{how}{number}")


def _of(formula: Formula, output: str) -> Formula:
    """A loss' formula, in which x is called otherwise, and n is N."""
    return replace(formula, text=re.sub(r"\bn\b", "N", re.sub(r"\bx\b", output, formula.text)))


# -- update ----------------------------------------------------------------------------------------------

_CLIPPING = {
    "clipvalue": "self.backend.xp.clip(g",
    "clipnorm": "self._clip_norm(g[part]",
    "global_clipnorm": "self._clip_norm(g, self.global",
}


def of_clipping(optimizer: optimizers.Optimizer) -> Formula:
    """What clipping makes of a gradient."""
    how = next(name for name in _CLIPPING if getattr(optimizer, name) is not None)
    return quote(type(optimizer).clip, f"g clipped, {how} = {getattr(optimizer, how):g}", _CLIPPING[how])


def of_update(optimizer: optimizers.Optimizer) -> tuple[dict[str, Formula], Formula]:
    """Each slot by its name, and what a weight w becomes."""
    letters = list(inspect.signature(optimizer.step.function).parameters)
    slots = dict(zip(optimizer.all_slots, letters[1:], strict=False))
    present: dict[str, Any] = {letter: optimizer.slots.get(name) for name, letter in slots.items()}
    numbers = letters[2 + len(slots) :]
    present |= dict(zip(numbers, optimizer.numbers(), strict=True))
    of_slots = {
        name: of_elementwise(optimizer.step, slots[name], present).named(slots[name]) for name in optimizer.slots
    }
    change = of_elementwise(optimizer.step, "w", present).named("w")
    if optimizer.weight_decay is not None:
        decay = of_elementwise(optimizer.decayed, "w")
        change = replace(change, text=f"w = {decay.text}, then {change.text}")
    return of_slots, change
