"""Wrong answers get the remark that explains them, and none where nothing does."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import wrong_answers
from wrong_answers import WRONG

from tinydnn.course.checking import WRONG as IS_WRONG
from tinydnn.course.checking import verdict_on
from tinydnn.course.exercises import EXERCISES

TASKS = {task.name: task for exercise in EXERCISES for task in exercise.tasks}
FOLDER = Path(wrong_answers.__file__).parent


@pytest.mark.parametrize("answer", WRONG, ids=lambda each: f"{each.task} {each.what}")
def test_a_wrong_answer_gets_the_remark_that_explains_it(answer):
    verdict = verdict_on(TASKS[answer.task], answer.function, FOLDER)
    assert verdict.state == IS_WRONG
    assert answer.says in (verdict.why or "nothing explains it"), verdict.what


def test_there_are_five_and_more_for_each_exercise():
    counts = Counter(answer.task for answer in WRONG)
    for exercise in EXERCISES:
        assert sum(counts[task.name] for task in exercise.tasks) >= 5, exercise.file
        assert all(counts[task.name] >= 5 for task in exercise.tasks), exercise.file


@pytest.mark.parametrize("name", ["prepare", "dense", "softmax_crossentropy", "loss_backward", "dense_backward"])
def test_what_no_mistake_explains_is_not_explained(name):
    rng = np.random.default_rng(3)

    def learners(*arguments):
        value = TASKS[name].solution(*arguments)
        several = isinstance(value, tuple)
        first, *others = value if several else (value,)
        first = first * rng.normal(1, 0.01, first.shape)
        return (first, *others) if several else first

    learners.__wrapped__ = TASKS[name].solution  # for its arguments
    verdict = verdict_on(TASKS[name], learners, FOLDER)
    assert (verdict.state, verdict.why) == (IS_WRONG, None)


def test_a_mistake_that_shows_in_a_tensor_that_is_right_is_no_explanation():
    def softmax_crossentropy(z, y):
        p, l = TASKS["softmax_crossentropy"].solution(z, y)
        return p, l * np.nan

    assert "There are NaN" in verdict_on(TASKS["softmax_crossentropy"], softmax_crossentropy, FOLDER).why


def test_two_mistakes_at_once_are_not_taken_for_one():
    def dense(x, W, b):
        return x @ W.reshape(W.shape[::-1]).T - b

    assert verdict_on(TASKS["dense"], dense, FOLDER).why is None


def test_a_factor_is_told_and_what_number_it_is():
    def dense(x, W, b):
        return (x @ W + b) * 7

    def slope(a):
        return a * (1 - a) * len(a)

    assert verdict_on(TASKS["dense"], dense, FOLDER).why == "Each of your numbers is 7 times the right one."
    assert "100 is the number of the rows of a" in verdict_on(TASKS["slope"], slope, FOLDER).why


@pytest.mark.parametrize("off", [-1, 1])
def test_what_nothing_explains_gets_a_verdict_all_the_same(off):
    def epoch(x, y, order, weights, velocities, batch_size=512):
        return TASKS["epoch"].solution(x, y, order[: len(order) + off - 1], weights, velocities, batch_size + off)

    verdict = verdict_on(TASKS["epoch"], epoch, FOLDER)
    assert (verdict.state, verdict.why) == (IS_WRONG, None)
