"""One peer in a process of its own; what it is to do comes in line by line, as JSON, and so do the answers.

python benchmarks/worker.py PEER

A line names the task, what to do, one of the functions below, and its arguments.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import agreement, crossover, machine, peers  # noqa: E402
from benchmarks.task import INPUTS, OUTPUTS, Pace, Task, scaled  # noqa: E402
from tinydnn.datasets import mnist  # noqa: E402


def answer(**found: Any) -> None:
    """Print what was found, apart from lines that a framework may print."""
    print(json.dumps({"answer": found}), flush=True)


class _Turn(Pace):
    def begin(self) -> None:
        sys.stdin.readline()
        self._began = time.perf_counter()

    def end(self) -> None:
        answer(seconds=time.perf_counter() - self._began)


def check(name: str, task: Task, file: str) -> None:
    """Train a few steps on one batch, and write the weights into the file."""
    peer = peers.make(name, agreement.task_of_one_batch(task))
    peer.train(agreement.STEPS, Pace())
    np.savez(file, *peer.weights())
    answer(optimizer=peer.optimizer)


def train(name: str, task: Task, epochs: int) -> None:
    """Train; wait for an empty line before each epoch, and answer with its seconds."""
    peers.make(name, task).train(epochs, _Turn())


def _test_digits(task: Task) -> tuple[Any, Any]:
    _, (x, labels) = mnist.load_data()
    x = x.reshape(-1, INPUTS)
    return (x if task.pixels else scaled(x, task.dtype)), labels


def predict(name: str, task: Task, rows: int, times: int) -> None:
    """Answer with the seconds of each of so many predictions of some test digits."""
    peer, (x, _) = peers.make(name, task), _test_digits(task)
    seconds = []
    for i in range(times):
        digits = x[i % (len(x) - rows + 1) :][:rows]
        began = time.perf_counter()
        peer.predict(digits)
        seconds.append(time.perf_counter() - began)
    answer(seconds=seconds)


def launches(name: str, task: Task) -> None:
    """Answer with what a step of tinydnn's asks of a GPU."""
    x, labels = task.data()
    y = np.eye(OUTPUTS, dtype=task.dtype)[labels]
    answer(**crossover.count(peers.make(name, task).model, x, y, task.batch_size))


def job(name: str, task: Task, epochs: int) -> None:
    """Train, and answer with the accuracy on the test digits and the process's peak memory."""
    peer = peers.make(name, task)
    peer.train(epochs, Pace())
    x, labels = _test_digits(task)
    accuracy = float((peer.predict(x).argmax(axis=1) == labels).mean())
    answer(accuracy=accuracy, peak_bytes=machine.peak_memory())


def main(name: str) -> None:
    """Do what each line says, until there are no more."""
    while line := sys.stdin.readline():
        asked = json.loads(line)
        hidden = tuple(asked["task"].pop("hidden"))
        do = {each.__name__: each for each in (check, train, predict, launches, job)}[asked.pop("do")]
        do(name, Task(hidden, **asked.pop("task")), **asked)


if __name__ == "__main__":
    main(sys.argv[1])
