"""What is measured, part by part; each function returns plain numbers, all of them, for results.json."""

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import machine, peers
from benchmarks.crossover import crossover
from benchmarks.task import Task
from benchmarks.turns import PAUSE, Contest, Worker, busy_core, say
from keras_ref.engines import backend_name
from tinydnn.device.threads import available_cores

ROOT = Path(__file__).resolve().parent.parent
WALKTHROUGH = Task()
QUICK = Task(samples=12_288)

# What an axis changes of the walkthrough's task, and its values; those of --quick.
AXES: dict[str, tuple[Callable[[Task, Any], Task], tuple[Any, ...], tuple[Any, ...]]] = {
    "samples": (lambda task, n: replace(task, samples=n), (6_000, 12_000, 24_000, 48_000, 60_000), (6_000,)),
    "batch size": (lambda task, n: replace(task, batch_size=n), (32, 128, 512, 2048, 8192), (128, 2048)),
    "width": (lambda task, n: replace(task, hidden=(n, 36)), (32, 128, 324, 1024, 4096), (32, 324)),
    "depth": (lambda task, n: replace(task, hidden=(324,) * n), (1, 2, 4, 8, 16), (4,)),
    "dtype": (lambda task, dtype: replace(task, dtype=dtype), ("float32", "float64"), ("float64",)),
}
SLOW_TO_START = "Keras", "PyTorch, compile"  # or rather no better than their twins
INFERRING = ["tinydnn", "Keras", "Keras, jit", "PyTorch", "JAX, jit"]
TAKING_PIXELS = "tinydnn", "Keras", "Keras, jit"
RIVALS = "Keras, jit", "PyTorch", "JAX, jit"  # next to which growth is measured


def on_cpu(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Those that are installed, as entries of a Contest."""
    return {peers.label(name): (name, "cpu") for name in names if peers.runs_on(name, "cpu")}


def on_gpu(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Those that find a GPU, as entries of a Contest."""
    found = [name for name in names if peers.runs_on(name, "gpu") and has_gpu(name)]
    return {f"{peers.label(name)}, GPU": (name, "gpu") for name in found}


def has_gpu(name: str) -> bool:
    """Whether a peer's framework finds a GPU here."""
    return _finds_a_gpu(peers.framework(name))


@functools.cache
def _finds_a_gpu(framework: str) -> bool:
    """Asked in a process of its own, which gives back what it took of the GPU's memory."""
    if framework == "tinydnn":
        return machine.gpu_name() is not None  # an emulated one is none
    code = f"from keras_ref.backends import BACKENDS; BACKENDS[{framework!r}].choose('gpu')"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT).returncode == 0


def epochs(quick: bool) -> dict[str, Any]:
    """Epochs of the walkthrough's net by every peer; quiet, and with one core kept busy by another process."""
    task, counted = (QUICK, 5) if quick else (WALKTHROUGH, 9)
    names = [name for name in peers.NAMES if not (quick and name in SLOW_TO_START)]
    entries, on_gpus = on_cpu(names), on_gpu(names)
    say(f"epochs of {len(entries) + len(on_gpus)} entries")
    found: dict[str, Any] = {}
    with Contest(entries | on_gpus) as contest:
        found["quiet"] = contest.epochs(task, counted)
        found["differences"] = contest.differences
    if on_gpus:
        say("the same on the GPU with TF32")
        with Contest(on_gpus) as contest:
            found["TF32"] = contest.epochs(replace(task, tf32=True), counted)
    if quick:
        return found
    say("the same with a busy core")
    with Contest(on_cpu(["tinydnn", "Keras", "Keras, jit", *RIVALS[1:]])) as contest:
        found["quiet, again"] = contest.epochs(task, 5)
        with busy_core():
            found["one core busy"] = contest.epochs(task, 5)
    return found


def job(quick: bool) -> dict[str, Any]:
    """Processes from their start to a trained net and its test accuracy: seconds, peak memory, accuracy."""
    runs, count = (1, 2) if quick else (3, 20)
    names = ["tinydnn"] if quick else ["tinydnn", "Keras", "Keras, jit", "JAX, jit", "PyTorch"]
    entries = on_cpu(names)
    found: dict[str, list[dict[str, Any]]] = {label: [] for label in entries}
    for name, _ in entries.values():
        worker = Worker(name)
        worker.check(WALKTHROUGH)
        worker.close()
    for run in range(runs):
        for label, results in found.items():
            name, _ = entries[label]
            say(f"whole job, {label}, {run + 1} of {runs}")
            time.sleep(PAUSE)
            began = time.perf_counter()
            worker = Worker(name)
            task = replace(WALKTHROUGH, pixels=name in TAKING_PIXELS)
            results.append(worker.ask(task, do="job", epochs=count))
            worker.close()
            results[-1]["seconds"] = time.perf_counter() - began
    imports: dict[str, list[float]] = {"numpy": [], "tinydnn": []}
    for _ in range(1 + (3 if quick else 21)):
        for module, seconds in imports.items():
            seconds.append(_import_seconds(module))
    counted = {module: seconds[1:] for module, seconds in imports.items()}  # the first may have had to compile
    return {"epochs": count, "runs": found, "numpy_bytes": _peak_of_numpy(), "imports": counted}


def _import_seconds(module: str) -> float:
    code = f"import time; began = time.perf_counter(); import {module}; print(time.perf_counter() - began)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


def _peak_of_numpy() -> int | None:
    code = "import numpy; print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return None if done.returncode else int(done.stdout) * 1024


def inference(quick: bool) -> dict[str, Any]:
    """Seconds of predictions: of all test digits, and of one."""
    names = ["tinydnn", "Keras, jit", "PyTorch", "JAX, jit"] if quick else INFERRING
    entries = on_cpu(names) | on_gpu(names)
    *_, found = predictions(entries, *((3, 30) if quick else (25, 1000)))
    return found


def predictions(entries: Mapping[str, tuple[str, str]], whole: int, one: int) -> Iterator[dict[str, Any]]:
    """Seconds of so many predictions of all test digits, and of one; all that is known, after each of these entries."""
    found: dict[str, Any] = {"10,000 digits": {}, "one digit": {}}
    for name, (peer, device) in entries.items():
        say(f"predictions, {name}")
        worker, task = Worker(peer), replace(WALKTHROUGH, device=device)
        worker.check(task)
        for key, rows, times in (("10,000 digits", 10_000, whole), ("one digit", 1, one)):
            time.sleep(PAUSE)
            found[key][name] = worker.ask(task, do="predict", rows=rows, times=times + 3)["seconds"][3:]
        worker.close()
        yield found


def growth(quick: bool) -> dict[str, Any]:
    """Epochs along each axis, next to the matrix products."""
    rivals = [] if quick else RIVALS
    found: dict[str, Any] = {}
    with Contest(on_cpu(["tinydnn", *rivals, *peers.BOUNDS])) as contest:
        for axis, (changed, values, quick_values) in AXES.items():
            found[axis] = {}
            for value in quick_values if quick else values:
                say(f"growth, {axis} {value}")
                task = changed(QUICK if quick else WALKTHROUGH, value)
                found[axis][str(value)] = contest.epochs(task, 2 if quick else 3, warm_up=1)
    found["threads"] = {}
    for threads in (1,) if quick else range(1, available_cores() + 1):
        say(f"growth, threads {threads}")
        with Contest(on_cpu(["tinydnn", *rivals, *peers.BOUNDS])) as contest:
            task = replace(QUICK if quick else WALKTHROUGH, threads=threads)
            found["threads"][str(threads)] = contest.epochs(task, 2 if quick else 3, warm_up=1)
    return found


def operations(quick: bool) -> dict[str, Any]:
    """The suites of pytest-benchmark, once for each engine and device."""
    found: dict[str, Any] = {}
    names = ["tinydnn"] + ["Keras"] * (backend_name() == "tensorflow")  # which the suites of Keras are written for
    for label, (name, device) in (on_cpu(names) | on_gpu(names)).items():
        say(f"operations, {label}")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "found.json"
            command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "benchmarks")]
            command += ["--engine", name.lower(), "--device", device, f"--benchmark-json={file}"]
            command += [f"--benchmark-max-time={0.3 if quick else 2}", *(["-k", "not epoch"] if quick else [])]
            done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
            if done.returncode:
                raise RuntimeError(f"the suites failed on {label}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            timed = json.loads(file.read_text())["benchmarks"]
        found[label] = {each["name"].removeprefix("test_"): _kept(each["stats"]) for each in timed}
    return found


def _kept(stats: dict[str, Any]) -> dict[str, float]:
    return {name: stats[name] for name in ("min", "median", "iqr", "rounds")}


PARTS: dict[str, Callable[[bool], Any]] = {
    "epochs": epochs,
    "job": job,
    "inference": inference,
    "growth": growth,
    "operations": operations,
    "crossover": crossover,
}
