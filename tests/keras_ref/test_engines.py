"""keras_ref: on which device Keras computes, as far as a CPU can show it."""

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

import tinydnn
from keras_ref import engines, train
from keras_ref.backends import BACKENDS
from keras_ref.known import known_differences


class FakeTensorFlow:
    """What is asked of TensorFlow, in order; it has these GPUs."""

    def __init__(self, *gpus):
        self.asked = []
        self.config = SimpleNamespace(
            list_physical_devices=lambda kind: list(gpus),
            list_logical_devices=lambda: self.asked.append("started") or [],
            set_visible_devices=lambda devices, kind: self.asked.append(("visible", devices, kind)),
            experimental=SimpleNamespace(
                set_memory_growth=lambda gpu, growth: self.asked.append(("growth", gpu, growth)),
            ),
        )


class FakeJax:
    """JAX on a machine with a GPU, or without one; `used` is where it computes already."""

    def __init__(self, gpu, used=None):
        self.asked, self._gpu, self._used = [], gpu, used
        self.config = SimpleNamespace(update=lambda *setting: self.asked.append(setting))

    def devices(self, kind):
        if self.default_backend() != kind:
            raise RuntimeError(f"Unknown backend {kind}")

    def default_backend(self):
        if self._used is None:
            chosen = dict(self.asked).get("jax_platforms", "cuda,cpu")
            self._used = "gpu" if "cuda" in chosen and self._gpu else "cpu"
        return self._used


class FakeTorch:
    """PyTorch on a machine with a GPU, or without one."""

    def __init__(self, gpu):
        self.asked = []
        self.cuda = SimpleNamespace(is_available=lambda: gpu)
        self.set_float32_matmul_precision = self.asked.append


@pytest.fixture
def fake(monkeypatch):
    """Puts a module in the place of another, for whoever imports it."""
    for variable in ("KERAS_TORCH_DEVICE", "XLA_PYTHON_CLIENT_PREALLOCATE", "KERAS_BACKEND"):
        monkeypatch.setenv(variable, "")  # what is set in a test ends with it
        monkeypatch.delenv(variable)

    def put(name, module):
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return put


@pytest.mark.parametrize("device", ["gpu", "auto"])
def test_memory_grows_on_every_gpu(device, fake):
    tensorflow = fake("tensorflow", FakeTensorFlow("first", "second"))
    BACKENDS["tensorflow"].choose(device)
    assert tensorflow.asked == [("growth", "first", True), ("growth", "second", True)]
    fake("jax", FakeJax(gpu=True))
    BACKENDS["jax"].choose(device)
    assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"


def test_the_cpu_hides_the_gpus(fake):
    tensorflow = fake("tensorflow", FakeTensorFlow("first"))
    BACKENDS["tensorflow"].choose("cpu")
    assert tensorflow.asked == [("visible", [], "GPU")]
    jax = fake("jax", FakeJax(gpu=True))
    BACKENDS["jax"].choose("cpu")
    assert jax.default_backend() == "cpu"


@pytest.mark.parametrize(("gpu", "device", "place"), [
    (True, "gpu", "cuda"), (True, "auto", "cuda"), (True, "cpu", "cpu"), (False, "auto", "cpu"), (False, "cpu", "cpu"),
])  # fmt: skip
def test_keras_on_pytorch_is_told_its_device_before_it_is_imported(gpu, device, place, fake, monkeypatch):
    fake("torch", FakeTorch(gpu))
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    BACKENDS["torch"].choose(device)
    assert os.environ["KERAS_TORCH_DEVICE"] == place


@pytest.mark.parametrize(("name", "module", "message"), [
    ("tensorflow", FakeTensorFlow(), r"TensorFlow finds no GPU.*pip install 'tensorflow\[and-cuda\]'"),
    ("jax", FakeJax(gpu=False), r"JAX finds no GPU.*pip install 'jax\[cuda13\]'.*Unknown backend gpu"),
    ("torch", FakeTorch(gpu=False), "PyTorch finds no GPU. It needs a build with CUDA"),
])  # fmt: skip
def test_a_gpu_that_is_not_there_is_an_error(name, module, message, fake, monkeypatch):
    fake(name, module)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    with pytest.raises(RuntimeError, match=message):
        BACKENDS[name].choose("gpu")
    module.asked.clear()
    BACKENDS[name].choose("auto")


def test_a_device_that_comes_too_late_is_an_error(fake):
    fake("jax", FakeJax(gpu=True, used="gpu"))
    with pytest.raises(RuntimeError, match=r"choose JAX's device before its first use\. Received: cpu, and it uses"):
        BACKENDS["jax"].choose("cpu")
    fake("torch", FakeTorch(gpu=True))
    fake("keras", SimpleNamespace(ops=SimpleNamespace(zeros=lambda shape: SimpleNamespace(device="cuda:0"))))
    BACKENDS["torch"].choose("gpu")
    with pytest.raises(RuntimeError, match=r"before Keras is imported\. Received: cpu, and it uses cuda:0"):
        BACKENDS["torch"].choose("cpu")


def test_tf32_on_each_backend(fake):
    jax, torch = fake("jax", FakeJax(gpu=True)), fake("torch", FakeTorch(gpu=True))
    for on in (False, True):
        BACKENDS["jax"].set_tf32(on)
        BACKENDS["torch"].set_tf32(on)
    assert [precision for _, precision in jax.asked] == ["highest", "tensorfloat32"]
    assert torch.asked == ["highest", "high"]


def test_devices_are_chosen_before_tensorflow_starts(monkeypatch):
    tensorflow, keras = FakeTensorFlow("first"), SimpleNamespace()
    modules = {"tensorflow": tensorflow, "keras": keras}
    monkeypatch.setattr(engines.importlib, "import_module", modules.__getitem__)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    assert engines._imported("tensorflow", BACKENDS["tensorflow"], "gpu") is keras
    assert tensorflow.asked == [("growth", "first", True), "started"]


def test_keras_runs_on_what_is_asked_for_or_else_on_the_first_that_is_installed(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert engines.backend_name() == "torch"
    monkeypatch.delenv("KERAS_BACKEND")
    for installed, expected in (
        ("torch jax", "jax"),
        ("torch", "torch"),
        ("torch jax tensorflow", "tensorflow"),
        ("", "tensorflow"),
    ):
        monkeypatch.setattr(engines.importlib.util, "find_spec", installed.split().__contains__)
        assert engines.backend_name() == expected


def test_a_backend_that_is_unknown_or_comes_too_late_is_an_error(monkeypatch):
    keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    with pytest.raises(ImportError, match=r"KERAS_BACKEND expects one of tensorflow, jax, torch\. Received: numpy"):
        engines.load("keras")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ImportError, match=r"set KERAS_BACKEND=tensorflow\. Received: Keras on jax"):
        engines.load("keras")


def test_keras_2_is_refused_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(__version__="2.15.0"))
    message = (
        r"^tinydnn is compared with Keras 3; install it with: pip install -e '\.\[keras\]'\. Received: Keras 2\.15\.0$"
    )
    with pytest.raises(ImportError, match=message):
        engines.load("keras")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("3.0.5", ["The loss of a log.*Keras before 3.2", "Penalties on outputs.*Keras before 3.14"]),
        ("3.3.3", ["Penalties on outputs.*Keras before 3.14"]),
        ("3.14.0", []),
    ],
)
def test_what_an_older_keras_does_otherwise_is_named(version, expected, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(__version__=version))
    model = tinydnn.Sequential([tinydnn.Input((2,)), tinydnn.layers.Dense(2, activity_regularizer="l2")])
    model.compile("sgd", "mse")
    for said, found in zip(expected, known_differences(model), strict=True):
        assert re.match(said, found)


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
