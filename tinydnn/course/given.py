"""What the exercises build on: the functions of earlier ones, so that a learner may begin anywhere."""

from tinydnn.course.exercises.ex03_sigmoid import slope
from tinydnn.course.exercises.ex06_loss_backward import loss_backward
from tinydnn.course.reference import (
    backward,
    dense_backward,
    forward,
    initial_weights,
    rmsprop,
    shuffled,
    softmax_crossentropy,
)

__all__ = [
    "backward", "dense_backward", "forward", "initial_weights", "loss_backward", "rmsprop", "shuffled", "slope",
    "softmax_crossentropy",
]  # fmt: skip
