"""What CI keeps an eye on: an epoch's time next to that of its matrix products, and the launches of a step on a GPU.

python benchmarks/guard.py

The ratio moves with whatever else a machine does, so only a gross one is an alarm; a launch more is one.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "helpers")]

import stand_in  # noqa: E402

import tinydnn  # noqa: E402
from benchmarks import crossover, peers, report  # noqa: E402
from benchmarks.task import Task  # noqa: E402
from benchmarks.turns import Contest  # noqa: E402
from tinydnn.device.backend import GpuBackend  # noqa: E402
from tinydnn.inspect import net  # noqa: E402

LARGEST_RATIO = 3.0  # docs/performance.md has 1.7, for a machine with nothing else to do
LAUNCHES = {"raw": (14, 11), "scaled": (15, 11)}  # kernels and matrix products of a step


def ratio() -> float:
    """An epoch of tinydnn's over its matrix products: the median of some turns."""
    with Contest({name: (name, "cpu") for name in ("tinydnn", *peers.BOUNDS)}) as contest:
        seconds = contest.epochs(Task(samples=12_288), 9)
    return report.ratio(report.bound(seconds), seconds["tinydnn"])


def launches(input: str) -> tuple[int, int]:
    """What a step of the walkthrough's net asks of a GPU, counted on the tests' stand-in for CuPy."""
    gpu, tinydnn.device.devices.gpu = tinydnn.device.devices.gpu, lambda: GpuBackend(stand_in)
    tinydnn.config.set_device("gpu")
    try:
        (x, labels), _ = tinydnn.datasets.mnist.load_data()
        model = net.make_model(net.Settings(input=input))
        found = crossover.count(model, x, tinydnn.utils.to_categorical(labels), 512)
    finally:
        tinydnn.device.devices.gpu = gpu
        tinydnn.config.set_device(None)
    return found["launches"], found["products"]


def main() -> int:
    """Print both; the exit code is 1 where one is an alarm."""
    found = ratio()
    alarm = found > LARGEST_RATIO
    print(f"An epoch takes {found:.2f} times its matrix products; above {LARGEST_RATIO} is an alarm")
    for input, allowed in LAUNCHES.items():
        counted = launches(input)
        alarm |= counted != allowed
        print("A step on {} digits: {} launches + {} products; expected {} + {}".format(input, *counted, *allowed))
    return int(alarm)


if __name__ == "__main__":
    sys.exit(main())
