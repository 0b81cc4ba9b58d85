"""results.json as tables in Markdown."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks.peers import BOUNDS

Seconds = Mapping[str, Sequence[float]]

_PER_MILLION = 1e6


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How many times as long theirs takes: the median of the ratios turn by turn."""
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))


def bound(seconds: Seconds) -> Sequence[float]:
    """The matrix products by the way that is quicker here."""
    return min((seconds[name] for name in BOUNDS), key=statistics.median)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def markdown(results: Mapping[str, Any]) -> str:
    """The whole report."""
    parts = [_head(results)]
    parts += [f"## {title}\n\n{write(results[name])}" for name, (title, write) in _PARTS.items() if name in results]
    return "\n\n".join(parts) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def versions(machine: Mapping[str, Any]) -> str:
    """All versions in a row."""
    return ", ".join(f"{name} {value}" for name, value in machine.items() if value is not None and name != "devices")


def _head(results: Mapping[str, Any]) -> str:
    machine = results["machine"]
    absent = ", ".join(results["absent"]) or "none"
    devices = "; ".join(f"{each['device']}: {each['name']}" for each in machine["devices"])
    cores = machine["devices"][0]["cores"]
    return f"""# Benchmark of {results["made"]}

`{results["command"]}`

{"A quick run: few samples and turns, so its figures are rough. " if results["quick"] else ""}\
{devices}; {cores} cores that this process may use; {versions(machine)}.
Not installed, so absent: {absent}. GPU: {results["gpu"] or "no GPU on this machine"}.

Each peer runs in a process of its own; all have shown before that they train the same net to the same weights. They
take turns, with {results["pause"]} s between two, since threads of BLAS, OpenMP and XLA spin for a while after their
work. The first turns are warm-up, and not counted. The digits lie in main memory, as NumPy arrays for tinydnn, Keras
and scikit-learn, and as tensors or arrays of their own for PyTorch and JAX; on a GPU tinydnn, PyTorch and JAX have sent
them there before the first epoch, and Keras sends each batch. TensorFloat-32 is off for all, unless a table says that
it is on."""


def _epochs(found: Mapping[str, Any]) -> str:
    quiet, products = found["quiet"], bound(found["quiet"])
    apart = found["differences"]
    rows = []
    for name, values in sorted(quiet.items(), key=lambda item: statistics.median(item[1])):
        rows.append([
            name,
            _seconds(statistics.median(values)),
            f"{_seconds(min(values))} .. {_seconds(max(values))}",
            f"{ratio(quiet['tinydnn'], values):.2f}",
            f"{ratio(products, values):.2f}",
            f"{apart[name]:.0e}" if name in apart else "",
        ])  # fmt: skip
    columns = ["an epoch", "median s", "least .. most", "times tinydnn's", "times the products'", "weights apart"]
    text = table(columns, rows)
    if "one core busy" in found:
        busy, before = found["one core busy"], found["quiet, again"]
        rows = [
            [name, f"{statistics.median(before[name]):.3f}", f"{statistics.median(values):.3f}",
             f"{ratio(before[name], values):.2f}", f"{ratio(busy['tinydnn'], values):.2f}"]
            for name, values in busy.items()
        ]  # fmt: skip
        columns = ["one core kept busy by another process", "quiet, s", "busy, s", "times quiet", "times tinydnn's"]
        text += f"\n\n{table(columns, rows)}"
    if "TF32" in found:
        text += f"\n\n{_tf32(found['TF32'], quiet)}"
    return text


def _seconds(value: float) -> str:
    return f"{value:.3f}" if value >= 0.1 else f"{value:.5f}"  # as a GPU's epochs are


def _tf32(rounding: Seconds, exact: Seconds) -> str:
    rows = [
        [name, _seconds(statistics.median(values)), f"{_seconds(min(values))} .. {_seconds(max(values))}",
         f"{ratio(rounding['tinydnn, GPU'], values):.2f}" if "tinydnn, GPU" in rounding else "",
         f"{statistics.median(values) / statistics.median(exact[name]):.2f}"]
        for name, values in sorted(rounding.items(), key=lambda item: statistics.median(item[1]))
    ]  # fmt: skip
    columns = ["an epoch with TensorFloat-32", "median s", "least .. most", "times tinydnn's", "times without"]
    return (
        "The same on the GPU with TensorFloat-32 on, which rounds the factors of matrix products to 10 bits. All have "
        f"shown in float64, where it plays no role, that they train the same net.\n\n{table(columns, rows)}"
    )


def _job(found: Mapping[str, Any]) -> str:
    rows = []
    ours = [each["seconds"] for each in found["runs"]["tinydnn"]]
    for name, runs in found["runs"].items():
        seconds, peaks = [each["seconds"] for each in runs], [each["peak_bytes"] for each in runs]
        above = "not known"
        if found["numpy_bytes"] and all(peaks):
            above = (
                f"{statistics.median(peaks) / 1e6:.0f}, {(statistics.median(peaks) - found['numpy_bytes']) / 1e6:.0f}"
            )
        accuracy = statistics.median(each["accuracy"] for each in runs)
        rows.append([
            name, f"{statistics.median(seconds):.1f}", f"{ratio(ours, seconds):.2f}", above, f"{accuracy:.4f}"
        ])  # fmt: skip
    columns = ["process", "s", "times tinydnn's", "peak MB, above `import numpy`", "test accuracy"]
    imports = found["imports"]
    return (
        f"A fresh process: imports, data, compilation, {found['epochs']} epochs, the test digits; "
        f"median of {len(ours)}.\n\n{table(columns, rows)}\n\n"
        f"`import numpy` {statistics.median(imports['numpy']) * 1e3:.0f} ms, `import tinydnn` "
        f"{statistics.median(imports['tinydnn']) * 1e3:.0f} ms, ratio {ratio(imports['numpy'], imports['tinydnn']):.2f}"
    )


def inference(found: Mapping[str, Any]) -> str:
    """Predictions of all test digits and of one."""
    whole, one = found["10,000 digits"], found["one digit"]
    rows = [
        [name, f"{statistics.median(whole[name]) * 1e3:.1f}", f"{statistics.median(one[name]) * _PER_MILLION:.0f}",
         f"{percentile(one[name], 0.99) * _PER_MILLION:.0f}"]
        for name in one
    ]  # fmt: skip
    columns = ["predict", "10,000 digits, ms", "one digit, µs", "99th percentile, µs"]
    return table(columns, rows)


def _growth(found: Mapping[str, Any]) -> str:
    parts = []
    for axis, values in found.items():
        names = [name for name in next(iter(values.values())) if name not in ("tinydnn", *BOUNDS)]
        rows = []
        for value, seconds in values.items():
            ours = seconds["tinydnn"]
            rivals = [f"{ratio(ours, seconds[name]):.2f}" for name in names]
            rows.append([value, f"{statistics.median(ours):.3f}", f"{ratio(bound(seconds), ours):.2f}", *rivals])
        columns = [axis, "tinydnn, s an epoch", "times the products'", *(f"{name}, times tinydnn's" for name in names)]
        parts.append(table(columns, rows))
    return "\n\n".join(parts)


def _operations(found: Mapping[str, Any]) -> str:
    names = list(next(iter(found.values())))
    rows = [
        [
            name.replace("_", " "),
            *(f"{each[name]['median'] * _PER_MILLION:,.0f}" if name in each else "" for each in found.values()),
        ]
        for name in names
    ]
    return f"Medians in µs, by pytest-benchmark.\n\n{table(['operation', *found], rows)}"


def crossover(found: Mapping[str, Any] | None) -> str:
    """Both devices by batch size and width."""
    if found is None:
        return "No GPU on this machine: nothing was measured."
    rows = []
    for key, each in found.items():
        batch_size, width = key.split()
        cpu, gpu = each["CPU"], each["GPU"]
        rows.append([
            batch_size, width, f"{statistics.median(cpu):.4f}", f"{statistics.median(gpu):.4f}",
            f"{ratio(gpu, cpu):.2f}", f"{each['launches']} + {each['products']}",
        ])  # fmt: skip
    columns = ["batch size", "width", "CPU, s", "GPU, s", "CPU over GPU", "launches + products a step"]
    return table(columns, rows)


_PARTS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "epochs": ("An epoch", _epochs),
    "job": ("The whole job", _job),
    "inference": ("Predictions", inference),
    "growth": ("How cost grows", _growth),
    "operations": ("Operations of a step", _operations),
    "crossover": ("CPU and GPU", crossover),
}
