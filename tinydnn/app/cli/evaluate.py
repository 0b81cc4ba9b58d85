"""`tinydnn evaluate`."""

from typing import Annotated

import typer

from tinydnn import datasets, utils
from tinydnn.app.cli.options import AsJson, Data, Device, RunFolder, choose_device
from tinydnn.app.run_folder import load_model, model_file
from tinydnn.files.config import CompiledError
from tinydnn.files.saving import read_loss
from tinydnn.files.whole import to_json


def evaluate(
    run: RunFolder,
    data: Data = None,
    no_compile: Annotated[
        bool, typer.Option("--no-compile", help="Measure cross-entropy, whatever loss the model was compiled with.")
    ] = False,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate a saved run: loss and accuracy on the test digits."""
    choose_device(device)
    model = load_model(run)
    _, (x, y) = datasets.mnist.load_data(data)
    try:
        loss = None if no_compile else read_loss(model_file(run))
    except CompiledError as error:
        raise CompiledError(
            f"{str(error).removesuffix('.')}. To measure cross-entropy instead, give --no-compile"
        ) from None
    model.compile(loss=loss or "categorical_crossentropy", metrics=["accuracy"])
    targets = y if loss is not None and loss.sparse else utils.to_categorical(y, 10)
    logs = model.evaluate(x, targets, verbose=0, return_dict=True)
    if as_json:
        print(to_json(logs), end="")
    else:
        print(f"{len(x):,} test digits: " + ", ".join(f"{name} {value:.4f}" for name, value in logs.items()))
