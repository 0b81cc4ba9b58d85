"""Peers in processes of their own, which take turns: so what drifts or disturbs the machine meets all of them alike."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import agreement, peers
from benchmarks.task import Task

WORKER = Path(__file__).with_name("worker.py")
# Threads of BLAS, OpenMP and XLA spin for a while after their work is done, and would slow the next peer down.
PAUSE = 0.3  # seconds


def say(text: str) -> None:
    """What is being measured, on standard error, with the time."""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def _asked(task: Task, **asked: Any) -> dict[str, Any]:
    return {"task": asdict(task), **asked}


class Worker:
    """A process that has one peer."""

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(WORKER), peer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def send(self, asked: Mapping[str, Any] | None = None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write((json.dumps(asked) if asked else "") + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The next answer.

        Raises:
            RuntimeError: the process has ended; the message has its last words.
        """
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith('{"answer"'):
                found: dict[str, Any] = json.loads(line)["answer"]
                return found
        self._process.wait()
        self._errors.seek(0)
        words = self._errors.read().strip().splitlines() or ["no message"]
        raise RuntimeError(f"{self.peer} ended with exit code {self._process.returncode}: {words[-1]}")

    def ask(self, task: Task, **asked: Any) -> dict[str, Any]:
        self.send(_asked(task, **asked))
        return self.answer()

    def check(self, task: Task) -> float:
        """How far the weights are from where they should be, after a few steps.

        Raises:
            agreement.DisagreementError: too far.
        """
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "weights.npz")
            optimizer = self.ask(task, do="check", file=file)["optimizer"]
            with np.load(file) as weights:
                try:
                    return agreement.largest_difference(list(weights.values()), task, optimizer)
                except agreement.DisagreementError as error:
                    raise agreement.DisagreementError(f"{self.peer}: {error}") from None

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def kill(self) -> None:
        self._process.kill()


class Contest:
    """Peers by the names that they are shown by, each as (peer, device), one process each, for as long as `with` lasts.

    Each has to agree with the others on a task before it is timed on one.
    """

    def __init__(self, entries: Mapping[str, tuple[str, str]]) -> None:
        self._entries = entries
        self.differences: dict[str, float] = {}

    def __enter__(self) -> "Contest":
        self._workers = {name: Worker(peer) for name, (peer, _) in self._entries.items()}
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        for worker in self._workers.values():
            if kind is not None:
                worker.kill()
            worker.close()

    def epochs(self, task: Task, epochs: int, warm_up: int = 2) -> dict[str, list[float]]:
        """Seconds of so many epochs of each, in turn, after some that do not count."""
        tasks = {name: replace(task, device=device) for name, (_, device) in self._entries.items()}
        for name, worker in self._workers.items():
            if self._entries[name][0] not in peers.BOUNDS:
                difference = worker.check(tasks[name])
                self.differences[name] = max(self.differences.get(name, 0), difference)
        for name, worker in self._workers.items():
            worker.send(_asked(tasks[name], do="train", epochs=epochs + warm_up))
        seconds: dict[str, list[float]] = {name: [] for name in self._entries}
        for _ in range(epochs + warm_up):
            for name, worker in self._workers.items():
                time.sleep(PAUSE)
                worker.send()
                seconds[name].append(worker.answer()["seconds"])
        return {name: values[warm_up:] for name, values in seconds.items()}


@contextmanager
def busy_core() -> Iterator[subprocess.Popen[bytes]]:
    """Another process keeps a core busy for as long as the block lasts."""
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield other
    finally:
        other.kill()
        other.wait()
