"""`tinydnn evaluate`."""

from tinydnn import datasets, utils
from tinydnn.app.cli.options import AsJson, Data, Device, RunFolder, choose_device
from tinydnn.app.run_folder import load_model
from tinydnn.files.whole import to_json


def evaluate(run: RunFolder, data: Data = None, device: Device = None, as_json: AsJson = False) -> None:
    """Evaluate a saved run: loss and accuracy on the test digits."""
    choose_device(device)
    model = load_model(run)
    _, (x, y) = datasets.mnist.load_data(data)
    if not model.compiled:
        model.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    targets = y if model.loss is not None and model.loss.sparse else utils.to_categorical(y, 10)
    logs = model.evaluate(x, targets, verbose=0, return_dict=True)
    if as_json:
        print(to_json(logs), end="")
    else:
        print(f"{len(x):,} test digits: " + ", ".join(f"{name} {value:.4f}" for name, value in logs.items()))
