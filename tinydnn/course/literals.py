"""Mistakes of one kind: a number is written where an argument has to stand, mostly its default."""

import inspect
from typing import Any

from tinydnn.course.exercise import Function


def literals(solution: Function, **numbers: Any) -> list[Function]:
    """The solution, with the default of each argument in its place, and with those of all.

    numbers: for arguments that have no default, the number that people may write.
    """
    parameters = inspect.signature(solution).parameters.values()
    defaults = {each.name: each.default for each in parameters if each.default is not each.empty}
    all_names = ", ".join(defaults)
    remarks = {name: f"A number stands where the argument {name} has to." for name in numbers | defaults}
    each = [_with(solution, {name: (numbers | defaults)[name]}, remark) for name, remark in remarks.items()]
    return [*each, _with(solution, defaults, f"Your numbers are those of the defaults: use the arguments {all_names}.")]


def _with(solution: Function, numbers: dict[str, Any], remark: str) -> Function:
    names = inspect.signature(solution).parameters

    def mistake(*values: Any) -> Any:
        return solution(**dict(zip(names, values, strict=False)) | numbers)

    mistake.__doc__ = remark
    return mistake
