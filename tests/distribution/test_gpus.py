"""What ranks do with GPUs, on stand-ins for CuPy and NCCL: no two GPUs have run it."""

import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from tinydnn.device import devices, ranks
from tinydnn.device.memory import share
from tinydnn.device.nccl import Gpus

SIZE = 3


class Nccl:
    """CuPy's NCCLBackend between threads of this process: what each has sent is in `sent`."""

    sent = [None] * SIZE
    step = threading.Barrier(SIZE)

    def __init__(self, size, rank, use_mpi):
        assert use_mpi
        assert size == SIZE
        self.rank = rank

    def _exchange(self, array, receive):
        self.sent[self.rank] = array.copy()
        self.step.wait()
        receive()
        self.step.wait()

    def all_to_all(self, mine, out):
        self._exchange(mine, lambda: np.stack([other[self.rank] for other in self.sent], out=out))

    def all_gather(self, mine, out, count):
        assert mine.size == count
        self._exchange(mine, lambda: np.stack(self.sent, out=out))

    def all_reduce(self, mine, out):
        self._exchange(mine, lambda: np.sum(self.sent, axis=0, dtype=mine.dtype, out=out))


def rank_of(number):
    own = ranks.Ranks()
    own.rank, own.size, own.local_rank, own.local_size = number, SIZE, number, SIZE
    return own


@pytest.fixture
def cupy(monkeypatch):
    """NumPy in CuPy's place, with an NCCL."""
    module = SimpleNamespace(zeros=np.zeros, empty=np.empty, cuda=SimpleNamespace(nccl=SimpleNamespace(available=True)))
    monkeypatch.setattr("tinydnn.device.nccl.import_cupy", lambda: module)
    monkeypatch.setitem(sys.modules, "cupyx", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "cupyx.distributed", SimpleNamespace(NCCLBackend=Nccl))
    return module


def each_rank(work):
    """work(rank) for each of them, side by side."""
    threads = [threading.Thread(target=work, args=(Gpus(i, SIZE),)) for i in range(SIZE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("n", [1, 7, 300])
def test_gradients_are_summed_in_the_order_of_the_ranks(n):
    vectors = np.random.default_rng(0).normal(size=(SIZE, n)).astype(np.float32)
    expected = (vectors[0] + vectors[1]) + vectors[2]
    each_rank(lambda own: own.sum(vectors[own.rank]))
    for vector in vectors:
        np.testing.assert_array_equal(vector, expected)


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_rows_are_told_to_all(dtype):
    whole = np.arange(1, 21, dtype=dtype).reshape(10, 2)
    parts = [share(10, SIZE, i) for i in range(SIZE)]
    arrays = [np.full_like(whole, 99) for _ in parts]
    for array, part in zip(arrays, parts, strict=True):
        array[part] = whole[part]
    each_rank(lambda own: own.gather(arrays[own.rank], parts))
    for array in arrays:
        np.testing.assert_array_equal(array, whole)


def test_without_nccl_ranks_on_gpus_are_refused(cupy):
    cupy.cuda.nccl.available = False
    with pytest.raises(devices.GpuError, match="Ranks on GPUs need NCCL"):
        Gpus(0, SIZE)


@pytest.mark.parametrize(("count", "took"), [(1, []), (3, [2]), (8, [2])])
def test_a_rank_takes_the_gpu_of_its_number_on_its_machine(count, took, monkeypatch):
    monkeypatch.setattr(ranks, "_current", rank_of(2))
    used = []
    device = lambda number: SimpleNamespace(use=lambda: used.append(number))  # noqa: E731
    devices._take_own(SimpleNamespace(cuda=SimpleNamespace(Device=device)), count)
    assert used == took


def test_too_few_gpus_are_refused(monkeypatch):
    monkeypatch.setattr(ranks, "_current", rank_of(2))
    with pytest.raises(devices.GpuError, match="3 ranks on this machine share 2 GPUs: start as many"):
        devices._take_own(None, 2)
