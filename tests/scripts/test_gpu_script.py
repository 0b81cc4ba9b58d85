"""scripts/gpu.py: each part has its limit, a report of what there is, and on an emulated GPU no times."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import gpu as script
import numpy as np
import pytest
from card_results import GPU, check, results

from benchmarks import guard, machine, measure, turns
from benchmarks.card import ceilings, events, report, run, step, timings
from benchmarks.card.parts import PARTS, Part
from benchmarks.task import Task
from tinydnn.device import devices

ROOT = Path(__file__).resolve().parents[2]

spec = importlib.util.spec_from_file_location("gpu_tables", ROOT / "docs" / "tables" / "gpu.py")
tables = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tables)


def row(text, first):
    """The cells of the table's row that begins so."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


# -- what is needed ----------------------------------------------------------------------------------


def test_what_is_missing_is_said_with_the_command_that_installs_it(monkeypatch):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.match(r"\w+", each)[0].replace("pillow", "PIL") for each in project["dependencies"]}
    assert set(script.NEEDS) >= needed | {"cupy", "pytest", "xdist", "hypothesis"}
    monkeypatch.setattr(script, "NEEDS", ["numpy", "no_such_module"])
    monkeypatch.setattr(
        script, "nvidia_smi", lambda: "| NVIDIA-SMI 580.1   Driver Version: 580.1   CUDA Version: 13.0 |"
    )
    with pytest.raises(SystemExit, match=r"no no_such_module\.(?s:.*)pip install -e '\.\[cuda13\]' hypothesis pytest"):
        script.python()
    monkeypatch.setattr(script, "NEEDS", ["numpy"])
    assert script.python() == sys.executable


@pytest.mark.parametrize(
    ("said", "extra"), [("CUDA Version: 12.8 ", "cuda12"), ("CUDA Version: 14.1", "cuda13"), ("", "cuda12")]
)
def test_the_extra_is_that_of_the_driver(said, extra):
    assert script.extra(said) == extra


# -- limits ------------------------------------------------------------------------------------------

HANGS = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[3], "w").write('{"child": %d}' % child.pid)
print("the last words", flush=True)
time.sleep(600)
"""
FAILS = "raise SystemExit('no memory')"
WORKS = "import sys; open(sys.argv[3], 'w').write('{\"a\": 1}')"


@pytest.fixture
def parts(monkeypatch, tmp_path):
    """parts(name=(program, share)) takes the place of the real ones."""

    def make(**programs):
        made = {name: Part(None, share, False) for name, (_, share) in programs.items()}
        choose = "".join(f"if sys.argv[1] == {name!r}: exec({code!r})\n" for name, (code, _) in programs.items())
        (tmp_path / "part.py").write_text(f"import sys\n{choose}")
        monkeypatch.setattr(run, "PART", tmp_path / "part.py")
        monkeypatch.setattr(run, "LEAST", 0.1)
        return made

    return make


def head(minutes):
    return {"made": "now", "command": "it", "commit": None, "minutes": minutes, "quick": True, "parts": {}}


def is_running(pid):
    """Whether a process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_part_that_hangs_is_cut_off_with_what_it_started_and_the_next_runs(parts, tmp_path):
    found = head(4 / 60)
    run.run(parts(hangs=(HANGS, 1), fails=(FAILS, 1), works=(WORKS, 2)), found, tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == found
    hangs, fails, works = found["parts"].values()
    assert hangs["state"] == "cut off after 1 s"
    assert hangs["last_output"] == "the last words\n"
    assert not is_running(hangs["found"]["child"])
    assert (fails["state"], fails["last_output"], fails["found"]) == ("failed: exit code 1", "no memory\n", None)
    assert (works["state"], works["found"]) == ("done", {"a": 1})


def test_what_a_part_does_not_need_is_left_to_those_after_it(parts, tmp_path, monkeypatch):
    limits = []
    done = {"state": "done", "seconds": 0, "found": None}
    monkeypatch.setattr(run, "carried_out", lambda name, folder, limit, quick: limits.append(round(limit)) or done)
    run.run(parts(a=("", 1), b=("", 2), c=("", 3)), head(1), tmp_path)
    assert limits == [10, 30, 60]


def test_a_part_without_time_is_not_run(parts, tmp_path):
    found = head(0)
    run.run(parts(a=(WORKS, 1)), found, tmp_path)
    assert found["parts"] == {"a": {"state": "not run: no time left"}}
    assert "| a | not run: no time left |" in (tmp_path / "report.md").read_text()


def test_nothing_more_is_run_where_no_gpu_works(parts, tmp_path):
    found = head(1)
    no_gpu = WORKS.replace('"a": 1', '"no_gpu": "There is no NVIDIA driver"')
    run.run(parts(machine=(no_gpu, 1), selftest=(WORKS, 1)), found, tmp_path)
    assert [each["state"] for each in found["parts"].values()] == ["done", "not run: no GPU works"]


@pytest.mark.skipif(os.name == "nt", reason="Windows ends programs without signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_a_stopped_run_leaves_what_it_has(parts, tmp_path, number):
    parts(machine=(WORKS, 1), selftest=(HANGS, 1))
    code = (
        f"from pathlib import Path; from benchmarks.card import run; run.PART = Path({str(tmp_path / 'part.py')!r}); "
        f"run.main(minutes=2, out=Path({str(tmp_path / 'out')!r}), only=['machine', 'selftest', 'step'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-P", "-c", code], env=environment, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "selftest, " in line:
            break
    time.sleep(2)  # until the part has said and started what it does
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1, said
    found = json.loads((tmp_path / "out" / "results.json").read_text())["parts"]
    assert [each["state"] for each in found.values()] == ["done", "stopped", "not run: stopped"]
    assert not is_running(found["selftest"]["found"]["child"])


def test_an_unknown_part_is_refused_before_anything_is_written(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "card" / "run.py", "--only", "speed", "--out", tmp_path / "out"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Received: speed" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_shares_are_eight_minutes():
    assert sum(part.seconds for part in PARTS.values()) == 480


# -- the report and the pages ------------------------------------------------------------------------


def test_the_report_has_every_part():
    text = report.markdown(results())
    assert text.startswith("# tinydnn on NVIDIA H100\n")
    assert row(text, "predictions") == ["cut off after 25 s", "1.5"]
    assert row(text, "fused") == ["float32", "2 of 2", "matmul: 2.0e-06, 1e-05 allowed"]
    assert row(text, GPU) == ["47.0", "47.0 .. 47.0", "500", "1.00", "6e-08"]
    assert row(text, "tinydnn, CPU") == ["705.0", "470.0 .. 940.0", "7500", "15.00", ""]
    assert row(text, "PyTorch, GPU") == ["23.5", "23.5 .. 23.5", "250", "0.50", ""]
    assert "| PyTorch, GPU | 22.5 | 22.5 .. 22.5 | 239 | 0.50 |" in text.split("| an epoch, with TF32 |")[1]
    assert "- JAX, jit, GPU was not timed: JAX, jit ended with exit code 1: no memory" in text
    assert row(text, "matmul") == ["512×784 @ 784×324", "20.0", "20.0", "13.01"]
    assert row(text, "**all calls**") == ["", "30.0", "24.0", ""]
    assert row(text, "so the GPU waits for the host") == ["250.0"]
    assert row(text, "and between the calls above, or apart from them") == ["76.0"]
    assert row(text, "an empty kernel") == ["3.0", "not known"]
    assert row(text, "device to device, cudaMemcpy") == ["2,147"]
    assert row(text, "8192×8192 @ 8192×8192") == ["20000.0", "54.98"]
    assert "3.0e-06 after epoch 2; of an epoch's loss 0.0e+00, of its accuracy 1.2e-01" in text


def test_a_check_that_fails_is_told():
    found = results()
    found["parts"]["selftest"]["found"]["checks"] += [check(2e-5, False), check(None, False)]
    text = report.markdown(found)
    assert row(text, "fused") == ["float32", "2 of 4", "matmul: 2.0e-05, 1e-05 allowed"]
    assert "- FAILED: matmul, fused, float32: CUDARuntimeError: no memory, 1e-05 allowed" in text


@pytest.mark.parametrize("name", PARTS)
def test_a_report_without_a_part(name):
    found = results()
    found["parts"][name] = {"state": "not run: no time left"}
    assert row(report.markdown(found), name) == ["not run: no time left", ""]


def test_a_report_of_a_card_on_which_nothing_worked(tmp_path):
    found = results()
    found["parts"]["epochs"]["found"] |= {"pairs": {}, "TF32": {}, "failed": {"tinydnn, CPU": "no memory"}}
    for each in found["parts"]["selftest"]["found"]["checks"]:
        each |= {"difference": None, "passed": False, "error": "CUDARuntimeError"}
    text = report.markdown(found)
    assert "- tinydnn, CPU was not timed: no memory" in text
    assert row(text, "fused")[1] == "0 of 2"
    report.draw(found, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"crossover.png", "growth.png"}


def test_what_comes_of_a_run_is_few_files(tmp_path):
    run.write(results(), tmp_path)
    report.draw(results(), tmp_path)
    names = {path.name for path in tmp_path.iterdir()} | {"tests.txt"}
    assert names == {"results.json", "report.md", "epochs.png", "crossover.png", "growth.png", "tests.txt"}


def test_the_pages_say_what_was_run_and_what_was_not(tmp_path):
    folder = tmp_path / "gpu" / "nvidia-h100-2026-11-26"
    folder.mkdir(parents=True)
    run.write(results(), folder)
    report.draw(results(), folder)
    found = tables.read(folder)
    assert tables.place(found, tmp_path) == folder
    readme, page = (tables.written((ROOT / name).read_text(encoding="utf-8"), found, folder) for name in tables.PAGES)
    flat = " ".join(readme.split())
    assert "**tinydnn ran on one NVIDIA H100** on 2026-11-26: the self-test passed 2 of 2 checks; " in flat
    assert "705.0 ms on that machine's CPU (16 cores), 15.0 times as long turn by turn (median)" in flat
    flat = " ".join(page.split())
    assert "no weight is more than 3.0e-06 from the CPU's, and the test accuracy is 0.8750 (CPU: 0.7500)" in flat
    assert "Not or not wholly run: predictions (cut off after 25 s). Not installed there: Keras." in flat
    assert "It has run on no other card." in flat
    assert "![CPU and GPU](gpu/nvidia-h100-2026-11-26/crossover.png)" in page
    assert tables.written(page, found, folder) == page


def test_the_pages_say_what_the_newest_run_that_is_kept_has():
    folder = max(
        (file.parent for file in ROOT.glob("docs/gpu/*/results.json")), key=lambda each: tables.read(each)["made"]
    )
    for name in tables.PAGES:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "docs/tables/gpu.py -->" in text
        assert tables.written(text, tables.read(folder), folder) == text


@pytest.mark.parametrize("change", [{"quick": True}, {"parts": {}}])
def test_a_rehearsal_and_an_emulated_gpu_never_come_to_the_pages(change, tmp_path):
    (tmp_path / "results.json").write_text(json.dumps(results() | change))
    with pytest.raises(SystemExit, match="expected a whole run on a real GPU"):
        tables.read(tmp_path)
    found = results()
    found["parts"]["machine"]["found"]["card"] = "emulated GPU"
    (tmp_path / "results.json").write_text(json.dumps(found))
    with pytest.raises(SystemExit, match="expected a whole run on a real GPU"):
        tables.read(tmp_path)


# -- the parts ---------------------------------------------------------------------------------------


def test_every_call_of_a_step_is_recorded_and_can_be_asked_for_again(gpu):
    calls = step._recorded(gpu.xp, 2)[-1]
    counts = [sum(call.kind == kind for call in calls) for kind in ("launches", "products", "copies")]
    assert tuple(counts) == (*guard.LAUNCHES["scaled"], 0)
    assert "RMSprop" in calls[-1].name
    matrices = [call.flops for call in calls if call.flops and call.shapes.count("×") == 2]
    assert sum(matrices) * Task().samples == Task().flops * 512
    for call in calls:
        call.again()


@pytest.mark.gpu
def test_the_products_by_cublas_alone_are_those_of_a_step():
    backend = devices.gpu()
    flops = 0
    for name, a, b, out in ceilings.products(backend.xp, Task(hidden=(32, 12), batch_size=40)):
        backend.matmul(a, b, out)
        np.testing.assert_allclose(out.get(), a.get() @ b.get(), rtol=1e-5, err_msg=name)
        flops += 2 * out.size * a.shape[1]
    assert flops == Task(hidden=(32, 12), samples=40).flops


@pytest.fixture
def emulated():
    if "emulated" not in devices.name(devices.gpu().xp):
        pytest.skip("a real GPU is for scripts/gpu.py itself")


@pytest.mark.gpu
def test_a_rehearsal_on_the_emulated_gpu(emulated, tmp_path):
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "gpu.py", "--quick", "--minutes", "30", "--out", out],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in out.iterdir()} == {"results.json", "report.md", "tests.txt"}
    found = json.loads((out / "results.json").read_text())["parts"]
    timed = {name for name, part in PARTS.items() if part.timed}
    assert {name for name, each in found.items() if each["state"].startswith("left out: an emulated GPU")} == timed
    assert {name for name, each in found.items() if each["state"] == "done"} == PARTS.keys() - timed
    assert found["selftest"]["found"]["passed"]
    assert re.match(r"\d+ passed", found["tests"]["found"]["summary"])
    assert max(found["training"]["found"]["scaled"]["weights apart"].values()) < 1e-5
    assert not any("host_s" in call for call in found["step"]["found"]["calls"])


class _Event:
    """A CUDA event, for the emulated device, which has none: all that was asked for before it is done."""

    done = False

    def record(self):
        self.at = time.perf_counter()

    def synchronize(self):
        pass


@pytest.mark.gpu
def test_what_takes_times_runs_to_its_end(emulated, monkeypatch, tmp_path):
    """On the emulated device the figures mean nothing; here they go nowhere."""
    cupy = devices.gpu().xp
    monkeypatch.setattr(machine, "gpu_name", lambda: "a GPU")
    monkeypatch.setattr(cupy.cuda, "Event", _Event)
    monkeypatch.setattr(cupy.cuda, "get_elapsed_time", lambda start, stop: (stop.at - start.at) * 1e3)
    monkeypatch.setattr(cupy, "RawKernel", lambda code, name: lambda grid, block, arguments: None)
    monkeypatch.setattr(events, "SIZE", 8)
    monkeypatch.setattr(ceilings, "LARGE", 64)
    monkeypatch.setattr(ceilings, "COPIED", 4096)
    monkeypatch.setattr(ceilings, "SENT", 4096)
    for name, value in {"WARM_UP": 1, "IN_A_ROW": 2, "QUEUED": 2}.items():
        monkeypatch.setattr(step, name, value)
    small = Task(hidden=(8, 4), samples=200, batch_size=100)
    monkeypatch.setattr(timings, "WALKTHROUGH", small)
    monkeypatch.setattr(measure, "WALKTHROUGH", small)
    monkeypatch.setattr(turns, "PAUSE", 0)
    rivals = {"twin, GPU": ("tinydnn", "gpu"), "broken, GPU": ("no such peer", "gpu")}
    monkeypatch.setattr(measure, "on_gpu", lambda names: rivals)
    monkeypatch.setattr(timings.crossover, "task_of", lambda batch, width: replace(small, batch_size=batch))
    monkeypatch.setattr(timings.crossover, "BATCH_SIZES", (50, 100))
    monkeypatch.setattr(timings.crossover, "WIDTHS", (8,))
    axis = lambda task, n: replace(task, batch_size=n)  # noqa: E731
    monkeypatch.setattr(timings, "AXES", {"batch size": (axis, (50, 100), ()), "width": (axis, (100,), ())})
    found = head(8)
    for name in ("epochs", "step", "crossover", "growth", "predictions", "ceilings"):
        for taken in PARTS[name].work(tmp_path, False):
            found["parts"][name] = {"state": "done", "seconds": 0, "found": taken}
            run.write(found, tmp_path)
    report.draw(found, tmp_path)
    assert list(found["parts"]["epochs"]["found"]["failed"]) == ["broken, GPU"]
    assert list(found["parts"]["epochs"]["found"]["TF32"]) == ["twin, GPU"]
    assert set(found["parts"]["crossover"]["found"]) == {"50 8", "100 8"}
    assert set(found["parts"]["growth"]["found"]["batch size"]["50"]) == {GPU}
    assert all(call["device_s"] > 0 for call in found["parts"]["step"]["found"]["calls"])
    assert (tmp_path / "growth.png").exists()
    assert len(report.written(found)) == 6
