"""The frameworks that are timed, each as one class that trains a Task by what its users would write.

A peer has `optimizer`, the name of a formula in benchmarks/agreement.py; `train(epochs, pace)`, which
shuffles, takes all steps of an epoch, and returns from it when the weights are there; `weights()`, as W (inputs,
outputs) and b of each layer; and `predict(x)`, probabilities of rows from 0 to 1.

Only the module of the peer that is made is imported, so a process has one framework. Keras runs on the backend that
KERAS_BACKEND names, or else on the first of TensorFlow, JAX and PyTorch that is installed.
"""

import importlib
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.task import Task
from keras_ref.engines import BACKENDS, backend_name


def _tinydnn(task: Task) -> Any:
    from benchmarks.peers.fit import Fit
    from keras_ref.engines import load

    os.environ["CUPY_TF32"] = str(int(task.tf32))  # read when the first model on a GPU is made
    return Fit(load("tinydnn", task.device), task, threads=task.threads)


def _keras(jit: bool) -> Callable[[Task], Any]:
    def make(task: Task) -> Any:
        from benchmarks.peers.fit import KerasFit

        return KerasFit(task, jit)

    return make


def _pytorch(kind: str) -> Callable[[Task], Any]:
    def make(task: Task) -> Any:
        from benchmarks.peers import pytorch

        return getattr(pytorch, kind)(task)

    return make


def _jax(kind: str) -> Callable[[Task], Any]:
    def make(task: Task) -> Any:
        from benchmarks.peers import jax_numpy

        return getattr(jax_numpy, kind)(task)

    return make


def _scikit_learn(task: Task) -> Any:
    from benchmarks.peers.scikit_learn import ScikitLearn

    return ScikitLearn(task)


def _products(shared: bool) -> Callable[[Task], Any]:
    def make(task: Task) -> Any:
        from benchmarks.peers.products import Products

        return Products(task, shared)

    return make


@dataclass(frozen=True)
class _Peer:
    """framework: the module that computes; devices: where it can."""

    framework: str
    make: Callable[[Task], Any]
    devices: tuple[str, ...] = ("cpu", "gpu")


_BACKEND = backend_name()
_PEERS = {
    "tinydnn": _Peer("tinydnn", _tinydnn),
    "Keras": _Peer(_BACKEND, _keras(jit=False)),
    "Keras, jit": _Peer(_BACKEND, _keras(jit=True)),
    "PyTorch": _Peer("torch", _pytorch("PyTorch")),
    "PyTorch, compile": _Peer("torch", _pytorch("Compiled")),
    "PyTorch, CUDA graph": _Peer("torch", _pytorch("Captured"), ("gpu",)),
    "JAX, jit": _Peer("jax", _jax("Jax")),
    "JAX, scan": _Peer("jax", _jax("Scanned")),
    "scikit-learn": _Peer("sklearn", _scikit_learn, ("cpu",)),
    "products, shared rows": _Peer("tinydnn", _products(shared=True), ("cpu",)),
    "products, threaded BLAS": _Peer("tinydnn", _products(shared=False), ("cpu",)),
}
if _BACKEND == "jax":
    del _PEERS["Keras"]  # it would run operation by operation there; Keras' own default is jit

NAMES = tuple(_PEERS)
BOUNDS = "products, shared rows", "products, threaded BLAS"


def label(name: str) -> str:
    """What tables call it: its name, with Keras' backend."""
    if not name.startswith("Keras"):
        return name
    backend = BACKENDS[_BACKEND].name if _BACKEND in BACKENDS else _BACKEND
    return name.replace("Keras", f"Keras on {backend}")


def framework(name: str) -> str:
    """The module that a peer computes with."""
    return _PEERS[name].framework


def installed(name: str) -> bool:
    """Whether what it needs is there."""
    if name not in _PEERS:
        return False
    modules = [framework(name)] + ["keras"] * name.startswith("Keras")
    return all(importlib.util.find_spec(module) for module in modules)


def runs_on(name: str, device: str) -> bool:
    """Whether a peer is installed, and made for this device."""
    return installed(name) and device in _PEERS[name].devices


def make(name: str, task: Task) -> Any:
    """The peer of this name, with the task's first weights.

    Raises:
        ValueError: it is not made for the task's device.
    """
    peer = _PEERS[name]
    if task.device not in peer.devices:
        raise ValueError(f"{name} runs on {' and '.join(peer.devices)}. Received: device={task.device!r}")
    return peer.make(task)
