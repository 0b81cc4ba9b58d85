"""keras_ref: on which device Keras computes, as far as a CPU can show it."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

import tinydnn
from keras_ref import engines, train


class FakeTensorFlow:
    """What is asked of TensorFlow, in order; it has these GPUs."""

    def __init__(self, *gpus):
        self.asked = []
        self.config = SimpleNamespace(
            list_physical_devices=lambda kind: list(gpus),
            set_visible_devices=lambda devices, kind: self.asked.append(("visible", devices, kind)),
            experimental=SimpleNamespace(
                set_memory_growth=lambda gpu, growth: self.asked.append(("growth", gpu, growth)),
            ),
        )


@pytest.mark.parametrize("device", ["gpu", "auto"])
def test_memory_grows_on_every_gpu(device):
    tensorflow = FakeTensorFlow("first", "second")
    engines.choose_device(tensorflow, device)
    assert tensorflow.asked == [("growth", "first", True), ("growth", "second", True)]


def test_the_cpu_hides_the_gpus():
    tensorflow = FakeTensorFlow("first")
    engines.choose_device(tensorflow, "cpu")
    assert tensorflow.asked == [("visible", [], "GPU")]


def test_a_gpu_that_is_not_there_is_an_error():
    with pytest.raises(RuntimeError, match=r"TensorFlow finds no GPU.*pip install 'tensorflow\[and-cuda\]'"):
        engines.choose_device(FakeTensorFlow(), "gpu")
    engines.choose_device(FakeTensorFlow(), "auto")


def test_devices_are_chosen_before_tensorflow_starts(monkeypatch):
    tensorflow, keras = FakeTensorFlow("first"), SimpleNamespace()
    tensorflow.config.list_logical_devices = lambda: tensorflow.asked.append("started")
    modules = {"tensorflow": tensorflow, "keras": keras}
    monkeypatch.setattr(engines.importlib, "import_module", modules.__getitem__)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    assert engines._imported("gpu") is keras
    assert tensorflow.asked == [("growth", "first", True), "started"]


def test_the_script_hides_the_gpus_before_it_imports_tensorflow(monkeypatch):
    class Loaded(Exception):  # noqa: N818
        pass

    def load(*arguments):
        raise Loaded(*arguments, os.environ.get("CUDA_VISIBLE_DEVICES"))

    monkeypatch.setattr(train, "load", load)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    for device, visible in (("auto", "0"), ("cpu", "-1")):
        with pytest.raises(Loaded) as loaded:
            train.main("keras", device=device, tf32=False)
        assert loaded.value.args == ("keras", device, False, visible)


def test_tinydnns_device_is_chosen_by_the_same_word():
    assert engines.load("tinydnn", "cpu") is tinydnn
    assert tinydnn.config.device() == engines.devices("tinydnn") == "cpu"
    engines.load("tinydnn")
    assert tinydnn.config.device() == "cpu"


def run(program, *arguments):
    return subprocess.run([sys.executable, "-P", *program, *arguments], capture_output=True, text=True)


LOADED = """
from keras_ref import engines, train
keras = engines.load("keras", {device!r}, tf32={tf32})
import tensorflow as tf
print(engines.devices("keras"))
print(tf.config.experimental.tensor_float_32_execution_enabled(), tf.config.get_visible_devices("GPU"))
"""


@pytest.mark.parametrize(("device", "tf32"), [("cpu", False), ("auto", True)])
def test_keras_on_the_cpu_in_a_process_of_its_own(device, tf32):
    pytest.importorskip("tensorflow", reason="install the extra `keras`, as scripts/test.py does")
    done = run(["-c", LOADED.format(device=device, tf32=tf32)])
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("/device:CPU:0")
    assert second.startswith(f"{tf32} ")


def test_the_script_says_versions_and_devices_and_never_falls_back(monkeypatch):
    pytest.importorskip("tensorflow", reason="install the extra `keras`, as scripts/test.py does")
    script = ["keras_ref/train.py", "--epochs", "1", "--input", "scaled"]
    done = run([*script, "--engine", "keras", "--device", "cpu"])
    assert done.stdout.splitlines()[0].startswith("Keras 3.")
    assert done.stdout.splitlines()[0].endswith("devices: /device:CPU:0")
    done = run([*script, "--engine", "tinydnn", "--device", "cpu"])
    assert done.stdout.splitlines()[0] == f"tinydnn {tinydnn.__version__}, devices: cpu"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    for engine, message in (("keras", "TensorFlow finds no GPU"), ("tinydnn", "GpuError")):
        done = run([*script, "--engine", engine, "--device", "gpu"])
        assert done.returncode == 1
        assert message in done.stderr
        assert "Epoch" not in done.stdout


def test_parity_rounds_nothing(monkeypatch, capsys):
    """TensorFloat-32 is off after it, whatever Keras computes on."""
    tensorflow = pytest.importorskip("tensorflow", reason="install the extra `keras`, as scripts/test.py does")
    from keras_ref.parity import compare

    tensorflow.config.experimental.enable_tensor_float_32_execution(True)

    nets = []

    def net(k):
        model = k.Sequential([k.Input((2,)), k.layers.Dense(2, activation="softmax")])
        model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        if k is not tinydnn:
            model.jit_compile = True  # as Keras would on a GPU
            nets.append(model)
        return model

    report = compare(net, [[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]], batch_size=2)
    assert report.beyond is None
    assert [model.jit_compile for model in nets] == [False]
    assert not tensorflow.config.experimental.tensor_float_32_execution_enabled()
