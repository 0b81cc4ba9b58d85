"""The exercises of the course, in order. Each file has the text, the mistakes that people make, and what to write."""

from tinydnn.course.exercises import (
    ex01_prepare,
    ex02_dense,
    ex03_sigmoid,
    ex04_softmax,
    ex05_chain_rule,
    ex06_loss_backward,
    ex07_dense_backward,
    ex08_backward,
    ex09_numerical_gradient,
    ex10_sgd,
    ex11_rmsprop_adam,
    ex12_epoch,
)

EXERCISES = tuple(
    module.EXERCISE
    for module in (
        ex01_prepare,
        ex02_dense,
        ex03_sigmoid,
        ex04_softmax,
        ex05_chain_rule,
        ex06_loss_backward,
        ex07_dense_backward,
        ex08_backward,
        ex09_numerical_gradient,
        ex10_sgd,
        ex11_rmsprop_adam,
        ex12_epoch,
    )
)
