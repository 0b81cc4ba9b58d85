"""Optimizers on flat vectors (mirrors keras/src/optimizers).

An optimizer sees all weights of a model as one vector w, their gradient as one vector g, and keeps its
slots, such as RMSprop's velocity, as vectors of the same layout. `update` works on a part of them, so
that threads can share it.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinydnn.config import cast, floatx
from tinydnn.device import kernels
from tinydnn.device.backend import Array, Backend
from tinydnn.device.kernels import Kernel
from tinydnn.device.memory import Layout
from tinydnn.names import not_offered, resolve, snake_case

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "get"]

_LETTERS = {"velocity": "v", "momentum": "m", "average_gradient": "a"}  # of the slots, in formulas


class Optimizer:
    """The base of all optimizers: clipping, weight decay, and the slots.

    A step is, in Keras' order: clip the gradient, decay the weights, update.

    Args:
        learning_rate: the step size, not negative.
        weight_decay: None, or the factor of  w = w - w * weight_decay * learning_rate  before the update.
        clipnorm: None, or the largest norm that the gradient of one weight array may have.
        clipvalue: None, or the largest absolute value that an entry of the gradient may have.
        global_clipnorm: None, or the largest norm that the whole gradient may have.
        name: as Keras has it; only shown and saved.
    """

    slots_by_weight = False  # whether Keras' files hold all slots of one weight before those of the next

    def __init__(
        self,
        learning_rate: float,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
    ) -> None:
        self.learning_rate = learning_rate
        self.weight_decay = None if weight_decay is None else _number("weight_decay", weight_decay)
        self.clipnorm = _positive_or_none("clipnorm", clipnorm)
        self.clipvalue = _positive_or_none("clipvalue", clipvalue)
        self.global_clipnorm = _positive_or_none("global_clipnorm", global_clipnorm)
        if [clipnorm, clipvalue, global_clipnorm].count(None) < 2:
            raise ValueError(
                "Only one of clipnorm, clipvalue and global_clipnorm can be given. Received: "
                f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}"
            )
        self.name = name or snake_case(type(self).__name__)
        self.iterations = 0
        self.layout: Layout | None = None
        self.slots: dict[str, Array] = {}

    @property
    def learning_rate(self) -> float:
        """The step size; may be set at any time."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        value = _number("learning_rate", value)
        if value > np.finfo(floatx()).max:
            raise ValueError(f"learning_rate expects a number that fits {floatx()}. Received: {value}")
        self._learning_rate = value
        # Keras keeps it as a variable of dtype floatx, so a float32 one even where layers are float64.
        self.rate = float(np.dtype(floatx()).type(value))

    def slot_names(self) -> list[str]:
        """The vectors that this optimizer keeps, in Keras' order."""
        return []

    def build(self, layout: Layout, dtype: str, backend: Backend) -> None:
        """Make the slots, all zeros, for weights of this layout; does nothing where they fit already."""
        if self.layout is layout:
            return
        if self.layout is not None and self.iterations:
            raise ValueError(f"{type(self).__name__} has trained another model; compile this one with a new optimizer")
        self.layout, self.xp = layout, backend.xp
        self.slots = {name: backend.empty(layout.size, dtype) for name in self.slot_names()}
        for slot in self.slots.values():
            slot[...] = 0
        self._work = backend.empty(layout.size, dtype)

    @property
    def clips(self) -> bool:
        return (self.clipnorm, self.clipvalue, self.global_clipnorm) != (None, None, None)

    def clip(self, g: Array) -> None:
        """Clip the whole gradient in place, in the one way asked for."""
        if self.clipvalue is not None:
            self.xp.clip(g, -self.clipvalue, self.clipvalue, out=g)
        elif self.clipnorm is not None:
            assert self.layout is not None
            for part in self.layout.slices:
                self._clip_norm(g[part], self.clipnorm)
        elif self.global_clipnorm is not None:
            self._clip_norm(g, self.global_clipnorm)

    def _clip_norm(self, g: Array, limit: float) -> None:
        """g = g * limit / max(|g|, limit):  as it is where its norm is within the limit."""
        norm = self.xp.sqrt(self.xp.sum(g * g))
        g *= limit
        g /= self.xp.maximum(norm, limit)

    def begin_step(self) -> None:
        """Count the step; called once before its updates."""
        if list(self.slots) != self.slot_names():
            raise ValueError(
                f"{type(self).__name__} was built with the slots {list(self.slots)}, and its settings now ask for "
                f"{self.slot_names()}; compile the model with a new optimizer"
            )
        self.iterations += 1

    def update(self, w: Array, g: Array, part: slice) -> None:
        """Decay and update w[part] from g[part], which is used up: what it holds then is nobody's."""
        w, g = w[part], g[part]
        slots = {name: slot[part] for name, slot in self.slots.items()}
        if kernels.fuses(self.xp) and self._formula_of:
            numbers, code = self._formula()
            if self.weight_decay is not None:
                numbers["decay"], code = cast(self.weight_decay) * self.rate, f"w -= w * decay; {code}"
            inputs = ", ".join(f"T {name}" for name in ("g", *numbers))
            outputs = ", ".join(f"T {name}" for name in ("w", *(_LETTERS[name] for name in slots)))
            Kernel(f"{self._formula_of}_update", inputs, outputs, code)(
                self.xp, g, *numbers.values(), w, *slots.values()
            )
            return
        work = self._work[part]
        if self.weight_decay is not None:
            self.xp.multiply(w, cast(self.weight_decay) * self.rate, out=work)
            w -= work
        self._update(w, g, slots, work)

    @property
    def _formula_of(self) -> str | None:
        """The class whose formula this update has; None where it has none, as in a class of somebody's own."""
        owner = next(each for each in type(self).__mro__ if "_update" in vars(each))
        known = "_formula" in vars(owner) and set(self.slots) <= set(_LETTERS)
        return snake_case(owner.__name__) if known else None

    def _formula(self) -> tuple[dict[str, float], str]:
        """The update as a kernel of w, g and the slots' letters: its numbers by name, and its code."""
        raise NotImplementedError

    def _update(self, w: Array, g: Array, slots: dict[str, Array], work: Array) -> None:
        """The update in place, with a work array; g may serve as another one."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again."""
        return {
            "name": self.name,
            "learning_rate": self.learning_rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
        }


class RMSprop(Optimizer):
    """Divides each step by a running root mean square of the gradient (keras/src/optimizers/rmsprop.py).

        v = rho * v + (1 - rho) * g²
        w = w - learning_rate * g / sqrt(v + epsilon)

    Epsilon is inside the root; many other implementations have it outside. With `centered`, a running
    mean a of the gradient makes it the variance: sqrt(v - a² + epsilon). With `momentum`, the step s goes
    into m = momentum * m + s, and w = w - m.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = _number("rho", rho, high=1)
        self.momentum = _number("momentum", momentum, high=1)
        self.epsilon = _number("epsilon", epsilon)
        self.centered = bool(centered)

    def slot_names(self) -> list[str]:
        return ["velocity"] + ["momentum"] * (self.momentum > 0) + ["average_gradient"] * self.centered

    def _formula(self) -> tuple[dict[str, float], str]:
        numbers = {"rho": self.rho, "rest": 1 - self.rho, "rate": self.rate, "epsilon": self.epsilon}
        code, variance = "v = rho * v + rest * g * g; ", "v"
        if self.centered:
            code, variance = f"{code}a = rho * a + rest * g; ", "v - a * a"
        step = f"rate * g / sqrt({variance} + epsilon)"
        if self.momentum > 0:
            return {**numbers, "momentum": self.momentum}, f"{code}m = momentum * m + {step}; w -= m"
        return numbers, f"{code}w -= {step}"

    def _update(self, w: Array, g: Array, slots: dict[str, Array], work: Array) -> None:
        xp, rho, v = self.xp, self.rho, slots["velocity"]

        v *= rho  # v = rho * v + (1 - rho) * g²
        xp.multiply(g, g, out=work)
        work *= 1 - rho
        v += work

        if self.centered:  # variance = v - a²,  a = rho * a + (1 - rho) * g
            a = slots["average_gradient"]
            a *= rho
            xp.multiply(g, 1 - rho, out=work)
            a += work
            xp.multiply(a, a, out=work)
            xp.subtract(v, work, out=work)
            work += self.epsilon
        else:
            xp.add(v, self.epsilon, out=work)

        xp.sqrt(work, out=work)  # step = learning_rate * g / sqrt(… + epsilon)
        g *= self.rate
        g /= work

        if self.momentum > 0:  # m = momentum * m + step
            m = slots["momentum"]
            m *= self.momentum
            m += g
            w -= m
        else:
            w -= g

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }


class SGD(Optimizer):
    """Gradient descent, with momentum where asked for (keras/src/optimizers/sgd.py).

        w = w - learning_rate * g

    With `momentum`: m = momentum * m - learning_rate * g, and w = w + m; with `nesterov`,
    w = w + momentum * m - learning_rate * g.
    """

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.momentum = _number("momentum", momentum, high=1)
        self.nesterov = bool(nesterov)

    def slot_names(self) -> list[str]:
        return ["momentum"] * (self.momentum > 0)

    def _formula(self) -> tuple[dict[str, float], str]:
        if self.momentum == 0:
            return {"rate": self.rate}, "w -= rate * g"
        change = "momentum * m - rate * g" if self.nesterov else "m"
        return {"rate": self.rate, "momentum": cast(self.momentum)}, f"m = momentum * m - rate * g; w += {change}"

    def _update(self, w: Array, g: Array, slots: dict[str, Array], work: Array) -> None:
        g *= self.rate
        if self.momentum == 0:
            w -= g
            return
        m, momentum = slots["momentum"], cast(self.momentum)
        m *= momentum  # m = momentum * m - learning_rate * g
        m -= g
        if self.nesterov:  # w = w + momentum * m - learning_rate * g
            self.xp.multiply(m, momentum, out=work)
            work -= g
            w += work
        else:
            w += m

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}


class Adam(Optimizer):
    """Running means of the gradient and of its square (keras/src/optimizers/adam.py).

        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g² - v)
        w = w - learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)

    t is the number of the step, from 1. Epsilon is outside the root here.
    """

    slots_by_weight = True

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = _number("beta_1", beta_1, high=1)
        self.beta_2 = _number("beta_2", beta_2, high=1)
        self.epsilon = _number("epsilon", epsilon)

    def slot_names(self) -> list[str]:
        return ["momentum", "velocity"]

    @property
    def _corrected_rate(self) -> float:
        t = self.iterations
        return self.rate * (math.sqrt(1 - cast(self.beta_2) ** t) / (1 - cast(self.beta_1) ** t))

    def _formula(self) -> tuple[dict[str, float], str]:
        numbers = {"rest_1": 1 - self.beta_1, "rest_2": 1 - self.beta_2, "epsilon": self.epsilon}
        code = "m += rest_1 * (g - m); v += rest_2 * (g * g - v); w -= rate * m / (sqrt(v) + epsilon)"
        return {**numbers, "rate": self._corrected_rate}, code

    def _update(self, w: Array, g: Array, slots: dict[str, Array], work: Array) -> None:
        xp, m, v = self.xp, slots["momentum"], slots["velocity"]

        xp.subtract(g, m, out=work)  # m = m + (1 - beta_1) * (g - m)
        work *= 1 - self.beta_1
        m += work

        g *= g  # v = v + (1 - beta_2) * (g² - v)
        g -= v
        g *= 1 - self.beta_2
        v += g

        xp.sqrt(v, out=work)
        work += self.epsilon
        xp.multiply(m, self._corrected_rate, out=g)
        g /= work
        w -= g

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}


def _number(name: str, value: Any, high: float = math.inf) -> float:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0 <= value <= high or not math.isfinite(value):
        bounds = "a finite number that is not negative" if high == math.inf else f"a number from 0 to {high}"
        raise ValueError(f"{name} expects {bounds}. Received: {name}={value!r}")
    return float(value)


def _positive_or_none(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if _number(name, value) == 0:
        raise ValueError(f"{name} expects a number above 0, or None for no clipping. Received: {name}={value!r}")
    return float(value)


_OFFERED: dict[str, Callable[[], Optimizer]] = {"adam": Adam, "rmsprop": RMSprop, "sgd": SGD}


def get(identifier: str | Optimizer) -> Optimizer:
    """The optimizer itself, or a new one with its defaults by its name, in capitals or not as in Keras."""
    name = identifier.lower() if isinstance(identifier, str) else identifier
    return resolve("optimizer", name, Optimizer, _OFFERED)


__getattr__ = not_offered(__name__, globals())
