"""`tinydnn predict`."""

from pathlib import Path
from typing import Annotated

import typer

from tinydnn.app.cli.options import AsJson, Device, RunFolder, choose_device
from tinydnn.app.run_folder import load_model
from tinydnn.device.ranks import by_first
from tinydnn.files.whole import to_json, write_whole

_WIDTH = 40  # of a bar, in characters


def predict(
    run: RunFolder,
    image: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, metavar="IMAGE", help="A picture of a digit, as PNG or JPEG."),
    ],
    show: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write what the net saw of the picture to this file, as PNG.")
    ] = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Recognise the digit in an image.

    Shows the probability of each digit, too.
    """
    from tinydnn.app.images import as_png, load_digit

    if show and show.exists() and show.samefile(image):
        raise typer.BadParameter(f"expects another file than the picture itself. Received: {show}", param_hint="--show")
    choose_device(device)
    model, seen = load_model(run), load_digit(image)
    if show:
        by_first("write a picture")(write_whole)(show, as_png(seen))
    probabilities = model.predict(seen[None], verbose=0)[0]
    digit = int(probabilities.argmax())
    if as_json:
        print(to_json({"digit": digit, "probabilities": [float(p) for p in probabilities]}), end="")
        return
    print(f"{image} shows a {digit}")
    for label, p in enumerate(probabilities):
        bar = "#" * round(_WIDTH * min(max(float(p), 0), 1))
        print(f"  {label}  {p:7.2%}  {bar}".rstrip())
