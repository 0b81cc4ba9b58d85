"""Data parallelism in miniature: a team of threads that share the rows of every batch.

NumPy lets go of the interpreter while it computes, so threads run side by side. Each thread calls a
BLAS that is held to one thread: a BLAS with threads of its own spins while it waits, which is slow
as soon as anything else runs, and leaves all other work on one core.
"""

import functools
import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import TracebackType
from typing import Any


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux, where a process may be held to some of the cores
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_WORK_OF_ONE = 8_000_000  # weights times rows


def worthwhile(work: int) -> int:
    """How many threads to share so much work among, in weights times rows of a batch: at most one a core.

    They share the work, but each one more has to be woken, and takes the interpreter from the others. With a cost of
    work / n + c * n, the best n is sqrt(work / c).
    """
    return max(1, min(available_cores(), math.isqrt(work // _WORK_OF_ONE)))


class Team:
    """Threads 1 to size-1, for as long as the `with` block lasts; its caller works as thread 0."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._tasks: list[SimpleQueue[Callable[[int], None] | None]] = [SimpleQueue() for _ in range(1, size)]
        self._outcomes: SimpleQueue[BaseException | None] = SimpleQueue()

    def __enter__(self) -> "Team":
        for index, tasks in enumerate(self._tasks, start=1):
            name = f"tinydnn-{index}"
            threading.Thread(target=self._work, args=(index, tasks), name=name, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for tasks in self._tasks:
            tasks.put(None)

    def _work(self, index: int, tasks: "SimpleQueue[Callable[[int], None] | None]") -> None:
        while (task := tasks.get()) is not None:
            self._outcomes.put(self._attempt(task, index))

    @staticmethod
    def _attempt(task: Callable[[int], None], index: int) -> BaseException | None:
        try:
            task(index)
        except BaseException as error:
            return error
        return None

    def run(self, task: Callable[[int], None], members: int | None = None) -> None:
        """Call task(0) .. task(members-1) side by side; return when all are done.

        An error in one of them is raised here, after the others have ended.
        """
        others = self._tasks[: (members or self.size) - 1]
        for tasks in others:
            tasks.put(task)
        errors = [self._attempt(task, 0)] + [self._outcomes.get() for _ in others]
        for error in errors:
            if error is not None:
                raise error


class _BlasLimit:
    """Holds BLAS to one thread while anyone needs it, and gives it back what it had after the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._limiter: Any = None

    def acquire(self) -> None:
        with self._lock:
            if self._users == 0:
                _let_this_thread_limit_blas()
                self._limiter = _blas_controller().limit(limits=1, user_api="blas")
            self._users += 1

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                _let_this_thread_limit_blas()
                self._limiter.restore_original_limits()


def _let_this_thread_limit_blas() -> None:
    """From threadpoolctl 3.8 on, only the thread that first limited OpenBLAS can do it again, while it lives."""
    for library in _blas_controller().lib_controllers:
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread(force=True)


_blas_limit = _BlasLimit()


@functools.cache
def _blas_controller() -> Any:
    from threadpoolctl import ThreadpoolController  # looks through all loaded libraries: once is enough

    return ThreadpoolController()


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Hold the process's BLAS to one thread; several trainings at a time may do so."""
    _blas_limit.acquire()
    try:
        yield
    finally:
        _blas_limit.release()
