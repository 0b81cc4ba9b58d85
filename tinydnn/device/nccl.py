"""What ranks send each other from GPU to GPU, by NVIDIA's NCCL. No two GPUs have run this yet."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from tinydnn.device.backend import Array
from tinydnn.device.devices import GpuError, import_cupy
from tinydnn.device.ranks import Ranks

T = TypeVar("T")


class GpuRanks(Ranks):
    """The ranks of an MPI program, each with a GPU of its own.

    Args:
        processes: the same ranks, which tell each other by MPI what is no array.

    Raises:
        GpuError: CuPy has no NCCL, or the GPUs can't be joined.
    """

    def __init__(self, processes: Ranks) -> None:
        self._processes = processes
        self.rank, self.size = processes.rank, processes.size
        self._cupy = import_cupy()
        if not self._cupy.cuda.nccl.available:
            raise GpuError(
                "Ranks on GPUs need NCCL, which CuPy does not find: pip install nvidia-nccl-cu12, or nvidia-nccl-cu13 "
                "beside cupy-cuda13x; or take device='cpu'"
            )
        from cupyx.distributed import NCCLBackend

        try:
            self._nccl = NCCLBackend(self.size, self.rank, use_mpi=True)
        except Exception as error:  # CuPy has no common class for what can go wrong here
            raise GpuError(f"NCCL can't join the ranks' GPUs; each needs one of its own. Received: {error}") from error

    def sum(self, vector: Array) -> None:
        # As between CPUs: each rank sums its share of the numbers, in the order of the ranks.
        xp = self._cupy
        share = -(-vector.size // self.size)
        sent = xp.zeros((self.size, share), vector.dtype)
        received = xp.empty(sent.shape, sent.dtype)
        sent.reshape(-1)[: vector.size] = vector
        self._nccl.all_to_all(sent, received)
        total = received[0]
        for others in received[1:]:
            total += others
        self._nccl.all_gather(total, sent, share)
        vector[...] = sent.reshape(-1)[: vector.size]

    def gather(self, array: Array, parts: Sequence[slice]) -> None:
        for i, part in enumerate(parts):
            if i != self.rank:
                array[part] = 0
        self._nccl.all_reduce(array, array)

    def largest(self, number: int) -> int:
        return self._processes.largest(number)

    def all_of(self, value: T) -> list[T]:
        return self._processes.all_of(value)

    def first_does(self, work: Callable[[], T]) -> T:
        return self._processes.first_does(work)

    def fail(self, error: BaseException) -> Any:
        self._processes.fail(error)
