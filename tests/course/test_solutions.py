"""The solutions are what tinydnn's engine computes, and pass in every form in which people write them."""

import ast
import inspect
import sys
from pathlib import Path

import numpy as np
import pytest

import tinydnn as keras
from tinydnn.course import given
from tinydnn.course.calls import calls
from tinydnn.course.checking import RIGHT, verdict_on
from tinydnn.course.digits import NAMES, batch
from tinydnn.course.exercises import EXERCISES
from tinydnn.course.notebooks import sources
from tinydnn.course.report import UNTOUCHED, report_on
from tinydnn.course.writing import write
from tinydnn.inspect import net
from tinydnn.inspect.diagnosis.step import Step, begin
from tinydnn.inspect.microscope import dissect

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))
import one_file

TASKS = {task.name: task for exercise in EXERCISES for task in exercise.tasks}
HERE = Path(__file__).parent


def in_dtype(value, dtype):
    if isinstance(value, list | tuple):
        return [in_dtype(each, dtype) for each in value]
    return value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value


def as_lists(value):
    if isinstance(value, tuple):
        return [as_lists(each) for each in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def in_form(solution, dtype, lists):
    """The solution as somebody has it who computes in this dtype, and may return lists."""

    def learners(*arguments):
        own = [in_dtype(each, dtype) for each in arguments]
        value = solution(*own)
        for theirs, mine in zip(arguments, own, strict=True):  # what is changed in place
            if isinstance(theirs, np.ndarray) and theirs.dtype.kind == "f":
                theirs[...] = mine
            elif isinstance(theirs, list):
                for to, values in zip(theirs, mine, strict=True):
                    to[...] = values
        return as_lists(value) if lists else value

    learners.__signature__ = inspect.signature(solution)
    return learners


@pytest.mark.parametrize("form", [("float32", False), ("float64", False), ("float64", True)], ids=str)
@pytest.mark.parametrize("name", TASKS)
def test_each_solution_passes(name, form):
    verdict = verdict_on(TASKS[name], in_form(TASKS[name].solution, *form), HERE)
    assert (verdict.state, verdict.what, verdict.why) == (RIGHT, "", None)
    assert {each.state for each in verdict.tensors} == {RIGHT}


def test_sums_may_be_in_any_order_and_in_loops():
    def dense(x, W, b):
        z = np.zeros((len(x), len(b)), np.float32)
        for i in reversed(range(len(W))):
            z += x[:, i : i + 1] * W[i]
        return z + b

    def dense_backward(x, W, dz):
        db = np.zeros(dz.shape[1], np.float32)
        for row in dz:
            db += row
        return np.einsum("ni,nj->ij", x[::-1], dz[::-1]), db, np.einsum("nj,ij->ni", dz, W)

    for function in dense, dense_backward:
        assert verdict_on(TASKS[function.__name__], function, HERE).state == RIGHT


# -- they are the one file's and the engine's --------------------------------------------------------


def test_what_the_one_file_has_as_a_function_is_taken_from_it():
    own = {name for name, task in TASKS.items() if not task.solution.__module__.startswith("tinydnn")}
    assert own == {"sigmoid", "softmax_crossentropy", "dense_backward", "backward", "rmsprop", "epoch"}
    for name in own:
        assert inspect.getsource(TASKS[name].solution) == inspect.getsource(getattr(one_file, name))


def test_the_other_solutions_do_what_the_one_file_does_between_the_lines(mnist):
    (images, labels), _ = mnist
    x, y = TASKS["prepare"].solution(images[:50], labels[:50])
    path = Path(keras.datasets.mnist.__file__).with_name("mnist.npz")
    for ours, theirs in zip((x, y), one_file.load_digits(path, "float32"), strict=True):
        np.testing.assert_allclose(ours, theirs[:50], rtol=2e-7)
    dense, sigmoid, slope = (TASKS[name].solution for name in ("dense", "sigmoid", "slope"))
    weights = one_file.initial_weights(42, "float32")
    a1, a2, z3 = one_file.forward(x, weights)
    np.testing.assert_array_equal(
        dense(sigmoid(dense(sigmoid(dense(x, *weights[:2])), *weights[2:4])), *weights[4:]), z3
    )
    p, _ = one_file.softmax_crossentropy(z3, y)
    dW3, db3, da2 = one_file.dense_backward(a2, weights[4], TASKS["loss_backward"].solution(p, y))
    dW2, db2, _ = one_file.dense_backward(a1, weights[2], da2 * slope(a2))
    for ours, theirs in zip((dW2, db2, dW3, db3), one_file.backward(x, y, a1, a2, p, weights)[2:], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-8)


def right(name):
    """The right tensors of a task's first call."""
    return calls(TASKS[name])[0].right


def model_with(optimizer, slots, number=1):
    """The walkthrough's net in float64, under way: with the batch's weights and these slots."""
    keras.config.set_floatx("float64")
    model = net.make_model(net.Settings(input="scaled", optimizer=optimizer, dtype="float64"))
    x, y = np.zeros((1, 28, 28)), np.zeros((1, 10))
    begin_at = Step(x, y, batch().weights, batch().weights, slots, number)
    model.prepare_training((28, 28))
    begin(model, begin_at)
    return model


def close(ours, theirs, rtol=1e-6):
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol * np.abs(theirs).max())


def test_every_tensor_of_a_step_is_the_engines():
    model = model_with("rmsprop", {"velocity": batch().velocities})
    engines = {each.name: each.value for each in dissect(model, batch().images, batch().y)}
    last = "dense_2"
    for ours, theirs in [
        (right("dense")["z"], "dense_1/z"),
        (right("sigmoid")["a"], "dense_1/a"),
        (right("softmax_crossentropy")["p"], f"{last}/a"),
        (right("softmax_crossentropy")["l"], "l"),
        (right("loss_backward")["dz"], f"{last}/dz"),
        (right("dense_backward")["dW"], "dense_1/dW"),
        (right("dense_backward")["db"], "dense_1/db"),
        (right("dense_backward")["dx"], "dense/da"),
        (right("rmsprop")["change of w"], "dense_1/kernel change"),
    ]:
        close(ours, engines[theirs])
    for layer, number in (("dense", 1), ("dense_1", 2), (last, 3)):
        for of in "W", "b":
            close(right("backward")[f"d{of}{number}"], engines[f"{layer}/d{of}"])
    rows = right("numerical_gradient")["dw"]
    close(rows, engines["dense_1/dW"][: len(rows)], rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "optimizer", "slots"),
    [("sgd", "sgd(0.2, momentum=0.8)", {"momentum": "m"}), ("adam", "adam", {"momentum": "m", "velocity": "v"})],
)
def test_other_updates_are_the_engines(name, optimizer, slots):
    call, *_ = calls(TASKS[name])
    kept = {slot: [np.zeros_like(w) for w in batch().weights] for slot in slots}
    for slot, argument in slots.items():
        kept[slot][2][...] = call.arguments[argument]
    model = model_with(optimizer, kept, call.arguments.get("t", 1))
    engines = {each.name: each.value for each in dissect(model, batch().images, batch().y)}
    close(call.right["change of w"], engines["dense_1/kernel change"], rtol=2e-5)  # Keras' rate of Adam is in float32


def test_an_epoch_is_the_engines():
    (call,) = calls(TASKS["epoch"])
    model = model_with("rmsprop", {"velocity": batch().velocities})
    model.layers[0].scale = 1.0  # x is scaled already
    n = len(call.arguments["order"])
    x, y = call.arguments["x"][:n].reshape(n, 28, 28), call.arguments["y"][:n]
    keras.utils.set_random_seed(42)
    logs = model.fit(x, y, batch_size=call.arguments["batch_size"], epochs=1, verbose=0).history
    close(call.right["loss"], logs["loss"][0])
    close(call.right["accuracy"], logs["accuracy"][0])
    for name, before, after in zip(NAMES, batch().weights, model.get_weights(), strict=True):
        close(call.right[f"change of {name}"], after - before, rtol=1e-4)


def test_the_chain_rule_agrees_with_slopes_by_hand():
    def loss(x, w, b, y):
        return (1 / (1 + np.exp(-(w * x + b))) - y) ** 2

    for call in calls(TASKS["chain_rule"]):
        x, w, b, y = call.arguments.values()
        close(call.right["dw"], (loss(x, w + 1e-4, b, y) - loss(x, w - 1e-4, b, y)) / 2e-4)
        close(call.right["db"], (loss(x, w, b + 1e-4, y) - loss(x, w, b - 1e-4, y)) / 2e-4)


# -- what a learner begins with ----------------------------------------------------------------------


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.file)
def test_the_functions_to_write_take_the_solutions_arguments(exercise):
    begun = {node.name: node.args for node in ast.parse(exercise.start).body if isinstance(node, ast.FunctionDef)}
    assert list(begun) == [task.name for task in exercise.tasks]
    for task in exercise.tasks:
        (solution,) = ast.parse(inspect.getsource(task.solution)).body
        assert ast.dump(begun[task.name]) == ast.dump(solution.args)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.file)
def test_what_is_not_begun_is_said_so_as_program_and_as_notebook(exercise, tmp_path):
    write(tmp_path)
    for path in tmp_path / f"{exercise.file}.py", tmp_path / "notebooks" / f"{exercise.file}.ipynb":
        report = report_on(path, exercise)
        assert (report.state, report.right) == (UNTOUCHED, False)
        assert "Put your code where the `...` are" in str(report)


def test_program_and_notebook_have_the_same_code_and_no_solution(tmp_path):
    write(tmp_path)
    for exercise in EXERCISES:
        assert exercise.start in (tmp_path / f"{exercise.file}.py").read_text(encoding="utf-8")
        assert [source.strip() for _, source in sources(tmp_path / "notebooks" / f"{exercise.file}.ipynb")] == [
            exercise.start.strip()
        ]
        for task in exercise.tasks:
            begun = {line.partition("  #")[0].strip() for line in exercise.start.splitlines()}
            for line in inspect.getsource(task.solution).splitlines()[2:]:
                code = line.partition("  #")[0].strip()
                assert code in begun or code not in exercise.start, code


def test_what_is_given_is_there():
    for exercise in EXERCISES:
        for node in ast.parse(exercise.start).body:
            if isinstance(node, ast.ImportFrom):
                assert node.module == "tinydnn.course.given"
                assert {alias.name for alias in node.names} <= set(given.__all__)


def test_every_mistake_has_a_remark_and_differs_from_the_solution_and_from_the_others():
    for task in TASKS.values():
        for mistake in task.mistakes:
            verdict = verdict_on(task, mistake, HERE)
            assert verdict.why == " ".join(mistake.__doc__.split()), mistake.__name__
