"""tinydnn selftest: what it finds right, and that it finds what is wrong."""

import json

import numpy as np
import pytest
import stand_in

import tinydnn
from tinydnn import config
from tinydnn.app.cli import main
from tinydnn.inspect import selftest
from tinydnn.inspect.selftest import training


def command(monkeypatch, *arguments):
    """The exit code of `tinydnn selftest …` in this process."""
    monkeypatch.setattr("sys.argv", ["tinydnn", "selftest", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def failed(outcome):
    return {check.name for check in outcome.checks if not check.passed}


@pytest.fixture
def few_steps(monkeypatch):
    monkeypatch.setattr(training, "STEPS", 2)
    monkeypatch.setattr(training, "BATCH_SIZE", 32)


def test_a_gpu_that_computes_right(gpu, few_steps):
    outcome = selftest.run("gpu")
    assert failed(outcome) == set()
    assert {check.form for check in outcome.checks} == {"fused", "plain"}
    assert outcome.figures["kernel calls a step"] == 15
    assert outcome.figures["matrix product calls a step"] == 11
    assert outcome.figures["copies a step"] == 0
    assert config.fused_kernels()


def test_this_cpu_computes_right():
    outcome = selftest.run("cpu")
    assert failed(outcome) == set()
    assert {check.form for check in outcome.checks} == {"plain"}
    assert len({check.name for check in outcome.checks}) > 30


def rounded_to_ten_bits(a, b, out=None):
    """As TensorFloat-32 does before it multiplies."""

    def ten_bits(array):
        bits = array.host.astype(np.float32).view(np.uint32)
        return stand_in.ndarray(((bits + 0x1000) & 0xFFFFE000).view(np.float32).astype(array.dtype))

    return right_matmul(ten_bits(a), ten_bits(b), out=out)


right_matmul = stand_in.matmul
TF32, NO_ROOT, NO_MAX, FLAT = "TensorFloat-32", "sqrt(v) = v", "max = infinity", "tanh too small"
WRONG = {
    FLAT: ("tanh", lambda z, out: stand_in.multiply(z, 0.999, out=out)),
    TF32: ("matmul", rounded_to_ten_bits),
    NO_ROOT: ("sqrt", lambda v, out: stand_in.add(v, 0, out=out)),
    NO_MAX: ("max", lambda z, axis, keepdims, out: stand_in.multiply(out, np.inf, out=out)),
}


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        (FLAT, {"tanh", "sigmoid", "weights after 2 steps"}),
        (TF32, {"matrix product x.T @ dz", "matrix product dz @ W.T", "weights after 2 steps"}),
        (NO_ROOT, {"RMSprop", "Adam", "weights after 2 steps"}),
        (NO_MAX, {"CategoricalCrossentropy from logits", "loss after 2 steps"}),
    ],
)
def test_a_device_that_computes_wrong(gpu_stand_in, monkeypatch, few_steps, mistake, named):
    monkeypatch.setattr(stand_in, *WRONG[mistake])
    found = failed(selftest.run("gpu"))
    assert named <= found
    assert "relu" not in found


def test_an_error_on_the_device_is_a_part_of_the_outcome(gpu_stand_in, monkeypatch, few_steps, capsys):
    def fail(*arguments, **settings):
        raise RuntimeError("CUDA_ERROR_LAUNCH_FAILED:\n unspecified launch failure")

    monkeypatch.setattr(stand_in, "argmax", fail)
    assert command(monkeypatch, "--device", "gpu") == 1
    printed = capsys.readouterr().out
    message = "RuntimeError: CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure"
    assert f"FAILED: weights after 2 steps, fused, float32: {message}" in printed
    assert "To a bug report, please attach the output of `tinydnn selftest --device gpu --json`" in printed


def test_an_error_that_shows_when_a_result_is_read_is_one_too(gpu_stand_in, monkeypatch, few_steps, capsys):
    """As on a GPU, where a launch only queues."""
    read, calls = stand_in.asnumpy, []

    def fail_from_the_fifth_on(array):
        calls.append(array)
        if len(calls) > 4:
            raise RuntimeError("cudaErrorIllegalAddress")
        return read(array)

    monkeypatch.setattr(stand_in, "asnumpy", fail_from_the_fifth_on)
    assert command(monkeypatch, "--device", "gpu") == 1
    printed = capsys.readouterr().out
    assert printed.startswith(f"tinydnn {tinydnn.__version__} on the GPU, ")
    assert "FAILED: figures of a step, fused, float32: RuntimeError: cudaErrorIllegalAddress" in printed
    assert "passed on the GPU" in printed


def test_a_wrong_word_in_the_environment_is_wrong_use(monkeypatch, capsys):
    monkeypatch.setenv("TINYDNN_DEVICE", "GPU")
    assert command(monkeypatch) == 2
    assert "TINYDNN_DEVICE expects" in capsys.readouterr().err


def test_the_command_prints_a_table_or_json(monkeypatch, few_steps, capsys):
    assert command(monkeypatch, "--device", "cpu") == 0
    printed = capsys.readouterr().out
    assert "240 of 240 checks passed on the CPU" in printed
    assert "matrix product x.T @ dz" in printed
    assert command(monkeypatch, "--device", "cpu", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is True
    assert found["versions"]["NumPy"] == np.__version__
    assert len(found["checks"]) == 240
    assert found["checks"][0].keys() == {"name", "form", "dtype", "difference", "allowed", "error", "passed"}


def test_without_a_gpu_it_says_what_is_missing(monkeypatch, capsys):
    from tinydnn.device import devices

    def none():
        raise devices.GpuError("There is no NVIDIA driver")

    monkeypatch.setattr(devices, "gpu", none)
    assert command(monkeypatch, "--device", "gpu") == 1
    assert capsys.readouterr().err == "tinydnn: There is no NVIDIA driver\n"
