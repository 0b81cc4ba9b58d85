"""How long a GPU takes for work, by CUDA events, apart from how long the host takes to ask for it."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

SIZE = 4096  # of the matrices of a long product, which takes a few ms


class Stopwatch:
    """Takes the time of work on the GPU.

    To be timed without the host, the work has to be queued before the GPU begins with it. So it is queued behind long
    products, longer ones until the host is ahead.

    Args:
        cupy: the module.
    """

    HELD = 2, 8, 32, 128  # long products

    def __init__(self, cupy: Any) -> None:
        self._cupy = cupy
        self._start, self._stop = cupy.cuda.Event(), cupy.cuda.Event()
        self._a, self._out = (cupy.ones((SIZE, SIZE), np.float32) for _ in range(2))

    def begin(self, held: int = 0) -> None:
        """What is asked of the GPU from here on is timed; it waits for so many long products first."""
        for _ in range(held):
            self._cupy.matmul(self._a, self._a, out=self._out)
        self._start.record()

    def end(self) -> tuple[float, bool]:
        """Seconds on the GPU since `begin`, and whether all was queued before the GPU began with it."""
        self._stop.record()
        ahead = not self._start.done
        self._stop.synchronize()
        return self._cupy.cuda.get_elapsed_time(self._start, self._stop) / 1e3, ahead

    def seconds(self, work: Callable[[], Any], times: int = 50) -> float | None:
        """Of one of so many calls of work, back to back; None where the host never gets ahead, as work waits."""
        work()
        for held in self.HELD:
            self.begin(held)
            for _ in range(times):
                work()
            seconds, ahead = self.end()
            if ahead:
                return seconds / times
        return None

    def host_seconds(self, work: Callable[[], Any], times: int = 200) -> float:
        """How long the host takes to ask for work once."""
        work()
        self._cupy.cuda.Device().synchronize()
        began = time.perf_counter()
        for _ in range(times):
            work()
        seconds = (time.perf_counter() - began) / times
        self._cupy.cuda.Device().synchronize()
        return seconds
