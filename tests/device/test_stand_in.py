"""The stand-in for CuPy is as strict as CuPy, in the ways in which NumPy is not: the traps of an engine for both."""

import numpy as np
import pytest
import stand_in as xp


@pytest.fixture
def array():
    return xp.asarray(np.arange(6, dtype=np.float32).reshape(2, 3))


@pytest.mark.parametrize(
    "mix",
    [
        lambda a: a + np.ones(3),
        lambda a: np.ones(3) + a,
        lambda a: xp.add(a, np.ones(3)),
        lambda a: np.add(a, np.ones(3)),
        lambda a: np.asarray(a),
        lambda a: a.__setitem__(0, np.ones(3)),
        lambda a: a[np.array([0])],
        lambda a: xp.multiply(a, 2, out=np.empty((2, 3))),
    ],
)
def test_numpys_arrays_do_not_mix_in(array, mix):
    with pytest.raises(TypeError):
        mix(array)


def test_asarray_copies(array):
    host = np.zeros(3)
    on_device = xp.asarray(host)
    host[0] = 1
    assert on_device.tolist() == [0, 0, 0]


def test_what_cuda_would_not_notice_is_an_error(array):
    with pytest.raises((AssertionError, IndexError)):
        array[xp.asarray(np.array([2]))]
    with pytest.raises(AssertionError):
        array[xp.asarray(np.array([-1]))]
    with pytest.raises(AssertionError):
        xp.matmul(array, array.T, out=xp.empty((4, 1), np.float32))  # the right size, and another shape
    gather = xp.ElementwiseKernel("raw S source, int64 row", "T out", "out = source[row]", "gather")
    for row in (6, -1):
        with pytest.raises((AssertionError, IndexError)):
            gather(array, xp.asarray(np.array([row])), xp.empty(1, np.float32))


def test_memory_is_no_number_before_it_is_written():
    assert np.isnan(xp.asnumpy(xp.empty(3, np.float32))).all()


def test_reductions_stay_on_the_device_and_reading_them_waits(array):
    before = xp.counts.taken()
    total = xp.sum(array)
    assert isinstance(total, xp.ndarray)
    assert xp.counts.since(before)["synchronisations"] == 0
    assert float(total) == 15
    assert xp.counts.since(before)["synchronisations"] == xp.counts.since(before)["copies_out"] == 1


def test_launches_products_and_allocations_are_counted(array):
    out, before = xp.empty((2, 2), np.float32), xp.counts.taken()
    xp.matmul(array, array.T, out=out)
    assert xp.counts.since(before) == {**dict.fromkeys(before, 0), "products": 1}
    out *= 2
    xp.tanh(out, out=out)
    assert xp.counts.since(before)["launches"] == 2
    assert xp.counts.since(before)["allocations"] == 0
    xp.tanh(out)
    assert xp.counts.since(before)["allocations"] == 1
    xp.asarray(np.ones(2))
    assert xp.counts.since(before)["copies_in"] == 1


def test_kernels_run_their_code(array):
    a, b = xp.empty((2, 3), np.float32), xp.empty((2, 3), np.float32)
    kernel = xp.ElementwiseKernel(
        "T x, T y", "T a, T b", "auto t0 = x < T(2); auto t1 = where(t0, T(0), x); a = t1; b = T(2) * t1 + y", "kernel"
    )
    kernel(array, 0.5, a, b)
    assert a.tolist() == [[0, 0, 2], [3, 4, 5]]
    assert b.tolist() == [[0.5, 0.5, 4.5], [6.5, 8.5, 10.5]]
    with pytest.raises(TypeError, match="mismatched"):
        kernel(array, 0.5, a, xp.empty((2, 3), np.float64))
    with pytest.raises(AssertionError):
        kernel(array, a, b)
