"""Learning rates that change from step to step (mirrors keras/src/optimizers/schedules), a file for each."""

from tinydnn.names import not_offered
from tinydnn.optimizers.schedules.cosine_decay import CosineDecay
from tinydnn.optimizers.schedules.cosine_decay_restarts import CosineDecayRestarts
from tinydnn.optimizers.schedules.exponential_decay import ExponentialDecay
from tinydnn.optimizers.schedules.inverse_time_decay import InverseTimeDecay
from tinydnn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule
from tinydnn.optimizers.schedules.piecewise_constant_decay import PiecewiseConstantDecay
from tinydnn.optimizers.schedules.polynomial_decay import PolynomialDecay

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
]

__getattr__ = not_offered(__name__, globals())
