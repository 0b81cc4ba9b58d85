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

from tinydnn.device import ranks


def available_cores() -> int:
    """How many cores this process may use; of several ranks each has as many."""
    # On Linux a process may be held to some of the cores.
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ranks.current().cores or own or 1


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
        self._threads = [
            threading.Thread(target=self._work, args=(index, tasks), name=f"tinydnn-{index}", daemon=True)
            for index, tasks in enumerate(self._tasks, start=1)
        ]

    def __enter__(self) -> "Team":
        try:
            for thread in self._threads:
                thread.start()
            return self
        except BaseException as error:
            self._dismiss()
            if isinstance(error, RuntimeError):  # Python can't start a thread
                error.add_note(f"{self.size} threads were to share each batch; Sequential(…, threads=1) starts none")
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dismiss()

    def _dismiss(self) -> None:
        for tasks in self._tasks:
            tasks.put(None)
        while self._threads:  # they go here, as Python forgets an interrupt that comes while an object goes
            thread = self._threads.pop()
            if thread.ident is not None:  # it was started
                thread.join()

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


class _Blas:
    """The BLAS of this process: held to one thread while it has users, and then given back what it had before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: dict[object, threading.Thread] = {}
        self._before: list[int] = []

    def acquire(self, user: object) -> None:
        with self._lock:
            first = not self._users
            if first:
                self._before = [library.num_threads for library in _blas_libraries()]
            self._users[user] = threading.current_thread()
            if first:
                _limit_blas([1] * len(self._before))

    def release(self, user: object) -> None:
        """End what `acquire` began, however far it came."""
        with self._lock:
            if self._users.pop(user, None) and not self._users:
                _limit_blas(self._before)

    def forget_threads_of_parent(self) -> None:
        """In a forked process, where only the thread that forked goes on."""
        self._lock = threading.Lock()
        for user, thread in list(self._users.items()):
            if thread is not threading.current_thread():
                self.release(user)


_blas = _Blas()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_blas.forget_threads_of_parent)


@functools.cache
def _blas_libraries() -> list[Any]:
    from threadpoolctl import ThreadpoolController  # looks through all loaded libraries: once is enough

    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def _limit_blas(limits: list[int]) -> None:
    """Limit each library to so many threads."""
    for library, limit in zip(_blas_libraries(), limits, strict=True):
        _let_any_thread_limit(library)
        library.set_num_threads(limit)
        _let_any_thread_limit(library)


def _let_any_thread_limit(library: Any) -> None:
    """From threadpoolctl 3.8 on, a thread that has limited OpenBLAS is the only one that can, for as long as it lives.

    What others ask for is ignored. So control is taken here, and not kept.
    """
    if hasattr(library, "clear_controlling_thread"):
        library.clear_controlling_thread(force=True)


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Hold the process's BLAS to one thread; several trainings at a time may do so."""
    user = object()
    try:
        _blas.acquire(user)
        yield
    finally:
        _blas.release(user)
