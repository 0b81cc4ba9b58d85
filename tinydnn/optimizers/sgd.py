"""SGD (mirrors keras/src/optimizers/sgd.py)."""

from typing import Any

from tinydnn.checks import check_number
from tinydnn.config import cast
from tinydnn.device.elementwise import elementwise
from tinydnn.optimizers.optimizer import Optimizer
from tinydnn.optimizers.schedules import LearningRateSchedule


class SGD(Optimizer):
    """Gradient descent, with momentum where asked for.

        w = w - learning_rate * g

    With `momentum`: m = momentum * m - learning_rate * g, and w = w + m; with `nesterov`,
    w = w + momentum * m - learning_rate * g.
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.momentum = check_number("momentum", momentum, high=1)
        self.nesterov = bool(nesterov)

    all_slots = ("momentum",)

    def slot_names(self) -> list[str]:
        return ["momentum"] * (self.momentum > 0)

    @elementwise
    def step(w: Any, m: Any, g: Any, rate: Any, momentum: Any, nesterov: Any) -> Any:
        if m is None:
            w = w - rate * g
        else:
            m = momentum * m - rate * g
            w = w + m if nesterov is None else w + (nesterov * m - rate * g)
        return w, m

    def numbers(self) -> tuple[float | None, ...]:
        return self.rate, cast(self.momentum), cast(self.momentum) if self.nesterov else None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
