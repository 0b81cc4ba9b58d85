"""`tinydnn selftest`."""

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

import tinydnn
from tinydnn.app.cli.errors import FAILED
from tinydnn.app.cli.options import AsJson, Device, choose_device
from tinydnn.files.whole import to_json

if TYPE_CHECKING:
    from tinydnn.inspect.selftest import Outcome


def selftest(device: Device = None, as_json: AsJson = False) -> None:
    """Check every operation and a training on a device.

    They are compared with plain NumPy in float64. The exit code is 0 if all is right, and 1 if not. A bug report about
    a device needs this result.
    """
    from tinydnn.inspect.selftest import run

    choose_device(device)
    report = run(None)
    if as_json:
        print(to_json(report.to_json()), end="")
    else:
        _print(report)
    if not report.passed:
        raise typer.Exit(FAILED)


def _print(report: "Outcome") -> None:
    where = report.figures.get("GPU", f"the {report.device.upper()}")
    print(f"tinydnn {tinydnn.__version__} on {where}, next to NumPy in float64 on the CPU")
    Console(highlight=False, soft_wrap=True).print(_table(report))
    for name, value in report.figures.items():
        print(f"{name}: {value:,}" if isinstance(value, int) else f"{name}: {value}")
    failed = [check for check in report.checks if not check.passed]
    for check in failed:
        what = check.error or f"{check.difference:.1e} apart, {check.allowed:.0e} allowed"
        print(f"FAILED: {check.name}, {check.form}, {check.dtype}: {what}")
    passed = len(report.checks) - len(failed)
    print(f"{passed} of {len(report.checks)} checks passed on the {report.device.upper()}")
    print(f"To a bug report, please attach the output of `tinydnn selftest --device {report.device} --json`")


def _table(report: "Outcome") -> Table:
    """The largest difference of each operation, a column for each form and dtype."""
    columns = list(dict.fromkeys((check.form, check.dtype) for check in report.checks))
    table = Table("largest difference", *(f"{dtype}\n{form}" for form, dtype in columns), box=None)
    cells: dict[str, list[str]] = {}
    for check in report.checks:
        found = "error" if check.difference is None else f"{check.difference:.1e}"
        cells.setdefault(check.name, []).append(found if check.passed else f"{found} > {check.allowed:.0e}")
    for name, row in cells.items():
        table.add_row(name, *row)
    return table
