"""A CUDA graph: calls that are recorded once, and then repeated by the GPU at one call from the host.

To start a kernel takes a host 5 us and more, and a step of a small net has some 25 of them, which take less than that
to run. So what limits such a net is the host, unless all of them are started at once.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

# Held meanwhile, and by whatever else waits for the whole GPU, which would end the recording.
recording = threading.RLock()


class Graph:
    """What `calls()` asks of the GPU; recorded here, not run.

    A call is repeated with the memory and the numbers that it had. All kernels must have run before: they can't be
    compiled meanwhile.

    Args:
        cupy: the module.
        calls: only queues work; it reads no result.

    Raises:
        RuntimeError: it can't be recorded, or something else in this process has waited for the whole GPU meanwhile.
    """

    def __init__(self, cupy: Any, calls: Callable[[], None]) -> None:
        self._cupy = cupy
        self._memory = cupy.cuda.MemoryPool()  # what the calls take meanwhile is theirs as long as there is the graph
        stream = cupy.cuda.Stream(non_blocking=True)
        with recording, stream, cupy.cuda.using_allocator(self._memory.malloc):
            stream.begin_capture()
            try:
                calls()
            except BaseException:
                with suppress(Exception):  # what is half recorded may be no graph
                    stream.end_capture()
                raise
            self._graph = stream.end_capture()

    def launch(self) -> None:
        """Queue all of it."""
        self._graph.launch(self._cupy.cuda.get_current_stream())
