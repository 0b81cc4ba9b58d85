"""A step in an .npz file.

The entries are x, y, before_0, before_1, …, after_0, …, the slots as velocity_0, …, the masks of Dropout as masks_0, …,
some numbers, the model's JSON, and tensors of the step under the microscope's names, such as dense/z.
"""

import io
from collections import Counter
from os import PathLike
from typing import Any

import numpy as np

from tinydnn import optimizers
from tinydnn.device.backend import Array
from tinydnn.files import npz
from tinydnn.files.whole import FileFormatError, write_whole
from tinydnn.inspect.diagnosis.step import Step

_SLOTS = sorted({slot for name in optimizers.__all__ for slot in getattr(getattr(optimizers, name), "all_slots", ())})
_NUMBERS = {"step", "batch_size", "seed"}
_OF_NO_LAYER = {"l", "loss"}  # tensors whose names have no layer's name in front


def read(path: str | PathLike[str]) -> Step:
    """The step in this file, which has x, y and before_0, …; all other entries may be left out.

    Raises:
        FileFormatError: the file is damaged, or has other entries.
    """
    with npz.opened(str(path)) as archive:
        entries = {name.removesuffix(".npy") for name in archive.namelist()}
        tensors = {name for name in entries if "/" in name or name in _OF_NO_LAYER}
        counts = Counter(name.rpartition("_")[0] for name in entries - tensors)

        def numbered(kind: str) -> list[Array]:
            return [npz.read(archive, f"{kind}_{i}") for i in range(counts[kind])]

        numbers = {name: _integer(npz.read(archive, name), name) for name in entries & _NUMBERS}
        slots = {kind: numbered(kind) for kind in _SLOTS if counts[kind]}
        known = {"x", "y", "model", *numbers, *tensors}
        known |= {f"{kind}_{i}" for kind in ("before", "after", "masks", *slots) for i in range(counts[kind])}
        if unknown := sorted(entries - known):
            raise FileFormatError(
                "expected x, y, before_0, …, after_0, …, masks_0, …, slots as velocity_0, …, step, batch_size, seed, "
                f"model, and tensors as dense/z. Found: {', '.join(unknown)}"
            )
        return Step(
            npz.read(archive, "x"), npz.read(archive, "y"), numbered("before"), numbered("after"), slots,
            numbers.get("step", 1), numbers.get("batch_size", 0), numbers.get("seed"),
            npz.read_text(archive, "model") if "model" in entries else None,
            {name: npz.read(archive, name) for name in sorted(tensors)}, numbered("masks"),
        )  # fmt: skip


def _integer(value: Array, name: str) -> int:
    if value.size != 1 or value.dtype.kind not in "iu" or value.item() < 0:
        raise FileFormatError(f"{name}: expected an integer that is not negative. Found: {value!r}")
    return int(value.item())


def write(path: str | PathLike[str], step: Step) -> None:
    """Write a step to a file that `read` reads, whole or not at all."""
    arrays: dict[str, Any] = {"x": step.x, "y": step.y, "step": step.number, "batch_size": step.batch_size}
    for kind, values in {"before": step.before, "after": step.after, "masks": step.masks, **step.slots}.items():
        arrays |= {f"{kind}_{i}": value for i, value in enumerate(values)}
    if step.seed is not None:
        arrays["seed"] = step.seed
    if step.model_json is not None:
        arrays["model"] = step.model_json
    content = io.BytesIO()
    np.savez(content, **arrays, **step.tensors)
    write_whole(path, content.getvalue())
