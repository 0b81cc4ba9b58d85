"""Benchmarks: what is timed trains the right net, results become tables and pictures, no emulated GPU is timed."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import stand_in
from matplotlib import rc_context

import tinydnn as keras
from benchmarks import against, agreement, crossover, guard, machine, measure, peers, plots, report, run, turns
from benchmarks.task import Pace, Task
from keras_ref.backends import BACKENDS
from tinydnn.device import devices
from tinydnn.inspect import net

ROOT = Path(__file__).resolve().parents[2]

SMALL = Task(hidden=(8, 4), samples=600, batch_size=100)
GRAPH = "PyTorch, CUDA graph"


# -- what is timed -----------------------------------------------------------------------------------


def test_the_walkthroughs_epoch_has_52_billion_operations():
    """By hand: 48,000 * (4 * 784 * 324 + 6 * (324 * 36 + 36 * 10))."""
    assert Task().flops == 48_000 * (1_016_064 + 72_144) == 52_233_984_000
    assert Task().batches == [512] * 93 + [384]


ON_CPU = [name for name in peers.NAMES if name not in peers.BOUNDS and name != GRAPH]


@pytest.mark.parametrize("name", ON_CPU)
def test_peers_train_the_same_net_to_the_same_weights(name):
    if not peers.installed(name):
        pytest.skip("not installed; .ci/run has it trained by scripts/benchmark.py --quick --peers")
    with turns.Contest({name: (name, "cpu")}) as contest:
        (seconds,) = contest.epochs(SMALL, 2, warm_up=1).values()
    assert len(seconds) == 2
    assert all(0 < each < 60 for each in seconds)
    assert contest.differences[name] < agreement.TOLERANCE


def test_a_task_with_tf32_is_checked_in_float64():
    """In float32 its rounding would hide whether a peer trains the same net."""
    with turns.Contest({"tinydnn": ("tinydnn", "cpu")}) as contest:
        contest.epochs(replace(SMALL, tf32=True), 1, warm_up=1)
    assert contest.differences["tinydnn"] < 1e-12


@pytest.mark.parametrize("name", ["tinydnn", "Keras"])
def test_each_task_of_a_process_is_trained_in_its_own_dtype(name):
    """Keras' layers would keep the dtype of the first."""
    for dtype in ("float32", "float64", "float32"):
        assert peers.make(name, replace(SMALL, dtype=dtype)).weights()[0].dtype == dtype


def test_keras_can_be_held_to_one_thread():
    with turns.Contest({"Keras": ("Keras", "cpu")}) as contest:
        assert len(contest.epochs(replace(SMALL, threads=1), 1, warm_up=1)["Keras"]) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_peer_that_trains_something_else_is_not_timed(dtype):
    """Summed instead of averaged gradients, another epsilon, an update too few."""
    task = agreement.task_of_one_batch(replace(SMALL, dtype=dtype))

    def trained(optimizer, steps=agreement.STEPS):
        peer = peers.make("tinydnn", task)
        peer.model.compile(optimizer, "categorical_crossentropy")
        peer.train(steps, Pace())
        return peer.weights()

    right = keras.optimizers.RMSprop()
    assert agreement.largest_difference(trained(right), task, "rmsprop") < agreement.TOLERANCE / 10
    for weights in (
        trained(keras.optimizers.RMSprop(), agreement.STEPS - 1),
        trained(keras.optimizers.RMSprop(epsilon=1e-3)),
        trained(keras.optimizers.RMSprop(0.0011)),
        trained(keras.optimizers.Adam()),
    ):
        with pytest.raises(agreement.DisagreementError, match="from where it should be"):
            agreement.largest_difference(weights, task, "rmsprop")


def test_the_products_alone_are_those_of_a_step(monkeypatch):
    from benchmarks.peers import products

    shapes = []
    multiply = np.matmul
    note = lambda a, b, out: shapes.append((a.shape, b.shape)) or multiply(a, b, out=out)  # noqa: E731
    monkeypatch.setattr(products.np, "matmul", note)
    products.Products(replace(SMALL, samples=100, threads=1), shared=True).train(1, Pace())
    assert shapes == [
        ((100, 784), (784, 8)), ((100, 8), (8, 4)), ((100, 4), (4, 10)),
        ((4, 100), (100, 10)), ((100, 10), (10, 4)),
        ((8, 100), (100, 4)), ((100, 4), (4, 8)),
        ((784, 100), (100, 8)),
    ]  # fmt: skip


def test_what_a_worker_says_last_is_told(monkeypatch):
    worker = turns.Worker("no such peer")
    with pytest.raises(RuntimeError, match="no such peer ended with exit code 1: KeyError"):
        worker.ask(SMALL, do="train", epochs=1)
    worker.close()


def test_a_busy_core_ends_with_its_block():
    with turns.busy_core() as process:
        assert process.poll() is None
    assert process.poll() is not None


# -- which peers there are ---------------------------------------------------------------------------


NAMED = "from benchmarks import peers; print([(name, peers.label(name)) for name in peers.NAMES if 'Keras' in name])"


@pytest.mark.parametrize(("backend", "named"), [
    ("tensorflow", [("Keras", "Keras on TensorFlow"), ("Keras, jit", "Keras on TensorFlow, jit")]),
    ("torch", [("Keras", "Keras on PyTorch"), ("Keras, jit", "Keras on PyTorch, jit")]),
    ("jax", [("Keras, jit", "Keras on JAX, jit")]),
])  # fmt: skip
def test_keras_is_named_with_its_backend(backend, named, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    done = subprocess.run([sys.executable, "-c", NAMED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(named)


def test_tables_name_keras_backend():
    assert measure.on_cpu(["tinydnn", "Keras", "Keras, jit"]) == {
        "tinydnn": ("tinydnn", "cpu"),
        "Keras on TensorFlow": ("Keras", "cpu"),
        "Keras on TensorFlow, jit": ("Keras, jit", "cpu"),
    }


def test_each_peer_runs_where_it_can(monkeypatch):
    monkeypatch.setattr(peers, "installed", lambda name: True)
    monkeypatch.setattr(measure, "_finds_a_gpu", lambda framework: framework != "tensorflow")
    assert [name for name, _ in measure.on_cpu(peers.NAMES).values()] == [n for n in peers.NAMES if n != GRAPH]
    assert measure.on_gpu(peers.NAMES) == {
        f"{name}, GPU": (name, "gpu")
        for name in ("tinydnn", "PyTorch", "PyTorch, compile", GRAPH, "JAX, jit", "JAX, scan")
    }
    for name, device in ((GRAPH, "cpu"), ("scikit-learn", "gpu")):
        with pytest.raises(ValueError, match=f"{name} runs on .*Received: device='{device}'"):
            peers.make(name, replace(SMALL, device=device))


def test_every_framework_that_can_use_a_gpu_is_asked_for_one():
    frameworks = {peers.framework(name) for name in peers.NAMES if name not in (*peers.BOUNDS, "scikit-learn")}
    assert frameworks <= {"tinydnn", *BACKENDS}  # of each of which it can be found out


# -- GPUs --------------------------------------------------------------------------------------------


@pytest.mark.gpu
def test_an_emulated_gpu_is_never_timed():
    if "emulated" not in devices.name(devices.gpu().xp):
        pytest.skip("this is a real GPU")
    assert machine.gpu_name() is None
    assert measure.on_gpu(["tinydnn"]) == {}
    assert crossover.crossover(quick=True) is None


def test_a_machine_without_a_gpu_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "gpu_name", lambda: None)
    assert crossover.crossover(quick=False) is None
    assert "No GPU on this machine" in report.markdown(results(crossover=None))
    figure = plots.crossover(None)
    assert [text.get_text() for text in figure.axes[0].texts] == ["no GPU on this machine"]


@pytest.mark.parametrize("input", ["raw", "scaled"])
def test_the_guard_counts_what_the_stand_in_counts(input, gpu_stand_in):
    keras.config.set_device("gpu")
    (x, labels), _ = keras.datasets.mnist.load_data()
    model, y = net.make_model(net.Settings(input=input)), keras.utils.to_categorical(labels)
    before = stand_in.counts.taken()
    found = crossover.count(model, x, y, 512)
    own = stand_in.counts.since(before)
    assert (found["launches"], found["products"]) == guard.LAUNCHES[input]
    assert own["products"] == 3 * found["products"]  # the three steps that were taken


def test_the_guard_is_an_alarm_for_one_launch_more_and_for_a_gross_ratio(monkeypatch, capsys):
    counted = dict(guard.LAUNCHES)
    monkeypatch.setattr(guard, "launches", counted.get)
    for ratio, launches, code in ((1.5, 14, 0), (2.9, 14, 0), (3.1, 14, 1), (1.5, 15, 1), (1.5, 13, 1)):
        monkeypatch.setattr(guard, "ratio", lambda ratio=ratio: ratio)
        counted["raw"] = launches, 11
        assert guard.main() == code
        assert f"{ratio:.2f} times its matrix products" in capsys.readouterr().out


# -- the report --------------------------------------------------------------------------------------


def results(**parts):
    devices_ = [{"device": "cpu", "name": "a processor", "cores": 2}]
    head = {
        "made": "2026-01-01 00:00", "command": "python3 scripts/benchmark.py", "quick": False, "pause": 0.3,
        "machine": {"Python": "3.11", "torch": None, "devices": devices_}, "gpu": None, "absent": ["PyTorch"],
    }  # fmt: skip
    return head | parts


EPOCHS = {
    "quiet": {
        "tinydnn": [1.0, 2.0, 3.0],
        "Keras": [2.0, 8.0, 9.0],
        "products, shared rows": [0.5, 1.0, 1.5],
        "products, threaded BLAS": [0.9, 1.1, 1.2],
    },
    "differences": {"tinydnn": 1e-8},
}
GROWTH = {"batch size": {"32": EPOCHS["quiet"], "512": EPOCHS["quiet"]}, "dtype": {"float32": EPOCHS["quiet"]}}
CROSSOVER = {
    f"{batch} {width}": {"CPU": [1.0, 1.0], "GPU": [0.5 * batch / 128, 2.0], "launches": 15, "products": 11}
    for batch in (128, 512)
    for width in (32, 324)
}


def test_ratios_are_taken_turn_by_turn():
    text = report.markdown(results(epochs=EPOCHS))
    assert "Not installed, so absent: PyTorch" in text
    row = next(line for line in text.splitlines() if line.startswith("| Keras"))
    assert row == "| Keras | 8.000 | 2.000 .. 9.000 | 3.00 | 6.00 |  |"  # ratios 2, 4, 3 and 4, 8, 6
    ours = next(line for line in text.splitlines() if line.startswith("| tinydnn"))
    assert ours == "| tinydnn | 2.000 | 1.000 .. 3.000 | 1.00 | 2.00 | 1e-08 |"


def test_epochs_with_tf32_have_a_table_of_their_own():
    exact = EPOCHS["quiet"] | {"tinydnn, GPU": [0.3, 0.4, 0.5], "PyTorch, GPU": [0.2, 0.4, 0.6]}
    found = {"quiet": exact, "TF32": {"tinydnn, GPU": [0.2, 0.1, 0.3], "PyTorch, GPU": [0.01, 0.2, 0.3]}}
    text = report.markdown(results(epochs=EPOCHS | found))
    assert "| PyTorch, GPU | 0.200 | 0.01000 .. 0.300 | 1.00 | 0.50 |" in text
    assert "TensorFloat-32 is off for all, unless" in text
    assert "an epoch with TensorFloat-32" not in report.markdown(results(epochs=EPOCHS))


def test_the_report_of_each_part():
    text = report.markdown(results(growth=GROWTH, crossover=CROSSOVER))
    assert "| 32 | 2.000 | 2.00 | 3.00 |" in text
    assert "| 128 | 324 | 1.0000 | 1.2500 | 1.25 | 15 + 11 |" in text
    one = {"tinydnn": [i / 1e6 for i in range(1, 101)]}
    assert "| tinydnn | 50.5 | 50 | 100 |" in report.markdown(
        results(inference={"10,000 digits": {"tinydnn": [0.0505]}, "one digit": one})
    )


def test_the_pictures_have_their_axes_and_a_legend(tmp_path):
    plots.save(results(epochs=EPOCHS, growth=GROWTH, crossover=CROSSOVER), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crossover.png", "epochs.png", "growth.png"]
    bars = plots.epochs(EPOCHS).axes[0]
    assert [label.get_text() for label in bars.get_yticklabels()][
        -1
    ] == "products, shared rows  1.000"  # the quickest on top
    assert sorted(bar.get_width() for bar in bars.patches) == [1.0, 1.1, 2.0, 8.0]
    curves = plots.growth(GROWTH)
    assert [axes.get_xlabel() for axes in curves.axes] == ["batch size", "dtype"]
    labels = [text.get_text() for text in curves.legends[0].get_texts()]
    assert labels == ["tinydnn", "Keras", "matrix products alone"]
    cells = [text.get_text() for text in plots.crossover(CROSSOVER).axes[0].texts]
    assert cells[0] == "1.25\n15 + 11"  # the median of 1 / 0.5 and 1 / 2


def test_the_pictures_are_the_same_whatever_a_matplotlibrc_says(tmp_path):
    found = results(epochs=EPOCHS, growth=GROWTH, crossover=CROSSOVER)
    for folder, settings in (
        ("plain", {}),
        ("own", {"text.usetex": True, "font.size": 40, "savefig.transparent": True}),
    ):
        (tmp_path / folder).mkdir()
        with rc_context(settings):
            plots.save(found, tmp_path / folder)
    for path in (tmp_path / "plain").iterdir():
        assert path.read_bytes() == (tmp_path / "own" / path.name).read_bytes()


# -- the command -------------------------------------------------------------------------------------


def command(*arguments):
    done = [sys.executable, "-P", str(ROOT / "benchmarks" / "run.py"), *arguments]
    return subprocess.run(done, capture_output=True, text=True, check=False)


def test_one_part_into_a_new_folder(tmp_path):
    done = command("--quick", "--only", "crossover", "--out", str(tmp_path / "new"))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "new" / "results.json").read_text())
    assert found["crossover"] is None or found["gpu"]
    assert found["machine"]["NumPy"] == np.__version__
    assert (tmp_path / "new" / "report.md").read_text() in done.stdout
    assert (tmp_path / "new" / "crossover.png").exists()
    again = command("--out", str(tmp_path / "new"))
    assert again.returncode == 2
    assert "expected a new or empty folder" in again.stderr


def test_what_disagrees_ends_the_run(monkeypatch, tmp_path):
    def disagree(quick):
        raise agreement.DisagreementError("PyTorch: a weight is 1.0e-01 from where it should be")

    monkeypatch.setitem(measure.PARTS, "epochs", disagree)
    with pytest.raises(SystemExit, match="nothing was timed that does not train alike: PyTorch"):
        run.main(only="epochs", out=tmp_path / "new")


@pytest.mark.parametrize("engine", ["tinydnn", "keras"])
def test_the_suites_of_pytest_benchmark_run_on_both_engines(engine):
    suites = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "benchmarks", "--engine", engine]
    done = subprocess.run([*suites, "--benchmark-disable"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"tinydnn": "7 passed", "keras": "6 passed, 1 skipped"}[engine] in done.stdout


def test_two_checkouts_train_in_turn(tmp_path):
    """Here both are this one; a folder without tinydnn is refused, and not timed as if it had one."""
    found = against.ratios(against.HERE, (1, "scaled", 32), samples=64, rounds=3)
    assert len(found) == 3
    assert all(ratio > 0 for ratio in found)
    with pytest.raises(SystemExit, match="expected a checkout of tinydnn in"):
        against.ratios(tmp_path, (1, "scaled", 32), samples=64, rounds=1)
