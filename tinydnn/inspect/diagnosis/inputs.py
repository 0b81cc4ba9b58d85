"""What went into a step: whether its weights, its dtype and its samples are those that Keras would start from."""

import math

import numpy as np

from tinydnn import initializers, layers, random
from tinydnn.device.backend import Array
from tinydnn.inspect import mistakes
from tinydnn.inspect.diagnosis.findings import Diagnosis
from tinydnn.inspect.diagnosis.step import Step, computes_in_float64
from tinydnn.inspect.weight_names import weight_names
from tinydnn.models import Model

_GREY_VALUES = 255


def look_at_weights(model: Model, step: Step, found: Diagnosis) -> None:
    """Note weights that did not change, or were not drawn as Keras draws them."""
    same = all(np.array_equal(after, before) for after, before in zip(step.after, step.before, strict=True))
    if same and found.off is not None:
        found.remarks.append("no weight has changed")
    drawn = [layer for layer in model.flat_layers if isinstance(layer, layers.Dense)]
    kernels = [weight for weight in step.before if weight.ndim == 2]
    zeros_meant = any(isinstance(layer.kernel_initializer, initializers.Zeros) for layer in drawn)
    if step.number == 1 and not zeros_meant and not any(kernel.any() for kernel in kernels):
        found.seen.append(mistakes.find("zero-initial-weights"))
    elif step.number == 1 and step.seed is not None:
        for name, ours, theirs in zip(weight_names(model), model.get_weights(), step.before, strict=True):
            if not np.array_equal(ours, theirs):
                apart = float(np.abs(ours.astype(np.float64) - theirs).max())
                found.remarks.append(
                    f"{name} before the step is not what Keras draws from seed {step.seed}: up to {apart:.2g} apart"
                )
                break


def precision_of(model: Model, steps: list[Step]) -> list[str]:
    """A note where the program computes in float64, and Keras, with these settings, in float32."""
    if model.dtype == "float64" or not computes_in_float64(steps):
        return []
    return ["Your program computes in float64, Keras in float32; its figures agree to about seven digits"]


def look_at_samples(step: Step, samples: Array, validation_split: float, found: Diagnosis) -> None:
    """Note a batch that does not have the samples that Keras takes in this step.

    samples: all samples of the training, as they come before any split or shuffling.
    """
    assert step.seed is not None
    trained_on = math.floor(len(samples) * (1 - validation_split))
    before = random.get_state()
    random.set_random_seed(step.seed)
    order = random.first_order(trained_on)
    random.set_state(before)
    size = step.batch_size or len(step.x)
    start = (step.number - 1) % math.ceil(trained_on / size) * size
    expected = order[start : start + size]
    ours, theirs = _grey_values(samples[expected]), _grey_values(step.x)
    if ours == theirs:
        return
    places: dict[bytes, int] = {}
    for i, sample in enumerate(_grey_values(samples)):
        places.setdefault(sample, i)
    rows = [places.get(sample, -1) for sample in theirs]
    if -1 in rows:
        found.remarks.append(f"sample {rows.index(-1)} of the batch is none of the {len(samples):,} training samples")
    elif max(rows) >= trained_on:
        found.seen.append(mistakes.find("split-after-shuffling"))
    elif len(theirs) != len(ours):
        found.remarks.append(f"Keras takes {len(ours)} samples in step {step.number}, not {len(theirs)}")
    else:
        found.seen.append(mistakes.find("reshuffled-differently"))


def _grey_values(x: Array) -> list[bytes]:
    """Each sample as bytes, whether or not it is scaled to 0 .. 1."""
    scaled = x.dtype.kind == "f" and x.max(initial=0) <= 1
    grey = np.rint(x * _GREY_VALUES if scaled else x).astype(np.uint8).reshape(len(x), -1)
    return [row.tobytes() for row in grey]
