"""Options of the suites: pytest benchmarks --engine keras --device cpu, one engine and device a process."""

from dataclasses import replace

import pytest

from benchmarks import agreement, operations
from benchmarks.peers import make
from benchmarks.task import Pace, Task

TASK = Task()


def pytest_addoption(parser):
    """--engine and --device."""
    parser.addoption("--engine", choices=["tinydnn", "keras"], default="tinydnn", help="what is timed")
    parser.addoption("--device", choices=["cpu", "gpu"], default="cpu", help="where")


@pytest.fixture(scope="session")
def task(pytestconfig):
    """The walkthrough's, on the device that was asked for."""
    return replace(TASK, device=pytestconfig.getoption("device"))


@pytest.fixture(scope="session")
def engine(pytestconfig, task):
    """The operations of the engine that was asked for, once it has shown that it trains as it should."""
    name = pytestconfig.getoption("engine")
    peer = make({"tinydnn": "tinydnn", "keras": "Keras"}[name], agreement.task_of_one_batch(task))
    peer.train(agreement.STEPS, Pace())
    agreement.largest_difference(peer.weights(), task, peer.optimizer)
    return operations.ENGINES[name](task)
