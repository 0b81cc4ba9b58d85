"""keras.distribution's names, in a process that no mpirun has started."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import distribution, random
from tinydnn.device import ranks
from tinydnn.device.mpi import launched
from tinydnn.inspect.recorder import Recorder
from tinydnn.inspect.watch import Watch


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    monkeypatch.setattr(distribution, "_processes", None)
    yield
    distribution.set_distribution(None)
    assert ranks.current().size == 1


def test_a_program_for_several_processes_runs_in_one():
    random._global_seed = None
    parallel = keras.distribution.DataParallel()
    keras.distribution.initialize()
    keras.distribution.set_distribution(parallel)
    assert keras.distribution.distribution() is parallel
    assert (parallel.num_processes, parallel.num_model_replicas, parallel.data_shard_id) == (1, 1, 0)
    assert keras.distribution.list_devices() == ["cpu:0"]
    assert keras.distribution.list_devices("CPU") == ["cpu:0"]
    assert keras.distribution.list_devices("gpu") == keras.distribution.list_devices("tpu") == []
    assert keras.distribution.get_device_count() == 1
    assert random.global_seed() is None  # there is nobody with whom to agree on one
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((3, 2)), np.ones((3, 1)), verbose=0)
    keras.distribution.set_distribution(None)
    assert keras.distribution.distribution() is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: keras.distribution.DataParallel(devices=["cpu:0"]), "leave out devices"),
        (lambda: keras.distribution.DataParallel(device_mesh=object()), "leave out device_mesh"),
        (lambda: keras.distribution.DataParallel(auto_shard_dataset=False), "all processes see the same data"),
        (lambda: keras.distribution.initialize("10.0.0.1:1234", 2, 0), "mpirun starts the processes"),
        (lambda: keras.distribution.ModelParallel, "has no 'ModelParallel'"),
        (lambda: keras.distribution.DataParallel(mesh=1), "no argument 'mesh'"),
    ],
)
def test_what_is_not_offered_is_refused(make, message):
    with pytest.raises((ValueError, AttributeError, TypeError), match=message):
        make()


@pytest.mark.parametrize("callback", [Watch(), Recorder("steps")])
def test_what_looks_at_all_rows_of_a_batch_is_refused_on_several_ranks(callback, monkeypatch):
    """Each rank has its own rows alone."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    two = ranks.Ranks()
    two.size = 2
    callback.set_model(model)
    model.training = SimpleNamespace(feed=SimpleNamespace(data=SimpleNamespace(weights=None)))
    monkeypatch.setattr(ranks, "_current", two)
    with pytest.raises(ValueError, match="sees the rows of one rank alone"):
        callback.on_train_begin()


def test_set_distribution_takes_a_distribution():
    with pytest.raises(TypeError, match="expects a DataParallel, or None"):
        keras.distribution.set_distribution("data")


def test_under_mpirun_mpi4py_is_asked_for(monkeypatch):
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    assert launched()
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'tinydnn\[mpi\]'"):
        keras.distribution.DataParallel()


@pytest.mark.parametrize(
    ("told", "several"),
    [
        ({}, False),
        ({"PMI_SIZE": "4"}, True),
        ({"OMPI_COMM_WORLD_SIZE": "1", "PMIX_RANK": "0"}, False),  # mpirun -n 1
        ({"SLURM_STEP_NUM_TASKS": "1", "PMIX_RANK": "0"}, False),  # a shell that srun has started
        ({"PMIX_RANK": "0"}, True),  # nobody says of how many
    ],
)
def test_whether_this_process_is_one_of_several(told, several, monkeypatch):
    for name in ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS", "PMIX_RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert launched() == several
