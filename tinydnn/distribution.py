"""Training by several processes, under Keras' names (mirrors keras/src/distribution/distribution_lib.py).

    mpirun -n 4 python program.py

where the program has, before its model is made:

    keras.distribution.set_distribution(keras.distribution.DataParallel())

From then on fit, evaluate and predict share each batch among the processes. The rest of the program stays as it is.
"""

import atexit
import os
import secrets
import sys
import warnings
from contextlib import ExitStack, redirect_stdout
from types import TracebackType
from typing import Any

from tinydnn import random
from tinydnn.device import devices, ranks
from tinydnn.device.mpi import MpiRanks, launched
from tinydnn.missing import Offered
from tinydnn.names import not_offered

__all__ = ["DataParallel", "distribution", "get_device_count", "initialize", "list_devices", "set_distribution"]


class DataParallel(Offered):
    """Each process takes its share of the rows of every batch, and all update the same weights.

    Mirrors keras/src/distribution/distribution_lib.py. The processes are those that mpirun has started; without it
    there is this one alone, which trains as ever.

    Args:
        device_mesh, devices, auto_shard_dataset: leave them at their defaults: each process has one device, all
            processes see the same data, and each takes its own rows of it.

    Raises:
        ValueError: another mesh or other devices.
        ModuleNotFoundError, RuntimeError: mpirun has started this process, and MPI can't be used.
    """

    def __init__(self, device_mesh: Any = None, devices: Any = None, auto_shard_dataset: bool = True) -> None:
        for name, value in {"device_mesh": device_mesh, "devices": devices}.items():
            if value is not None:
                raise ValueError(
                    f"DataParallel takes the processes that mpirun starts, each with one device; leave out {name}. "
                    f"Received: {name}={value!r}"
                )
        if auto_shard_dataset is not True:
            raise ValueError(
                "DataParallel expects that all processes see the same data, of which each takes its rows. "
                f"Received: auto_shard_dataset={auto_shard_dataset!r}"
            )
        self.ranks = _ranks()

    @property
    def num_processes(self) -> int:
        """How many processes train together."""
        return self.ranks.size

    @property
    def num_model_replicas(self) -> int:
        """How many copies of the model there are, one in each process."""
        return self.ranks.size

    @property
    def data_shard_id(self) -> int:
        """The number of this process, from 0."""
        return self.ranks.rank

    def __repr__(self) -> str:
        return f"<DataParallel: process {self.data_shard_id} of {self.num_processes}>"


_distribution: DataParallel | None = None
_processes: ranks.Ranks | None = None


def _ranks() -> ranks.Ranks:
    """The processes that mpirun has started, found out once; one that is alone needs no MPI."""
    global _processes
    if _processes is None:
        _processes = MpiRanks() if launched() else ranks.Ranks()
        if _processes.size == 1:
            _processes = ranks.Ranks()
    return _processes


def initialize(
    job_addresses: str | None = None, num_processes: int | None = None, process_id: int | None = None
) -> None:
    """See that this process finds the others; `DataParallel` does so too.

    Raises:
        ValueError: an argument is given: mpirun knows the processes and their machines.
    """
    given = {"job_addresses": job_addresses, "num_processes": num_processes, "process_id": process_id}
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"mpirun starts the processes, and tells each what it is: `mpirun -n 4 python program.py`. Leave out "
                f"{name}. Received: {name}={value!r}"
            )
    _ranks()


def list_devices(device_type: str | None = None) -> list[str]:
    """The devices of all processes, one for each: ["cpu:0", "cpu:1"]; none of a kind that this one lacks.

    device_type: "cpu" or "gpu"; None takes that of models that are given none.
    """
    kind = device_type.lower() if device_type else devices.get(None).device
    try:
        there = kind == "cpu" or (kind == "gpu" and devices.gpu() is not None)
    except devices.GpuError:
        there = False
    return [f"{kind}:{i}" for i in range(_ranks().size if there else 0)]


def get_device_count(device_type: str | None = None) -> int:
    """How many devices `list_devices` lists."""
    return len(list_devices(device_type))


def distribution() -> DataParallel | None:
    """What `set_distribution` was last given."""
    return _distribution


def set_distribution(value: DataParallel | None) -> None:
    """Train on these processes from here on, before a model is made; None is on this one alone.

    Process 0 prints, warns and saves; what the others print goes nowhere. All must call what is shared, one thing after
    the other: fit, evaluate, predict, calls of a model, save. An error in one of them ends all.
    Where nobody has called `set_random_seed`, process 0 draws a seed for all.

    Raises:
        TypeError: it is no DataParallel.
    """
    global _distribution
    if value is not None and not isinstance(value, DataParallel):
        raise TypeError(f"set_distribution expects a DataParallel, or None. Received: {value!r}")
    _distribution = value
    shared = ranks.Ranks() if value is None else value.ranks
    ranks.set_current(shared)
    _as_one_of_several.close()
    if shared.size > 1:
        if shared.rank > 0:
            nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, closed with the rest
            _as_one_of_several.enter_context(nowhere)
            _as_one_of_several.enter_context(redirect_stdout(nowhere))
            _as_one_of_several.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        _as_one_of_several.callback(setattr, sys, "excepthook", sys.excepthook)
        sys.excepthook = _end_with_all
        atexit.register(_end_program)
        _as_one_of_several.callback(atexit.unregister, _end_program)
        if random.global_seed() is None:
            random.set_random_seed(shared.first_does("draw a seed", lambda: secrets.randbelow(2**31)))


_as_one_of_several = ExitStack()  # what is to be undone when it trains on its own again


def _end_program() -> None:
    """See that all ranks end, so that none of them waits for one that has ended."""
    try:
        if not ranks.current().failed:
            ranks.current().all_of("end the program", None)
    except RuntimeError as error:
        _end_with_all(type(error), error, error.__traceback__)


def _end_with_all(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """End this process with an error that nobody caught, and the others too; one that all have is shown once."""
    first = ranks.current().rank == 0
    if first:
        sys.__excepthook__(kind, error, trace)
    ranks.current().fail(error, said=first)


__getattr__ = not_offered(__name__, globals())
