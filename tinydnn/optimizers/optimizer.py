"""The base of all optimizers, which work on flat vectors (mirrors keras/src/optimizers/base_optimizer.py).

An optimizer sees all weights of a model as one vector w, their gradient as one vector g, and keeps its
slots, such as RMSprop's velocity, as vectors of the same layout. `update` works on a part of them, so
that threads can share it.
"""

import functools
from typing import Any

import numpy as np

from tinydnn.checks import check_name, check_number, number_or_none
from tinydnn.config import as_floatx, cast, floatx
from tinydnn.device.backend import Array, Backend
from tinydnn.device.elementwise import Elementwise, elementwise
from tinydnn.device.memory import Layout
from tinydnn.missing import Offered, refuse_methods
from tinydnn.names import snake_case
from tinydnn.old_spellings import OldRate
from tinydnn.optimizers.schedules import LearningRateSchedule
from tinydnn.tensors import Scalar
from tinydnn.warn import warn


class Optimizer(Offered, OldRate):
    """The base of all optimizers: clipping, weight decay, and the slots.

    A step is, in Keras' order: clip the gradient, decay the weights, update.

    all_slots: the slots that any settings may ask for, in Keras' order.
    step: the formula (w, *slots, g, *numbers) → (w, *slots); a slot that these settings do without is None.

    Args:
        learning_rate: the step size, not negative, or a schedule of it.
        weight_decay: None, or the factor of  w = w - w * weight_decay * learning_rate  before the update.
        clipnorm: the largest norm that the gradient of one weight array may have; None or 0 for no clipping.
        clipvalue: the largest absolute value that an entry of the gradient may have; None or 0 for no clipping.
        global_clipnorm: the largest norm that the whole gradient may have; None or 0 for no clipping.
        name: as Keras has it; only shown and saved.
        decay: of Keras 2; left out with a warning, as in Keras 3.
    """

    all_slots: tuple[str, ...] = ()
    slots_by_weight: tuple[str, ...] = ()  # those that Keras' files hold weight by weight; the others, slot by slot
    first_value = 0.0  # of every entry of the slots
    step: Elementwise

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        refuse_methods(cls, ("update_step", "apply_gradients"), "write its formula as step, and the numbers it takes")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
        decay: float | None = None,
    ) -> None:
        if decay is not None:
            warn(f"decay={decay!r} is left out, as in Keras 3; see optimizers.schedules.InverseTimeDecay")
        self.schedule: LearningRateSchedule | None = None
        self.iterations = 0
        self.learning_rate = learning_rate
        self.weight_decay = number_or_none("weight_decay", weight_decay)
        self.clipnorm = number_or_none("clipnorm", clipnorm)
        self.clipvalue = number_or_none("clipvalue", clipvalue)
        self.global_clipnorm = number_or_none("global_clipnorm", global_clipnorm)
        if [clipnorm, clipvalue, global_clipnorm].count(None) < 2:
            raise ValueError(
                "Only one of clipnorm, clipvalue and global_clipnorm can be given. Received: "
                f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}"
            )
        self.name = snake_case(type(self).__name__) if name is None else check_name(name, "optimizer")
        self.backend = Backend()
        self.layout: Layout | None = None
        self.slots: dict[str, Array] = {}

    @property
    def learning_rate(self) -> float:
        """The step size of the next step; may be set at any time, to a schedule too.

        Raises:
            TypeError: a schedule gives it, and a number can't be set.
        """
        if self.schedule is not None:
            return Scalar(self.schedule(self.iterations))
        return Scalar(self._learning_rate, functools.partial(setattr, self, "learning_rate"))

    @learning_rate.setter
    def learning_rate(self, value: float | LearningRateSchedule) -> None:
        if isinstance(value, LearningRateSchedule):
            self.schedule = value
            return
        if self.schedule is not None:
            raise TypeError(
                "learning_rate can't be set to a number while a schedule gives it; make the optimizer with a number, "
                f"or set another schedule. Received: learning_rate={value!r}"
            )
        value = float(check_number("learning_rate", value))
        if value > float(np.finfo(floatx()).max):
            raise ValueError(f"learning_rate expects a number that fits {floatx()}. Received: {value}")
        self._learning_rate = value
        # Keras keeps it as a variable of dtype floatx, so a float32 one even where layers are float64.
        self.rate = as_floatx(value)

    @elementwise
    def decayed(w: Any, decay: Any) -> Any:
        return w - w * decay

    def slot_names(self) -> list[str]:
        """The slots that this optimizer keeps with its settings, in Keras' order."""
        return list(self.all_slots)

    def numbers(self) -> tuple[float | None, ...]:
        """The numbers that `step` takes after the gradient; None for one that these settings do without."""
        raise NotImplementedError

    def numbers_in_files(self) -> list[float]:
        """What Keras keeps in variables behind the slots, though it follows from the settings and the steps."""
        return []

    def build(self, layout: Layout, dtype: str, backend: Backend) -> None:
        """Make the slots, with their first value, for weights of this layout; nothing where they fit already."""
        if self.layout is layout:
            return
        if self.layout is not None and self.iterations:
            raise ValueError(
                f"{type(self).__name__} has trained another model, or other layers of this one; "
                "compile this model with a new optimizer"
            )
        self.slots = {name: np.full(layout.size, self.first_value, dtype) for name in self.slot_names()}
        self.attach(layout, backend)

    def attach(self, layout: Layout, backend: Backend) -> None:
        """Move the slots to this device, for weights of this layout."""
        self.layout, self.backend = layout, backend
        self.slots = {name: backend.placed(slot) for name, slot in self.slots.items()}

    def __getstate__(self) -> dict[str, Any]:
        """What a copy has: it belongs to no model, and its slots are NumPy's."""
        slots = {name: self.backend.to_numpy(slot) for name, slot in self.slots.items()}
        return {**self.__dict__, "layout": None, "backend": Backend(), "slots": slots}

    @property
    def clips(self) -> bool:
        return any((self.clipnorm, self.clipvalue, self.global_clipnorm))

    def clip(self, g: Array) -> None:
        """Clip the whole gradient in place, in the one way asked for."""
        if self.clipvalue:
            self.backend.xp.clip(g, -self.clipvalue, self.clipvalue, out=g)
        elif self.clipnorm:
            assert self.layout is not None
            for part in self.layout.slices:
                self._clip_norm(g[part], self.clipnorm)
        elif self.global_clipnorm:
            self._clip_norm(g, self.global_clipnorm)

    def _clip_norm(self, g: Array, limit: float) -> None:
        """g = g * limit / max(|g|, limit):  as it is where its norm is within the limit."""
        xp = self.backend.xp
        norm = xp.sqrt(xp.sum(g * g))
        g *= limit
        g /= xp.maximum(norm, limit)

    def begin_step(self) -> None:
        """Count the step; called once before its updates."""
        if list(self.slots) != self.slot_names():
            raise ValueError(
                f"{type(self).__name__} was built with the slots {list(self.slots)}, and its settings now ask for "
                f"{self.slot_names()}; compile the model with a new optimizer"
            )
        if self.schedule is not None:
            self.rate = float(self.schedule(self.iterations))
        self.iterations += 1

    def update(self, w: Array, g: Array, part: slice) -> None:
        """Decay and update w[part] from its gradient g[part]."""
        w, g = w[part], g[part]
        if self.weight_decay is not None:
            self.decayed.update(self.backend.xp, (w,), cast(self.weight_decay) * self.rate)
        slots = (self.slots[name][part] if name in self.slots else None for name in self.all_slots)
        self.step.update(self.backend.xp, (w, *slots), g, *self.numbers())

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again."""
        return {
            "name": self.name,
            "learning_rate": self.learning_rate if self.schedule is None else self.schedule,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
        }
