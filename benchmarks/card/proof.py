"""Whether the GPU computes right: the self-test, the tests, and whole trainings next to the CPU's."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import tinydnn
from benchmarks import machine, peers
from tinydnn.callbacks import LambdaCallback
from tinydnn.datasets import mnist
from tinydnn.device import devices
from tinydnn.device.threads import available_cores
from tinydnn.inspect import net
from tinydnn.inspect import selftest as tinydnn_selftest

ROOT = Path(__file__).resolve().parents[2]
TESTS_FILE = "tests.txt"
NO_GPU = "no_gpu"
SEED = 42

_QUERIED = (
    "name", "driver_version", "memory.total", "memory.used", "utilization.gpu", "power.limit", "clocks.sm",
    "clocks.max.sm", "clocks.max.mem", "temperature.gpu", "pcie.link.gen.current", "pcie.link.width.current",
    "mig.mode.current", "ecc.mode.current",
)  # fmt: skip


def machine_found(folder: Path, quick: bool) -> Iterator[dict[str, Any]]:
    """What nvidia-smi says, versions, and which peers are absent; or why no GPU works."""
    found: dict[str, Any] = {"nvidia-smi": _nvidia_smi()}
    yield found
    try:
        found["card"] = devices.name(devices.gpu().xp)
    except devices.GpuError as error:
        yield found | {NO_GPU: str(error)}
        return
    absent = [peers.label(name) for name in peers.NAMES if not peers.installed(name)]
    yield found | {"versions": machine.collect(), "absent": absent}


def _nvidia_smi() -> dict[str, str] | None:
    """The answers of the first GPU, by the name of the query."""
    for names in (_QUERIED, _QUERIED[:3]):  # another driver may not know all of them
        try:
            command = ["nvidia-smi", f"--query-gpu={','.join(names)}", "--format=csv,noheader"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        except (OSError, subprocess.SubprocessError):
            continue
        return dict(zip(names, map(str.strip, done.stdout.splitlines()[0].split(",")), strict=True))
    return None


def selftest(folder: Path, quick: bool) -> Iterator[dict[str, Any]]:
    """All of `tinydnn selftest --device gpu --json`."""
    yield tinydnn_selftest.run("gpu").to_json()


def tests(folder: Path, quick: bool) -> Iterator[dict[str, Any]]:
    """The tests that need a GPU; pytest's output goes into the folder."""
    command = [sys.executable, "-P", "-m", "pytest", "-m", "gpu", "-q", "-rfE", "-p", "no:cacheprovider"]
    command += ["-p", "no:benchmark"]  # which warns, and so fails, where tests run in several processes
    command += ["--continue-on-collection-errors"]
    if quick:
        command += ["-k", "activations_and_their_derivatives and sigmoid", "tests/device/test_gpu.py"]
    else:
        command += ["-n", str(min(8, available_cores())), "--dist", "loadgroup"]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # scripts/gpu.py has set PYTHONPATH
    with (folder / TESTS_FILE).open("w") as output:
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    lines = (folder / TESTS_FILE).read_text().splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    yield {"exit_code": done.returncode, "summary": lines[-1].strip("= ") if lines else "", "failed": failed}


def training(folder: Path, quick: bool) -> Iterator[dict[str, Any]]:
    """The walkthrough's training from the same seed on CPU and GPU, on scaled and on raw digits."""
    found: dict[str, Any] = {}
    for input in ("scaled",) if quick else ("scaled", "raw"):
        ways = {device: _Way(input, device, *((2, 2_560) if quick else (20, 60_000))) for device in ("gpu", "cpu")}
        found[input] = {device: way.found for device, way in ways.items()}
        found[input]["weights apart"] = {
            str(epoch): float(np.abs(ways["gpu"].weights[epoch] - ways["cpu"].weights[epoch]).max())
            for epoch in ways["gpu"].weights
        }
        yield found


class _Way:
    """A training on a device.

    weights: the flat weights after the first and the last epoch, by the epoch's number.
    found: seconds and logs of the epochs, with their validation, and the result on the test digits.
    """

    def __init__(self, input: str, device: str, epochs: int, samples: int) -> None:
        (x, y), (x_test, y_test) = mnist.load_data()
        tinydnn.utils.set_random_seed(SEED)
        model = net.make_model(net.Settings(input=input, device=device))
        self.weights: dict[int, Any] = {}
        times = [time.perf_counter()]

        def end(epoch: int, logs: Any) -> None:
            times.append(time.perf_counter())
            if epoch + 1 in (1, epochs):
                self.weights[epoch + 1] = np.concatenate([weight.ravel() for weight in model.get_weights()])

        log = model.fit(
            x[:samples],
            tinydnn.utils.to_categorical(y[:samples], 10),
            epochs=epochs,
            batch_size=512,
            validation_split=net.VALIDATION_SPLIT,
            verbose=0,
            callbacks=[LambdaCallback(on_epoch_end=end)],
        )
        test = model.evaluate(x_test[:samples], tinydnn.utils.to_categorical(y_test[:samples], 10), verbose=0)
        self.found = {
            "seconds": np.diff(times).tolist(),
            "log": {name: [float(value) for value in values] for name, values in log.history.items()},
            "test": dict(zip(("loss", "accuracy"), map(float, test), strict=True)),
        }
