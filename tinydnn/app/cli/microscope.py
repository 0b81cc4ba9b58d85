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
    from tinydnn.inspect.microscope import dissect
    from tinydnn.inspect.microscope_table import table

    choose_device(device)
    run = net.prepared_run()
    x, y = run.first_batch()
    keras, theirs, why_not = None, None, ""
    try:
        from keras_ref import engines, one_step

        keras, theirs = engines.keras_version(), one_step.tensors(run.model, x, y)
    except ImportError as error:
        why_not = f"Without Keras' column. {error}"
    tensors = dissect(run.model, x, y, theirs)
    if as_json:
        step = {
            "settings": {**asdict(run.settings), "epochs": 1, "steps": 1},
            "keras": keras,
            "tensors": [tensor.to_json() for tensor in tensors],
        }
        print(to_json(step), end="")
        return
    print(f"Step 1 from seed {net.seed}: {len(x)} digits, {net.dtype}, {net.input} inputs")
    print(f"Next to {keras}" if keras else why_not)
    Console(highlight=False).print(table(tensors))
