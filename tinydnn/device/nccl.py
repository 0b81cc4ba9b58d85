"""What ranks send each other from GPU to GPU, by NVIDIA's NCCL. No two GPUs have run this yet."""

from collections.abc import Sequence

from tinydnn.device.backend import Array
from tinydnn.device.devices import GpuError, import_cupy
from tinydnn.device.ranks import Exchange


class Gpus(Exchange):
    """The GPUs of all ranks of an MPI program, one for each.

    Raises:
        GpuError: CuPy has no NCCL, or the GPUs can't be joined.
    """

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size
        self._cupy = import_cupy()
        if not self._cupy.cuda.nccl.available:
            raise GpuError(
                "Ranks on GPUs need NCCL, which CuPy does not find: pip install nvidia-nccl-cu12, or nvidia-nccl-cu13 "
                "beside cupy-cuda13x; or take device='cpu'"
            )
        from cupyx.distributed import NCCLBackend

        try:
            self._nccl = NCCLBackend(size, rank, use_mpi=True)
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
