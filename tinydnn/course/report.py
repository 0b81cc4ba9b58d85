"""Checking a whole file of the course, and the words for a person."""

import ast
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap

from tinydnn.course import notebooks
from tinydnn.course.checking import BLANK, RIGHT, WRONG, Tensor, Verdict, verdict_on
from tinydnn.course.exercise import Exercise
from tinydnn.course.running import indented, load

UNTOUCHED = "not begun"
ALL_RIGHT = "Right: every number is that of tinydnn and Keras, but for roundings."
_WIDTH = 100


@dataclass
class Report:
    """What there is to say of a file: on each of its functions, up to the first that isn't right.

    printed: what it printed by itself, before any function was called.
    """

    file: str
    title: str
    verdicts: list[Verdict] = field(default_factory=list)
    printed: str = ""

    @property
    def state(self) -> str:
        return self.verdicts[-1].state

    @property
    def right(self) -> bool:
        return self.state == RIGHT

    def __str__(self) -> str:
        lines = [f"{self.file}: {self.title}"]
        if self.printed:
            lines += ["", "Your program printed:", indented(self.printed)]
        for verdict in self.verdicts:
            lines += ["", *told(verdict)]
        return "\n".join([*lines, *(["", ALL_RIGHT] if self.right and not self.verdicts[-1].what else [])])


def report_on(path: Path, exercise: Exercise) -> Report:
    """Run a learner's file, and check its functions.

    Raises:
        FileFormatError: it is no notebook, or no text.
        KeyboardInterrupt: Ctrl-C was pressed; a note says in which line the learner's code was.
    """
    report = Report(path.name, f"{exercise.number} {exercise.title}")
    if not "".join(source for _, source in notebooks.sources(path)).strip():
        report.verdicts.append(Verdict(exercise.tasks[0].name, WRONG, what=_EMPTY))
        return report
    if not begun(path, exercise):
        report.verdicts.append(Verdict(exercise.tasks[0].name, UNTOUCHED, what=_TO_DO))
        return report
    module, ran = load(path)
    report.printed = ran.printed
    if ran.failure is not None:
        report.verdicts.append(Verdict(exercise.tasks[0].name, WRONG, what=ran.failure))
        return report
    for task in exercise.tasks:
        function = vars(module).get(task.name)
        if not callable(function):
            report.verdicts.append(Verdict(task.name, WRONG, what=f"There is no function {task.name} in the file."))
            break
        verdict = verdict_on(task, function, path.resolve().parent)
        report.verdicts.append(verdict)
        if verdict.state != RIGHT:
            verdict.why = _left(path, verdict) or verdict.why
            break
    return report


_EMPTY = "The file is empty. Move it away, and `tinydnn course` writes it anew."
_TO_DO = "Nothing is written yet. Put your code where the `...` are, save the file, and check it again."


def begun(path: Path, exercise: Exercise) -> bool:
    """Whether a file's code is another than what the learner found in it; comments and spaces don't count."""
    sources = notebooks.sources(path)
    try:
        return "".join(map(_bare, (source for _, source in sources))) != _bare(exercise.start)
    except SyntaxError:
        return True


def _left(path: Path, verdict: Verdict) -> str | None:
    """That a `...` is left in a wrong function, where its tensors don't show it: x[...] is all of x."""
    if any(tensor.state == BLANK for tensor in verdict.tensors):
        return None
    nodes = [node for _, source in notebooks.sources(path) for node in ast.walk(ast.parse(source))]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == verdict.function]
    lines = [node for function in functions for node in ast.walk(function) if isinstance(node, ast.Assign | ast.Expr)]
    left = [line.lineno for line in lines if isinstance(line.value, ast.Constant) and line.value.value is ...]
    return f"There is still a `...` in line {left[0]}: write first what is to stand there." if left else None


def _bare(source: str) -> str:
    """Code without its comments, docstrings and layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return "".join(ast.dump(node) for node in tree.body)


def told(verdict: Verdict) -> list[str]:
    """A verdict in lines."""
    if verdict.state == UNTOUCHED:
        return [verdict.what]
    lines = [f"{verdict.function}{f', on {verdict.case}' if verdict.case else ''}"]
    widths = [max(map(len, cells)) for cells in zip(*map(_cells, verdict.tensors), strict=True)]
    for tensor in verdict.tensors:
        cells = [cell.ljust(width) for cell, width in zip(_cells(tensor), widths, strict=True)]
        lines.append(f"  {'   '.join(cells)}".rstrip())
    if verdict.printed:
        lines += ["Your function printed:", indented(verdict.printed)]
    if verdict.what:
        lines += ["", verdict.what]
    if verdict.why:
        lines += wrap(verdict.why, _WIDTH)
    elif verdict.state == WRONG and verdict.tensor is not None:
        lines.append("No classic mistake explains it. The hint may help.")
    return lines + [line for note in verdict.notes for line in wrap(f"Note: {note}", _WIDTH)]


def _cells(tensor: Tensor) -> tuple[str, str, str]:
    shape = " x ".join(map(str, tensor.shape)) or "one number"
    if tensor.state == WRONG and tensor.apart is not None:
        return tensor.name, shape, f"wrong, by {'up to ' * bool(tensor.shape)}{tensor.apart:.2g}"
    return tensor.name, shape, tensor.state
