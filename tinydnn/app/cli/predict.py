"""`tinydnn predict`."""

from pathlib import Path
from typing import Annotated

import typer

from tinydnn.app.cli.options import AsJson, Device, RunFolder, choose_device
from tinydnn.app.run_folder import load_model
from tinydnn.files.whole import to_json

_WIDTH = 40  # of a bar, in characters


def predict(
    run: RunFolder,
    image: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="IMAGE", help="A digit drawn by hand, as PNG.")
    ],
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Recognise the digit in an image, and show the probability of each digit."""
    from tinydnn.app.images import load_digit

    choose_device(device)
    probabilities = load_model(run).predict(load_digit(image)[None], verbose=0)[0]
    digit = int(probabilities.argmax())
    if as_json:
        print(to_json({"digit": digit, "probabilities": [float(p) for p in probabilities]}), end="")
        return
    print(f"{image} shows a {digit}")
    for label, p in enumerate(probabilities):
        bar = "#" * round(_WIDTH * min(max(float(p), 0), 1))
        print(f"  {label}  {p:7.2%}  {bar}".rstrip())
