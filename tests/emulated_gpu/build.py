"""Builds the emulated GPU: the libraries that CuPy loads, and CuPy's CUDA runtime module anew. README.md says how.

All goes into one folder, in which `venv` is a virtual environment that has REQUIREMENTS. What fails raises
subprocess.CalledProcessError; its output is what the program said.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).parent

# The runtime module must be of the very version that it is put into. CUDA's is what CuPy's wheel was built with.
CUPY = "14.2.0"
CUDA = "12.9"
CUPY_CUDA_VERSION = "12090"
REQUIREMENTS = [
    f"cupy-cuda12x=={CUPY}",  # it has a bound for NumPy itself
    "cython==3.2.4",
    f"nvidia-cuda-runtime-cu12=={CUDA}.*",  # CUDA's headers
    f"nvidia-cuda-nvcc-cu12=={CUDA}.*",  # headers that those include
]
NVRTC = f"nvidia-cuda-nvrtc-cu12=={CUDA}.*"

# What a function that isn't emulated answers.
CUDA_ERROR_NOT_SUPPORTED = 801
CUBLAS_STATUS_NOT_SUPPORTED = 15

GXX = ["g++", "-std=c++17", "-O2", "-fPIC"]


def lacking():
    """What is needed and not here, or None."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return "Linux on x86_64"
    if not shutil.which("g++"):
        return "g++"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "Python's headers, which python3-dev has"
    return None


def sources():
    """The text of all that a build is made from."""
    files = [path for path in sorted(HERE.rglob("*")) if path.suffix in (".py", ".cpp", ".h", ".cuh")]
    return b"".join(file.read_bytes() for file in files)


def variables(folder):
    """The environment variables with which a program finds the emulated GPU."""
    before = os.environ.get("LD_LIBRARY_PATH")
    return {
        "LD_LIBRARY_PATH": f"{folder}/lib:{before}" if before else f"{folder}/lib",
        "CONDA_PREFIX": "",  # else CuPy would take the CUDA that is there
        "CUDA_VISIBLE_DEVICES": "0",
        "CUPY_CACHE_DIR": f"{folder}/cache",
        "CUPY_ACCELERATORS": "",  # CUB's kernels need more of CUDA than is emulated
        "OMP_NUM_THREADS": "1",  # so that the CPU, which results are compared with, adds up in one order
        "TINYDNN_EMULATED_GPU": "1",
    }


def build(folder):
    """Build what the folder needs beside its virtual environment."""
    folder = Path(folder)
    folder.joinpath("lib").mkdir()
    with tempfile.TemporaryDirectory() as work:
        build_libcuda(folder)
        build_device_headers(folder)
        build_libnvrtc(folder)
        build_libcublas(folder, Path(work))
        build_runtime_module(folder, Path(work))


def build_libcuda(folder):
    """Build the driver, which holds the counters too."""
    link(folder / "lib/libcuda.so.1", HERE / "driver.cpp", *cuda_headers(folder))


def build_device_headers(folder):
    """Compile the header of every kernel beforehand, which halves what g++ takes for each of them."""
    shutil.copytree(HERE / "device", folder / "device")
    run(*GXX, "-w", "-x", "c++-header", folder / "device/device.h")


def build_libnvrtc(folder):
    """Build the compiler, and install NVIDIA's: apart, or CuPy would load that one."""
    pip(folder, "install", "--no-deps", "--target", folder / "nvrtc", NVRTC)
    real = folder / "nvrtc/nvidia/cuda_nvrtc"
    paths = [f'-DREAL_NVRTC="{real}/lib/libnvrtc.so.12"', f'-DDEVICE_HEADERS="{folder}/device"']
    link(folder / "lib/libnvrtc.so.12", HERE / "nvrtc.cpp", f"-I{real}/include", *paths)


def build_libcublas(folder, work):
    """Build cuBLAS, and an empty cuBLASLt, which is loaded with it."""
    module = cupy_module(folder, "cupy_backends/cuda/libs/cublas")
    stubs = write_stubs(work / "stubs.cpp", functions_called(module, "cublas"), CUBLAS_STATUS_NOT_SUPPORTED)
    flags = ["-O3", *cuda_headers(folder), "-Wl,--default-symver"]  # symbols with the version that CuPy looks for
    link(folder / "lib/libcublas.so.12", HERE / "cublas.cpp", stubs, folder / "lib/libcuda.so.1", *flags)
    link(folder / "lib/libcublasLt.so.12", "-xc++", os.devnull)


def build_runtime_module(folder, work):
    """Build CuPy's module of the CUDA runtime from its source, with the emulated runtime in it."""
    pip(folder, "download", "--no-deps", "--no-binary", "cupy", "--dest", work, f"cupy=={CUPY}")
    shutil.unpack_archive(work / f"cupy-{CUPY}.tar.gz", work)
    source = work / f"cupy-{CUPY}/cupy_backends/cuda/api"
    generated, compiled = source / "runtime.cpp", work / "module.o"
    settings = f"CUPY_CUDA_VERSION={CUPY_CUDA_VERSION},CUPY_HIP_VERSION=0,CUPY_USE_CUDA_PYTHON=False"
    directives = "embedsignature=True,binding=False,c_api_binop_methods=True"  # as CuPy's own build has them
    cython = ["cython", "--cplus", "-E", settings, "-X", directives, source / "runtime.pyx", "-o", generated]
    run(python(folder), "-m", *cython, cwd=work / f"cupy-{CUPY}")
    headers = [*cuda_headers(folder), f"-I{HERE}/host", f"-I{sysconfig.get_path('include')}"]
    run(*GXX, "-w", "-c", generated, "-o", compiled, *headers)
    stubs = write_stubs(work / "stubs.cpp", functions_called(compiled, "cuda"), CUDA_ERROR_NOT_SUPPORTED)
    module = cupy_module(folder, "cupy_backends/cuda/api/runtime")
    link(module, compiled, HERE / "runtime.cpp", stubs, folder / "lib/libcuda.so.1", *cuda_headers(folder))


def functions_called(binary, prefix):
    """The names of a library's functions that a shared object, or an object file, calls."""
    undefined = run("nm", "-u", *(["-D"] if binary.suffix == ".so" else []), binary)
    return sorted(set(re.findall(rf" U ({prefix}\w+)", undefined)))


def write_stubs(path, names, answer):
    """Write functions that only return a number; weak ones, so that those that are emulated take their place."""
    path.write_text(
        "".join(f'extern "C" __attribute__((weak)) int {name}() {{ return {answer}; }}\n' for name in names)
    )
    return path


def cuda_headers(folder):
    """The compiler's options for CUDA's headers."""
    return [f"-I{site_packages(folder)}/nvidia/{package}/include" for package in ("cuda_runtime", "cuda_nvcc")]


def cupy_module(folder, name):
    """The file of one of CuPy's compiled modules."""
    [path] = site_packages(folder).glob(f"{name}.*.so")
    return path


def site_packages(folder):
    """Where the virtual environment has what pip installs."""
    return Path(sysconfig.get_path("platlib", "venv", {"platbase": f"{folder}/venv"}))


def python(folder):
    """The virtual environment's Python."""
    return folder / "venv/bin/python"


def link(target, *inputs):
    """Compile and link a shared object, known by the name of its file."""
    run(*GXX, "-shared", f"-Wl,-soname,{target.name}", "-o", target, *inputs)


def pip(folder, *arguments):
    """Run pip in the virtual environment."""
    stub = {**os.environ, "CUPY_INSTALL_USE_STUB": "1"}  # so that CuPy's source looks for no CUDA
    run(python(folder), "-m", "pip", "--disable-pip-version-check", *arguments, env=stub)


def run(*command, **settings):
    """Run a program; return what it says."""
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, **settings
    ).stdout
