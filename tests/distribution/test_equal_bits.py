"""Ranks that share each batch give the bits of as many threads in one process."""

import json
from pathlib import Path

import pytest
import shared_trainings
from ranks import mpirun, needs_mpi

pytestmark = needs_mpi


@pytest.mark.filterwarnings("ignore:A layer such as BatchNormalization")
@pytest.mark.parametrize("size", [2, 3])
def test_ranks_give_the_bits_of_threads(size):
    done = mpirun(size, Path(shared_trainings.__file__))
    assert done.returncode == 0, done.stderr
    ranks = json.loads(done.stdout)  # printed once
    threads = json.loads(json.dumps(shared_trainings.trainings(threads=size)))
    assert ranks.keys() == threads.keys()
    for name, expected in threads.items():
        assert ranks[name] == expected, name
