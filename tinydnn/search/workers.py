"""The processes of a search on this machine, and the one that looks after them."""

import multiprocessing
import os
import signal
import threading
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any

from tinydnn.device.interrupts import deferred_interrupt, end_as_ctrl_c_does
from tinydnn.device.threads import available_cores
from tinydnn.search.trials import Task, Worker

_DEATHS = 3  # of workers, without a trial that ended between them, after which it is no use to go on


def threads_each(jobs: int) -> int | None:
    """How many threads each of so many processes has to itself; None, as many as have enough to do, for one alone."""
    return None if jobs == 1 else max(1, available_cores() // jobs)


class WorkerError(RuntimeError):
    """Worker after worker died."""


class Workers:
    """Processes that work at a task; one that dies is started again."""

    def __init__(self, task: Task, count: int) -> None:
        self._task, self._count, self._context = task, count, multiprocessing.get_context("spawn")
        self._messages = self._context.SimpleQueue()
        self._processes: list[BaseProcess] = []
        self._deaths, self._ended = 0, 0

    def __enter__(self) -> "Workers":
        try:
            while len(self._processes) < self._count:
                self._processes.append(self._started())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        """End all of them after their step."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()

    def _started(self) -> BaseProcess:
        process = self._context.Process(target=_work, args=(self._task, self._messages))
        process.start()
        return process

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until one of them has ended; → whether one was still at work."""
        alive = [process.sentinel for process in self._processes if process.is_alive()]
        connection.wait(alive, seconds)
        return bool(alive)

    def look(self, ended: int) -> list[str]:
        """Start those again that have died; → what there is to say of them.

        ended: how many trials count by now.

        Raises:
            WorkerError: they die again and again.
        """
        if ended > self._ended:
            self._deaths, self._ended = 0, ended
        messages = []
        for i, process in enumerate(self._processes):
            if process.exitcode:
                self._deaths += 1
                how = f"Worker {i + 1} {self._how_it_ended(process.exitcode)}"
                if self._deaths == _DEATHS:
                    raise WorkerError(f"{how}; {_DEATHS} have died by now without a trial that ended meanwhile")
                messages.append(f"{how}; it was started again")
                self._processes[i] = self._started()
        return messages

    def _how_it_ended(self, code: int) -> str:
        if not self._messages.empty():
            return f"failed: {self._messages.get()}"
        if code < 0:
            name = signal.Signals(-code).name
            return f"was ended by {name}" + (" (is the memory too small?)" if name == "SIGKILL" else "")
        return f"ended with the code {code}"


def _work(task: Task, messages: Any) -> None:
    """What a worker's process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to all; the one that looks after them acts
    end_as_ctrl_c_does()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        with deferred_interrupt() as interrupt:
            Worker(task).work(interrupt)
    except Exception as error:
        messages.put(" ".join(f"{type(error).__name__}: {error}".split()))
        raise SystemExit(1) from None


def _end_with_parent() -> None:
    """End this process after its step when the one that looks after it has died."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
