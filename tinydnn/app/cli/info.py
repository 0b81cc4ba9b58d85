"""`tinydnn info`."""

from rich.console import Console
from rich.table import Table

from tinydnn.app.cli.options import AsJson
from tinydnn.files.whole import to_json
from tinydnn.inspect.info import collect


def info(as_json: AsJson = False) -> None:
    """Show the devices, and the versions of everything that a result depends on."""
    found = collect()
    if as_json:
        print(to_json(found), end="")
        return
    table = Table(show_header=False, box=None)
    for name, value in found.items():
        if name != "devices":
            table.add_row(name, str(value) if value is not None else "not installed")
    for device in found["devices"]:
        memory = device["memory_bytes"]
        size = "memory unknown" if memory is None else f"{memory / 2**30:.1f} GiB"
        cores = f"{device['cores']} cores, " if "cores" in device else ""
        table.add_row(f"device {device['device']}", f"{device['name']}, {cores}{size}")
    Console(highlight=False, soft_wrap=True).print(table)
