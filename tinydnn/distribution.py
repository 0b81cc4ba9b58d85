"""Training by several processes, under Keras' names (mirrors keras/src/distribution/distribution_lib.py).

    mpirun -n 4 python program.py

where the program has, before its model is made:

    keras.distribution.set_distribution(keras.distribution.DataParallel())

From then on fit, evaluate and predict share each batch among the processes. The rest of the program stays as it is.
"""

import os
import secrets
import sys
import warnings
from types import TracebackType
from typing import Any

from tinydnn import config, random
from tinydnn.device import ranks
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
    """The devices of all processes, one for each: ["cpu:0", "cpu:1"].

    device_type: "cpu" or "gpu"; None takes that of `config.device()`, where "auto" is "cpu".
    """
    kind = device_type or {"gpu": "gpu"}.get(config.device(), "cpu")
    return [f"{kind.lower()}:{i}" for i in range(_ranks().size)]


def get_device_count(device_type: str | None = None) -> int:
    """How many devices `list_devices` lists."""
    return len(list_devices(device_type))


def distribution() -> DataParallel | None:
    """What `set_distribution` was last given."""
    return _distribution


def set_distribution(value: DataParallel | None) -> None:
    """Train on these processes from here on, before a model is made; None is on this one alone.

    Process 0 prints, warns and saves; what the others print goes nowhere. An error in one of them ends all.
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
    if shared.rank > 0:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, as long as the process lives
        warnings.simplefilter("ignore")
    if shared.size > 1:
        sys.excepthook = _end_all
        if random.global_seed() is None:
            random.set_random_seed(shared.first_does(lambda: secrets.randbelow(2**31)))


def _end_all(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """End this process with an error that nobody caught, and the others too; one that all have is shown once."""
    if ranks.current().rank == 0:
        sys.__excepthook__(kind, error, trace)
    ranks.current().fail(error)


__getattr__ = not_offered(__name__, globals())
