"""`tinydnn microscope`."""

from dataclasses import asdict

from rich.console import Console

from tinydnn.app.cli.options import AsJson, Device, NetOptions, choose_device, with_net_options
from tinydnn.files.whole import to_json


@with_net_options
def microscope(net: NetOptions, device: Device = None, as_json: AsJson = False) -> None:
    """Show every tensor of the first training step.

    Beside each tensor stand its formula, its line of code, its values and, if Keras is installed, Keras' values.
    """
    from tinydnn.app.first_step import first_step
    from tinydnn.inspect.microscope_table import table

    choose_device(device)
    run = net.prepared_run()
    step = first_step(run)
    if as_json:
        found = {
            "settings": {**asdict(run.settings), "epochs": 1, "steps": 1},
            "keras": step.keras,
            "tensors": [tensor.to_json() for tensor in step.tensors],
        }
        print(to_json(found), end="")
        return
    print(f"Step 1 from seed {net.seed}: {step.samples} digits, {net.dtype}, {net.input} inputs")
    print(f"Next to {step.keras}" if step.keras else f"Without Keras' column. {step.missing}")
    Console(highlight=False).print(table(step.tensors))
