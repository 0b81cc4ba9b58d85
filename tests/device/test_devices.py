"""Choosing a device, and what is said where a GPU doesn't work."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import stand_in

import tinydnn as keras
from tinydnn.device import devices
from tinydnn.device.backend import GpuBackend
from tinydnn.inspect import info
from tinydnn.models import model_from_json


class CudaError(RuntimeError):
    """CuPy's CUDARuntimeError, whose class is made in C."""

    def __init__(self, status, name="cudaErrorSomething"):
        super().__init__(name)
        self.status = status


def cupy_with(count=1, driver=12090, runtime=12090, error=None, **functions):
    """A CuPy whose CUDA says this; its arrays are the stand-in's, but for these functions."""

    def device_count():
        if error is not None:
            raise error
        return count

    names = {name: getattr(stand_in, name) for name in ("arange", "asnumpy", "matmul")} | functions
    cuda = SimpleNamespace(
        runtime=SimpleNamespace(
            getDeviceCount=device_count,
            CUDARuntimeError=CudaError,
            driverGetVersion=lambda: driver,
            runtimeGetVersion=lambda: runtime,
            getDeviceProperties=lambda number: {"name": b"Test GPU"},
        ),
        Device=lambda: SimpleNamespace(id=0),
    )
    return SimpleNamespace(cuda=cuda, **names)


@pytest.fixture
def cupy(monkeypatch):
    """cupy(…) installs a CuPy of this kind."""
    monkeypatch.delenv("TINYDNN_DEVICE")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def install(**settings):
        module = cupy_with(**settings)
        monkeypatch.setattr(devices, "import_cupy", lambda: module)
        monkeypatch.setattr(devices, "_could_have_gpu", lambda: True)
        return module

    devices.gpu.cache_clear()
    devices._gpu_or_cpu.cache_clear()
    yield install
    devices.gpu.cache_clear()
    devices._gpu_or_cpu.cache_clear()


def fail_with(error):
    def fail(*arguments, **settings):
        raise error

    return fail


FAILURES = {
    "no driver": (
        {"error": CudaError(35), "driver": 0},
        "no NVIDIA driver, or no NVIDIA GPU: install the driver",
    ),
    "an old driver": (
        {"error": CudaError(35), "driver": 12040, "runtime": 13000},
        "The NVIDIA driver is for CUDA 12, and CuPy for CUDA 13: .* pip install 'cupy-cuda12x",
    ),
    "no device": ({"error": CudaError(100)}, "shows this process no GPU: nvidia-smi"),
    "none counted": ({"count": 0}, "shows this process no GPU"),
    "another error": ({"error": CudaError(46, "cudaErrorDevicesUnavailable")}, "does not work.*DevicesUnavailable"),
    "no NVRTC": (
        {"arange": fail_with(RuntimeError("Failed to find libnvrtc.so"))},
        r"libraries are missing.* pip install 'cupy-cuda12x\[ctk\]'",
    ),
    "no cuBLAS": (
        {"matmul": fail_with(ImportError("libcublas.so.12: cannot open shared object file"))},
        r"libraries are missing.* pip install 'cupy-cuda12x\[ctk\]'.*libcublas",
    ),
    "no memory": ({"arange": fail_with(MemoryError("out of memory"))}, "does not work; nvidia-smi .* MemoryError"),
    "wrong results": (
        {"asnumpy": lambda array: np.zeros((2, 2))},
        "computes wrong: .* gave",
    ),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_gpu_never_falls_back_and_says_what_helps(cupy, kind):
    settings, message = FAILURES[kind]
    cupy(**settings)
    with pytest.raises(devices.GpuError, match=message) as error:
        keras.Sequential(device="gpu")
    assert "\n" not in str(error.value)


def test_a_file_is_not_blamed_for_the_gpu(cupy, tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], device="cpu")
    model.save(tmp_path / "model.keras")
    cupy(count=0)
    keras.config.set_device("gpu")
    for load in (lambda: keras.models.load_model(tmp_path / "model.keras"), lambda: model_from_json(model.to_json())):
        with pytest.raises(devices.GpuError, match=r"^The NVIDIA driver shows this process no GPU"):
            load()


def test_a_hidden_gpu_is_told_by_the_variable_that_hides_it(cupy, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    cupy(error=CudaError(100))
    with pytest.raises(devices.GpuError, match="CUDA_VISIBLE_DEVICES=-1 hides them: unset it"):
        devices.gpu()


@pytest.mark.parametrize("kind", FAILURES)
def test_auto_takes_the_cpu_then_and_says_why_once(cupy, kind, capfd):
    settings, _ = FAILURES[kind]
    cupy(**settings)
    assert [keras.Sequential(device="auto").device for _ in range(3)] == ["cpu"] * 3
    said = capfd.readouterr().err
    assert said.startswith("tinydnn: device 'auto' takes the CPU. ")
    assert said.count("\n") == 1


def test_auto_takes_a_gpu_that_works_and_says_so_once(cupy, capfd):
    cupy()
    assert [keras.Sequential().device for _ in range(3)] == ["gpu"] * 3
    assert capfd.readouterr().err == "tinydnn: device 'auto' takes the GPU, Test GPU; device='cpu' takes the CPU\n"


def test_a_cpu_is_taken_without_a_word_where_there_is_no_choice(monkeypatch, capfd):
    monkeypatch.delenv("TINYDNN_DEVICE")
    monkeypatch.setattr(devices, "_could_have_gpu", lambda: False)
    assert keras.Sequential().device == "cpu"
    assert capfd.readouterr() == ("", "")


def test_threads_ask_for_the_cpu(cupy):
    cupy()
    assert keras.Sequential(threads=2).device == "cpu"
    with pytest.raises(ValueError, match=r"threads share a batch on a CPU; .* threads=2"):
        keras.Sequential(device="gpu", threads=2)
    with pytest.raises(ValueError, match="threads expects an integer of at least 1"):
        keras.Sequential(device="gpu", threads=0)
    assert keras.Sequential(device="gpu", threads=1).threads == keras.Sequential(device="gpu").threads == 1


def test_no_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setattr(devices, "_installed", lambda wheel: False)
    with pytest.raises(
        devices.GpuError, match=r"needs CuPy, which is not installed: pip install 'cupy-cuda12x\[ctk\]'"
    ):
        devices.import_cupy()


def test_a_cupy_that_can_not_be_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setattr(devices, "_installed", lambda wheel: wheel == "cupy-cuda12x")
    with pytest.raises(devices.GpuError, match=r"can't be imported; .*--force-reinstall 'cupy-cuda12x\[ctk\]'"):
        devices.import_cupy()


def test_a_cupy_that_does_not_fit_numpy(monkeypatch, tmp_path, capfd):
    """auto still has the CPU then, and info says there is none."""
    (tmp_path / "cupy.py").write_text("raise ValueError('numpy.dtype size changed')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr(devices, "_installed", lambda wheel: wheel == "cupy-cuda12x")
    with pytest.raises(devices.GpuError, match=r"can't be imported; .*numpy.dtype size changed"):
        devices.import_cupy()
    assert info.collect()["CUDA"] is None


@pytest.mark.parametrize(
    ("installed", "kept"),
    [(["cupy-cuda12x", "cupy-cuda13x"], "cupy-cuda13x"), (["cupy", "cupy-cuda12x"], "cupy-cuda12x")],
)
def test_of_two_wheels_a_binary_one_is_kept(monkeypatch, installed, kept):
    monkeypatch.setattr(devices, "_installed", installed.__contains__)
    with pytest.raises(devices.GpuError, match=rf"then pip install '{kept}\[ctk\]'$"):
        devices.import_cupy()


def test_the_command_for_cudas_libraries_names_the_wheel_that_is_there(cupy, monkeypatch):
    monkeypatch.setattr(devices, "_installed", lambda wheel: wheel == "cupy-cuda13x")
    cupy(matmul=fail_with(ImportError("libcublas.so.13: cannot open shared object file")))
    with pytest.raises(devices.GpuError, match=r"pip install 'cupy-cuda13x\[ctk\]'\. Received"):
        devices.gpu()


def test_a_driver_for_cuda_11_needs_a_newer_one(cupy):
    cupy(error=CudaError(35), driver=11080)
    with pytest.raises(devices.GpuError, match=r"for CUDA 11, and CuPy for CUDA 12: install a newer driver$"):
        devices.gpu()


def test_two_wheels_of_cupy(monkeypatch):
    monkeypatch.setattr(devices, "_installed", lambda wheel: wheel in ("cupy-cuda12x", "cupy-cuda13x"))
    with pytest.raises(
        devices.GpuError, match=r"cupy-cuda12x and cupy-cuda13x are installed.*uninstall -y cupy-cuda12x cu"
    ):
        devices.import_cupy()


def test_the_device_comes_from_the_argument_then_the_setting_then_the_environment(monkeypatch):
    monkeypatch.setattr(devices, "gpu", lambda: GpuBackend(stand_in))
    monkeypatch.setenv("TINYDNN_DEVICE", "gpu")
    assert keras.config.device() == keras.Sequential().device == "gpu"
    keras.config.set_device("cpu")
    assert keras.Sequential().device == "cpu"
    assert keras.Sequential(device="gpu").device == "gpu"
    keras.config.set_device(None)
    assert keras.config.device() == "gpu"
    monkeypatch.delenv("TINYDNN_DEVICE")
    assert keras.config.device() == "auto"


def test_other_devices_are_refused(monkeypatch):
    with pytest.raises(ValueError, match=r"device expects 'cpu', 'gpu' or 'auto'. Received: device='tpu'"):
        keras.Sequential(device="tpu")
    with pytest.raises(ValueError, match="Received: device='gpu:1'"):
        keras.config.set_device("gpu:1")
    monkeypatch.setenv("TINYDNN_DEVICE", "GPU")
    with pytest.raises(ValueError, match=r"TINYDNN_DEVICE expects .* Received: 'GPU'"):
        keras.Sequential()
    with pytest.raises(ValueError, match="set_fused_kernels expects True or False"):
        keras.config.set_fused_kernels("no")


def test_real_cupy_without_a_gpu_in_sight():
    """On a machine with a driver it is hidden, on one without there is none."""
    script = "import tinydnn; tinydnn.Sequential(device='gpu')"
    environment = {"CUDA_VISIBLE_DEVICES": "-1", "PATH": "/usr/bin:/bin"}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert ended.returncode == 1
    *_, message = ended.stderr.strip().splitlines()
    assert message.startswith("tinydnn.device.devices.GpuError: ")
    assert "no NVIDIA driver" in message or "CUDA_VISIBLE_DEVICES=-1 hides them" in message


def test_auto_imports_no_cupy_where_there_is_no_driver(monkeypatch):
    monkeypatch.setattr(devices.ctypes, "CDLL", fail_with(OSError("libcuda.so.1: cannot open shared object file")))
    monkeypatch.setattr(devices, "import_cupy", fail_with(AssertionError("imported")))
    assert keras.Sequential(device="auto").device == "cpu"


@pytest.mark.gpu
def test_no_device_is_visible():
    """The real path to that error, where there is a driver and a device."""
    script = "import tinydnn; tinydnn.Sequential(device='gpu')"
    ended = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert "CUDA_VISIBLE_DEVICES=-1 hides them: unset it" in ended.stderr


@pytest.mark.gpu
@pytest.mark.parametrize("library", ["libnvrtc.so.12", "libcublas.so.12"])
def test_a_library_of_cuda_is_missing(library, tmp_path):
    """The real path to that error: the emulated device without one of its libraries."""
    if not os.environ.get("TINYDNN_EMULATED_GPU"):
        pytest.skip("takes a library away from the emulated device: python3 scripts/test.py --emulated-gpu")
    there, *others = os.environ["LD_LIBRARY_PATH"].split(os.pathsep)
    for file in Path(there).iterdir():
        if file.name != library:
            (tmp_path / file.name).symlink_to(file)
    environment = {"LD_LIBRARY_PATH": os.pathsep.join([str(tmp_path), *others]), "CUPY_CACHE_DIR": str(tmp_path)}
    script = "import tinydnn; tinydnn.Sequential(device='gpu')"
    ended = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **environment}, capture_output=True, text=True
    )
    *_, message = ended.stderr.strip().splitlines()
    assert "CUDA's libraries are missing or don't fit" in message
    assert "pip install 'cupy-cuda12x[ctk]'" in message
    assert library.partition(".")[0] in message
