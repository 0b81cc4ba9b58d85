"""How far tinydnn may be from Keras, and why. This is the only table: every comparison takes its tolerances here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
    """The largest difference allowed in each dtype: of what, and the reason why it is no smaller.

    It holds as it stands if the largest value of the tensor is 1 or less. Above that it is relative to the largest
    value; with `relative`, it always is.
    """

    of: str
    float32: float
    float64: float
    reason: str
    relative: bool = False

    def limit(self, dtype: str, scale: float) -> float:
        """The largest difference allowed in a tensor whose largest value is `scale`."""
        allowed = {"float32": self.float32, "float64": self.float64}[dtype]
        return allowed * (scale if self.relative else max(scale, 1.0))


DRAWN = Tolerance(
    "initial weights, dropout masks, order of the samples",
    0.0,
    0.0,
    "Integer arithmetic on the seed: the same rules give the same bits, and other rules other numbers.",
)
STEP = Tolerance(
    "each tensor of one step, relative to its largest value, or to 1/100 of the largest gradient's (or slot's) if more",
    1e-4,
    1e-12,
    "exp, tanh and sums in another order differ by some ten roundings; on raw grey values a hundred times as much, "
    "since the z in the hundreds have roundings that large beside a sigmoid.",
    relative=True,
)
TRAINING = Tolerance(
    "weights, slots and losses after any number of steps; the change of a weight in one",
    1e-4,
    1e-12,
    "RMSprop and Adam divide by a root that may be near 0. At a learning rate of 0.001 a rounding of a gradient moves "
    "a weight by up to 3 times as much with RMSprop, and by 300 times in Adam's first step.",
)
WALKTHROUGH = Tolerance(
    "the same for the walkthrough's net: scaled inputs, sigmoid, RMSprop",
    2e-6,
    1e-14,
    "Measured over its 1,880 steps: 7.5e-7 and 1.4e-15. Keras differs from itself by as much from one of its settings "
    "to another.",
)
ACCURACY = Tolerance(
    "an accuracy, in rows of those that it is taken of",
    2.0,
    1e-9,
    "In float32 a row whose two largest outputs are the same but for a rounding may count as right here and as wrong "
    "there.",
)
TABLE = (DRAWN, STEP, TRAINING, WALKTHROUGH, ACCURACY)
