"""What a learner reads when a file can't be compared, or fails: the tensor, the line, and no traceback of ours."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from commands import environment

from tinydnn.course import check, checking
from tinydnn.course.exercises import EXERCISES
from tinydnn.course.report import report_on

BY_FILE = {exercise.file: exercise for exercise in EXERCISES}


@pytest.fixture
def told(tmp_path):
    """A function: what is told of a file of this exercise with this text."""

    def told(file, text):
        path = tmp_path / f"{file}.py"
        path.write_text(text, encoding="utf-8")
        report = report_on(path, BY_FILE[file])
        assert not report.right
        assert "Traceback" not in str(report)
        return str(report)

    return told


def dense(body):
    return f"import numpy as np\n\ndef dense(x, W, b):\n    {body}\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return (x @ W + b)[:, :5]", "z has the shape (100, 5), and has to have the shape (100, 36)."),
        ("return (x @ W + b)[None]", "An axis of length 1 is too many"),
        ("return (x @ W + b).sum()", "z has the shape () of a single number"),
        ("x @ W + b", "Its last line has to be `return z`."),
        ("return 'z'", "z has to be an array of numbers, and is a str."),
        ("return {'z': x}", "and is a dict."),
        ("return dense", "and is a function."),
        ("return (x @ W + b) * 1j", "has complex numbers in it"),
        ("return [[1, 2], [3]]", "z has rows of different lengths."),
        ("return np.array([None] * 3)", "has objects in it"),
        ("return (x @ W + b) / 0", "There are infinite numbers among yours"),
        ("return np.log(-abs(x @ W + b))", "There are NaN among your numbers"),
        ("return 0 * (x @ W)", "All your numbers are 0."),
        ("return ...", "z is still `...`"),
        ("z = x @ W + ...\n    return z", "There is a `...` left"),
        ("return x @ W + c", "line 4 of ex02_dense.py:\n    return x @ W + c\nNameError: name 'c' is not defined"),
        ("return x @ W.T + b", "the last axis of A and the first axis of B"),
        ("return x @ W.T + b", "It was called with x (100, 324), W (324, 36), b (36,)."),
        ("import math\n    return math.exp(x)", "Functions of `math` take one number"),
        ("return max(x, 0)", "for arrays there are np.maximum"),
        ("return x[W]", "has to be whole numbers, places"),
        ("import math\n    return math.exp(1000)", "np.exp gives infinity"),
        ("return x + b", "Two arrays fit if their axes"),
        ("raise SystemExit(3)", "This would end the whole program"),
        ("assert False", "AssertionError"),
        ("return dense(x, W, b)", "RecursionError"),
        ("return x @ w + b", "Capitals count: W."),
        ("return x @ W / N", "N in the text is the number of rows, len(…)."),
        ("return sqrt(x)", "NumPy's functions need np.: np.sqrt."),
        ("return x @ weights", "The arguments are called x, W, b."),
        ("return x.T()", "`.T` has no brackets."),
        ("return x * W + b", "`*` multiplies place by place"),
        ("return x^2", "A power is `**` in Python"),
        ("return (x @ W + b)[:100].reshape(100, -1)", "Is a size of those arrays written into it"),
        ("x[0", "SyntaxError"),
        ("import nonsense_of_mine", "No module named 'nonsense_of_mine'"),
    ],
)
def test_what_a_wrong_function_is_told(told, body, words):
    assert words in told("ex02_dense", dense(body))


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        (
            "ex08_backward",
            "from tinydnn.course.given import dense_backward\ndef backward(x, y, a1, a2, p, weights):\n"
            "    return dense_backward(p - y, a2, weights[4])\n",
            "dense_backward takes x, W, dz, in this order; it got (100, 10), (100, 36), (36, 10).",
        ),
        ("ex09_numerical_gradient", "def numerical_gradient(loss, w, h):\n    return loss(w[0, 0] + h)\n",
         "loss takes the whole array w; it got one number."),
        ("ex09_numerical_gradient", "def numerical_gradient(loss, w, h):\n    return loss()\n",
         "loss() missing 1 required positional argument: 'w'"),
        ("ex01_prepare",
         "import numpy as np\ndef prepare(images, labels):\n    return images, np.eye(10)[labels - 1]\n",
         "0 - 1 is 255 there"),
        ("ex01_prepare", "def prepare(images, labels):\n    images /= 255\n    return images, labels\n",
         "whole numbers can't hold decimals: make a new array."),
        ("ex01_prepare", "import numpy as np\n"
         "def prepare(images, labels):\n    return images.reshape(100, 784) / 255, np.eye(10)[labels]\n",
         "It was right on 100 digits."),
        ("ex10_sgd", "def sgd(w, g, m, learning_rate, momentum):\n    m[...] = m * momentum^2\n", "A power is `**`"),
    ],
)  # fmt: skip
def test_what_an_error_means(told, file, text, words):
    assert words in told(file, text)


def test_the_call_that_a_file_itself_makes_is_named(told):
    found = told("ex02_dense", dense("return x @ W") + "\nprint(dense(1, 2, 3))\n")
    assert "line 4 of ex02_dense.py:\n    return x @ W\n  called from line 6: print(dense(1, 2, 3))\n" in found


def test_a_warning_says_that_the_result_is_right(told):
    found = told("ex03_sigmoid", "import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n")
    assert "overflow encountered in exp. The result is right all the same." in " ".join(found.split())


def test_an_error_below_is_told_at_the_learners_own_line(told):
    text = "import numpy as np\n\ndef mine(x):\n    return np.reshape(x, (7, 7))\n\n" + dense("return mine(x)")
    assert "line 4 of ex02_dense.py:\n    return np.reshape(x, (7, 7))\nValueError" in told("ex02_dense", text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n", "The file is empty. Move it away, and `tinydnn course` writes it anew."),
        ("x = 1\n", "There is no function dense in the file."),
        ("dense = 3\n", "There is no function dense in the file."),
        ("def dense(x, b, W):\n    return x @ W + b\n", "take the arguments (x, W, b), in this order."),
        ("def dense(x, W):\n    return x @ W\n", "dense has to take the arguments (x, W, b), in this order."),
        ("import nonsense_of_mine\n", "line 1 of ex02_dense.py:\n    import nonsense_of_mine\nModuleNotFoundError"),
        ("def dense(x, W, b:\n    pass\n", "line 1 of ex02_dense.py:\n    def dense(x, W, b:\nSyntaxError"),
    ],
)
def test_what_a_wrong_file_is_told(told, text, words):
    assert words in told("ex02_dense", text)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("x.T @ dz", "It returns one thing, and has to return 3: `return dW, db, dx`."),
        ("x.T @ dz, dz.sum(axis=0)", "It returns 2 things, and has to return 3"),
        ("(x.T @ dz).T, dz.sum(axis=0), dz @ W.T", "dW has the shape (36, 324), and has to have the shape (324, 36)."),
        ("x.T @ dz, dz.sum(axis=0), dz @ W", "ValueError"),
        ("x.T @ dz, dz.sum(axis=0), ...", "dx   100 x 324   not written yet"),
    ],
)
def test_several_tensors(told, returned, words):
    assert words in told("ex07_dense_backward", f"def dense_backward(x, W, dz):\n    return {returned}\n")


def test_the_first_wrong_tensor_is_told_with_place_and_picture(told):
    found = told("ex02_dense", dense("z = x @ W + b\n    z[37, 5] += 1\n    return z"))
    assert "z is off in 1 of 3,600 numbers, most at [37, 5] (row 37 is a 1): yours is " in found
    assert "wrong, by up to 1" in found
    assert "No classic mistake explains it." in found


def test_weights_of_other_shapes_are_not_compared(told):
    text = (
        "def epoch(x, y, order, weights, velocities, batch_size):\n    weights[0] = weights[0][:5]\n    return 1, 1\n"
    )
    assert "weights has other shapes after the call than before" in told("ex12_epoch", text)


def test_what_is_printed_and_warned_of_is_kept_apart(told):
    text = "print('at first')\n" + dense("print('z', x.shape)\n    np.array([1]) / np.array([0])\n    return x @ W")
    found = told("ex02_dense", text)
    assert "Your program printed:\n  | at first" in found
    assert "Your function printed:\n  | z (100, 324)" in found
    assert "Note: NumPy warns in line 6: divide by zero encountered in divide" in found


def test_lists_and_slow_loops_are_remarked(tmp_path, monkeypatch):
    monkeypatch.setattr(checking, "_SLOW", -1.0)
    path = tmp_path / "ex02_dense.py"
    path.write_text(dense("return (x @ W + b).tolist()"))
    found = str(report_on(path, BY_FILE["ex02_dense"]))
    assert "z   60 x 10   right" in found
    assert "Note: z is a list; other functions need an array, np.array(z)." in found
    assert "which is too slow for a training" in found


def test_a_blank_that_no_tensor_shows_is_remarked(told):
    start = BY_FILE["ex12_epoch"].start
    assert "There is still a `...` in line 13: write first what is to stand there." in told(
        "ex12_epoch", start.replace("rows = ...", "rows = order")
    )
    assert "There is still" not in told("ex10_sgd", "def sgd(w, g, m, learning_rate, momentum):\n    w[...] = m\n")


def test_much_that_is_printed_is_cut(told):
    found = told("ex02_dense", dense("[print(i) for i in range(1000)]\n    return x @ W"))
    assert "  | 19\n  | … and 980 lines more" in found


def test_a_changed_argument_is_remarked_and_comes_back_for_the_next_call(tmp_path):
    path = tmp_path / "ex03_sigmoid.py"
    path.write_text(
        "import numpy as np\ndef sigmoid(z):\n    z /= 2\n    z[...] = (np.tanh(z) + 1) / 2\n    return z\n"
    )
    found = str(report_on(path, BY_FILE["ex03_sigmoid"]))
    assert "Note: Your function changes z itself" in found
    assert "There is no function slope" in found


def test_files_beside_can_be_imported_and_named_in_an_error(told, tmp_path):
    (tmp_path / "helper_of_mine.py").write_text("def half(x):\n    return x / nothing\n")
    for text in (
        "from helper_of_mine import half\n" + dense("return half(x)"),
        dense("import helper_of_mine\n    return helper_of_mine.half(x)"),
    ):
        assert "line 2 of helper_of_mine.py:\n    return x / nothing" in told("ex02_dense", text)


def test_a_function_of_a_notebook_is_checked_as_it_is(capsys):
    def dense(x, W, b):
        return x @ W

    check(dense)
    assert "The bias is missing" in capsys.readouterr().out

    def dense(x, W, b):
        return x @ W + b

    check(dense)
    assert capsys.readouterr().out.endswith("Right: every number is that of tinydnn and Keras, but for roundings.\n")
    with pytest.raises(ValueError, match=r"check expects one of the functions prepare, dense, sigmoid.*Received: mean"):
        check(np.mean)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_an_endless_loop_can_be_ended_and_its_line_is_told(tmp_path):
    path = tmp_path / "ex02_dense.py"
    path.write_text(dense("open('begun', 'w').close()\n    print('hello')\n    while True:\n        pass"))
    command = [sys.executable, "-m", "tinydnn", "check", path.name]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment()
    )
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate()
    assert process.returncode == 130
    assert error.startswith("tinydnn: stopped by Ctrl-C; your program was in line ")
    assert "of ex02_dense.py" in error
    assert out == "Your program printed:\n  | hello\n"
