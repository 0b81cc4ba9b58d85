"""`tinydnn course` and `tinydnn check`: what they write, print and return; and a whole course, solved."""

import inspect
import json
import re
import sys
from types import SimpleNamespace

import pytest
from commands import command

from tinydnn.app.cli import main
from tinydnn.course import engine, notebooks, progress
from tinydnn.course.exercises import EXERCISES
from tinydnn.course.report import report_on
from tinydnn.course.writing import write

FILES = [exercise.file for exercise in EXERCISES]


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """The command in this process, which is quicker, in an empty folder; `command` takes one of its own."""

    def here(*arguments):
        monkeypatch.setattr(sys, "argv", ["tinydnn", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return SimpleNamespace(returncode=ended.value.code, stdout=printed.out, stderr=printed.err)

    monkeypatch.chdir(tmp_path)
    return here


def solved(exercise):
    """The code of an exercise with its solution."""
    imports = exercise.start.partition("\n\n\ndef ")[0]
    return "\n\n\n".join([imports, *(inspect.getsource(task.solution).strip() for task in exercise.tasks)]) + "\n"


def written_into(path, code):
    if path.suffix == ".py":
        path.write_text(code, encoding="utf-8")
        return
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][1]["source"] = code.splitlines(keepends=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_the_course_is_written_and_what_is_there_stays(tmp_path, here):
    done = here("course", "mine")
    assert (done.returncode, done.stderr) == (0, "")
    assert "26 files are new in mine" in done.stdout
    assert "[............] 0 of 12, next: ex01_prepare" in done.stdout
    folder = tmp_path / "mine"
    assert sorted(path.stem for path in folder.glob("*.py")) == sorted([*FILES, "engine"])
    assert sorted(path.stem for path in (folder / "notebooks").iterdir()) == sorted([*FILES, "engine"])
    begun, gone = folder / "ex02_dense.py", folder / "ex03_sigmoid.py"
    begun.write_text("mine\n")
    gone.unlink()
    done = here("course", "mine")
    assert "1 file is new in mine" in done.stdout
    assert "25 files were there already, and are as they were" in done.stdout
    assert begun.read_text() == "mine\n"
    assert gone.exists()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path, here):
    (tmp_path / "course").write_text("")
    done = here("course")
    assert done.returncode == 2
    assert "course" in done.stderr


def test_check_says_what_is_wrong_and_how_far_one_has_come(tmp_path, here):
    write(tmp_path)
    path = tmp_path / "ex06_loss_backward.py"
    path.write_text("def loss_backward(p, y):\n    return p - y\n")
    done = here("check", path.name)
    assert (done.returncode, done.stderr) == (1, "")
    assert "The 1/N is missing" in done.stdout
    assert done.stdout.endswith("\n[............] 0 of 12, next: ex01_prepare\n")
    done = here("check", path.name, "--json")
    found = json.loads(done.stdout)
    assert (found["file"], found["right"], found["verdicts"][0]["tensor"]) == (path.name, False, "dz")
    path.write_text("def loss_backward(p, y):\n    return (p - y) / len(p)\n")
    done = here("check", path.name)
    assert done.returncode == 0
    assert done.stdout.endswith("\n[.....#......] 1 of 12, next: ex01_prepare\n")
    path.write_text("def loss_backward(p, y):\n    return p\n")  # what was changed is no longer known to be right
    assert progress.bar(tmp_path).startswith("[............] 0 of 12")


def test_a_solution_is_shown_where_it_is_asked_for_alone(tmp_path, here):
    write(tmp_path)
    done = here("check", "ex11_rmsprop_adam.py", "--solution")
    assert done.returncode == 0
    assert [task.name for task in EXERCISES[10].tasks] == re.findall(r"^def (\w+)", done.stdout, re.MULTILINE)
    assert "w -= learning_rate * g / np.sqrt(v + epsilon)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing.py"], "does not exist"),
        (["other.py"], "expects a file that `tinydnn course` has written, under its name. Received: other.py"),
        (["."], "has no file of the course; `tinydnn course` writes them"),
        (["other.py", "--solution"], "--solution expects a file of the course"),
        (["ex01_prepare.ipynb"], "can't be read as a program or notebook"),
    ],
)
def test_wrong_use_is_one_line(tmp_path, here, arguments, words):
    (tmp_path / "other.py").write_text("x = 1\n")
    (tmp_path / "ex01_prepare.ipynb").write_text("{}")
    if arguments == ["."]:
        (tmp_path / "ex01_prepare.ipynb").unlink()
    done = here("check", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("kind", [".py", ".ipynb"])
def test_a_solved_course_ends_in_keras_log(kind, tmp_path, here):
    write(tmp_path)
    folder = tmp_path if kind == ".py" else tmp_path / "notebooks"
    for exercise in EXERCISES:
        written_into(folder / f"{exercise.file}{kind}", solved(exercise))
    done = here("check", tmp_path)
    rights = [line for line in done.stdout.splitlines() if line.endswith(" right")]
    assert [line.split()[0] for line in rights] == [f"{file}{kind}" for file in FILES]
    assert "[############] 12 of 12, next: engine" in done.stdout
    done = command("check", folder / f"engine{kind}", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{engine.KERAS}\nThat is what Keras prints, digit for digit" in done.stdout
    assert "backward and numerical gradient differ by 1e-" in done.stdout
    assert done.stdout.endswith("[############] 12 of 12, and your own engine\n")


def test_the_engine_names_the_exercise_that_is_not_right(tmp_path):
    write(tmp_path)
    for exercise in EXERCISES:
        written_into(tmp_path / f"{exercise.file}.py", solved(exercise))
    (tmp_path / "ex04_softmax.py").write_text("def softmax_crossentropy(z, y):\n    return z, y\n")
    report = engine.report_on_engine(tmp_path / "engine.py")
    assert not report.right
    assert report.verdicts[-1].what.startswith("ex04_softmax.py comes first: it is wrong.")
    (tmp_path / "ex04_softmax.py").unlink()
    assert "ex04_softmax.py is missing" in engine.report_on_engine(tmp_path / "engine.py").verdicts[-1].what


def test_code_of_jupyter_is_left_out_and_cells_keep_their_numbers(tmp_path):
    path = tmp_path / "ex02_dense.ipynb"
    first = "%matplotlib inline\nimport numpy as np\nx = (7\n    % 5)\nassert x == 2"
    function = "def dense(x, W, b):\n    !ls\n    return x @ W + c"
    cells = [("markdown", "# Text"), ("code", first), ("check", "check(dense)"), ("code", function)]
    path.write_text(notebooks.written(cells))
    found = str(report_on(path, EXERCISES[1]))
    assert "line 3 of ex02_dense.ipynb, cell 3:\n    return x @ W + c\nNameError" in found
