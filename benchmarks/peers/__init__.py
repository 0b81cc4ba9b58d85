"""The frameworks that are timed, each as one class that trains a Task by what its users would write.

A peer has `optimizer`, the name of a formula in benchmarks/agreement.py; `train(epochs, pace)`, which
shuffles, takes all steps of an epoch, and returns from it when the weights are there; `weights()`, as W (inputs,
outputs) and b of each layer; and `predict(x)`, probabilities of rows from 0 to 1.

Only the module of the peer that is made is imported, so a process has one framework.
"""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

from benchmarks.task import Task


def _tinydnn(task: Task) -> Any:
    from benchmarks.peers.fit import Fit
    from keras_ref.engines import load

    return Fit(load("tinydnn", task.device), task, threads=task.threads)


def _keras(jit: bool) -> Callable[[Task], Any]:
    def make(task: Task) -> Any:
        from benchmarks.peers.fit import Fit, limit_tensorflow
        from keras_ref.engines import load

        limit_tensorflow(task.threads)
        keras = load("keras", task.device, tf32=False)  # which tinydnn never does
        return Fit(keras, task, jit_compile=jit)

    return make


def _pytorch(compiled: bool) -> Callable[[Task], Any]:
    def make(task: Task) -> Any:
        from benchmarks.peers.pytorch import PyTorch

        return PyTorch(task, compiled)

    return make


def _jax(task: Task) -> Any:
    from benchmarks.peers.jax_numpy import Jax

    return Jax(task)


def _scikit_learn(task: Task) -> Any:
    from benchmarks.peers.scikit_learn import ScikitLearn

    return ScikitLearn(task)


def _products(shared: bool) -> Callable[[Task], Any]:
    def make(task: Task) -> Any:
        from benchmarks.peers.products import Products

        return Products(task, shared)

    return make


# Each by the module that it needs.
_PEERS: dict[str, tuple[str, Callable[[Task], Any]]] = {
    "tinydnn": ("tinydnn", _tinydnn),
    "Keras": ("tensorflow", _keras(jit=False)),
    "Keras, jit": ("tensorflow", _keras(jit=True)),
    "PyTorch": ("torch", _pytorch(compiled=False)),
    "PyTorch, compile": ("torch", _pytorch(compiled=True)),
    "JAX, jit": ("jax", _jax),
    "scikit-learn": ("sklearn", _scikit_learn),
    "products, shared rows": ("tinydnn", _products(shared=True)),
    "products, threaded BLAS": ("tinydnn", _products(shared=False)),
}

NAMES = tuple(_PEERS)
BOUNDS = "products, shared rows", "products, threaded BLAS"


def installed(name: str) -> bool:
    """Whether what it needs is there."""
    return importlib.util.find_spec(_PEERS[name][0]) is not None


def make(name: str, task: Task) -> Any:
    """The peer of this name, with the task's first weights."""
    return _PEERS[name][1](task)
