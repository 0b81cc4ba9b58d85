"""A training on the device, compared with one on the CPU in float64."""

from collections.abc import Iterator
from functools import partial

import numpy as np

import tinydnn
from tinydnn import datasets, utils
from tinydnn.device.backend import Array, Backend
from tinydnn.inspect import net
from tinydnn.inspect.selftest.check import Check, attempt
from tinydnn.models import Sequential

STEPS, BATCH_SIZE = 20, 512
ALLOWED = {"float32": 1e-5, "float64": 1e-12}  # after 20 steps of the walkthrough's net on scaled digits


def compare_trainings(device: str, form: str) -> Iterator[Check]:
    """The largest difference of any weight after the training, of its loss, and of its predictions."""
    right = _trained("cpu", "float64")
    for dtype, allowed in ALLOWED.items():
        found, error = attempt(partial(_trained, device, dtype))
        for name in right:
            difference = None if found is None else float(np.abs(found[name] - right[name]).max())
            yield Check(f"{name} after {STEPS} steps", form, dtype, difference, allowed, error)


def _trained(device: str, dtype: str) -> dict[str, Array]:
    (x, y), (x_test, _) = datasets.mnist.load_data()
    x, y = x[: STEPS * BATCH_SIZE], utils.to_categorical(y[: STEPS * BATCH_SIZE], 10)
    model = make_net(device, dtype)
    log = model.fit(x, y, batch_size=BATCH_SIZE, shuffle=False, verbose=0).history
    weights = np.concatenate([weight.ravel() for weight in model.get_weights()])
    return {"weights": weights, "loss": np.array(log["loss"]), "predictions": model.predict(x_test[:1000], verbose=0)}


def make_net(device: str, dtype: str, backend: Backend | None = None) -> Sequential:
    """The walkthrough's net on scaled inputs; float32 holds its initial weights exactly."""
    model = Sequential(device=device)
    model.backend = backend or model.backend
    net.complete(tinydnn, model, net.Settings(input="scaled", dtype=dtype))
    rng = np.random.default_rng(42)
    model.set_weights([rng.uniform(-0.07, 0.07, weight.shape).astype(np.float32) for weight in model.get_weights()])
    return model
