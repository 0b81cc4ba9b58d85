"""Formulas: the same as they stand, through scratch arrays on NumPy, and as kernels on a GPU."""

import inspect

import numpy as np
import pytest
from tolerances import GPU_OPERATION

from tinydnn import activations, losses, optimizers
from tinydnn.activations.gated import GeluByTanh
from tinydnn.activations.rectifiers import ThresholdRelu
from tinydnn.device import elementwise as module
from tinydnn.device.elementwise import Elementwise, biased, elementwise, max_rows
from tinydnn.random import philox

NUMBERS = {
    "rate": 0.01, "corrected_rate": 0.02, "rho": 0.9, "momentum": 0.5, "nesterov": 0.5, "epsilon": 1e-7,
    "beta_1": 0.9, "beta_2": 0.999, "decay": 1e-3, "n": 3.0, "outputs": 4.0,
    "slope": 0.2, "alpha": 1.5, "largest": 0.8, "threshold": 0.3,
}  # fmt: skip


def formulas():
    owners = [module, losses, *map(type, activations.OFFERED.values()), ThresholdRelu, GeluByTanh]
    owners += [each for owner in owners for each in vars(owner).values() if isinstance(each, type)]
    owners += [each for each in vars(optimizers).values() if isinstance(each, type)]
    found = {}
    for owner in owners:
        for name, each in vars(owner).items():
            if isinstance(each, Elementwise) and each not in found.values():
                found[f"{owner.__name__.rpartition('.')[2]}.{name}"] = each
    return found


FORMULAS = formulas()


def arguments(formula, rng, shape=(5, 4), dtype="float64"):
    """Arrays between 0.05 and 0.95, which all formulas take, and the numbers by their names."""
    names = inspect.signature(formula.function).parameters
    arrays = {n: rng.uniform(0.05, 0.95, shape).astype(dtype) for n in names if n not in NUMBERS}
    if "v" in arrays and "a" in arrays:  # a mean of squares is not less than the square of the mean
        arrays["a"] *= arrays["v"]
    return [NUMBERS[n] if n in NUMBERS else arrays[n] for n in names]


def test_formulas_are_found():
    assert len(FORMULAS) >= 25
    assert {"Sigmoid.f", "Sigmoid.gradient", "CategoricalCrossentropy.of_logits", "RMSprop.step"} <= set(FORMULAS)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FORMULAS)
def test_numpy_computes_through_scratch_arrays_what_the_function_says(name, dtype, rng):
    """Bit for bit: the same operations in the same order; more rows than one piece has."""
    formula = FORMULAS[name]
    given = arguments(formula, rng, (20_011, 4), dtype)
    right = formula(*given)
    right = right if isinstance(right, tuple) else (right,)
    kept = [np.copy(each) for each in given]
    out = tuple(np.empty((20_011, 4), each.dtype) for each in right)
    formula.into(np, out, *given)
    for ours, theirs in zip(out, right, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for before, after in zip(kept, given, strict=True):
        np.testing.assert_array_equal(before, after)  # what goes in stays as it is


@pytest.mark.parametrize("name", [name for name in FORMULAS if name.endswith(("step", "decay"))])
def test_in_place_is_the_same(name, rng):
    formula = FORMULAS[name]
    given = arguments(formula, rng, (70_001,), "float32")
    right = formula(*given)
    right = right if isinstance(right, tuple) else (right,)
    formula.update(np, tuple(given[: len(right)]), *given[len(right) :])
    for ours, theirs in zip(given, right, strict=False):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_kernel_computes_what_the_function_says(gpu, name, rng):
    formula = FORMULAS[name]
    given = arguments(formula, rng)
    right = formula(*given)
    right = right if isinstance(right, tuple) else (right,)
    on_gpu = [gpu.asarray(each.copy()) if isinstance(each, np.ndarray) else each for each in given]
    if name.endswith(("step", "decay")):
        formula.update(gpu.xp, tuple(on_gpu[: len(right)]), *on_gpu[len(right) :])
        out = on_gpu[: len(right)]
    else:
        out = tuple(gpu.xp.empty((5, 4), "float64") for _ in right)
        formula.into(gpu.xp, out, *on_gpu)
    for ours, theirs in zip(out, right, strict=False):
        np.testing.assert_allclose(gpu.to_numpy(ours), theirs, rtol=0, atol=10 * GPU_OPERATION["float64"])


def test_a_slot_that_is_absent_stays_so(rng):
    w, v, g = (rng.uniform(0.1, 1, 7) for _ in range(3))
    right = optimizers.RMSprop.step(w, v, None, None, g, 0.1, 0.9, 0.5, 1e-7)
    optimizers.RMSprop.step.update(np, (w, v, None, None), g, 0.1, 0.9, 0.5, 1e-7)
    np.testing.assert_array_equal((w, v), right[:2])
    assert right[2:] == (None, None)


def test_numbers_are_computed_in_float64_before_they_meet_an_array():
    @elementwise
    def f(x, rho):
        return (1 - rho) * x

    x, out = np.ones(3, np.float32), np.empty(3, np.float32)
    f.into(np, out, x, 0.9)
    assert out[0] == np.float32(1 - 0.9) != np.float32(1) - np.float32(0.9)
    f.into(np, out, x, 0.8)  # compiled once, and for any number
    assert out[0] == np.float32(1 - 0.8)
    f.into(np, out, x, np.float64(0.9))  # which would make the result float64
    assert out[0] == np.float32(1 - 0.9)


def test_a_kernel_gets_its_numbers_in_float64_too(gpu):
    @elementwise
    def f(x, rho):
        return (1 - rho) * x

    out = gpu.xp.empty(3, "float32")
    f.into(gpu.xp, out, gpu.asarray(np.ones(3, np.float32)), 0.9)
    assert gpu.to_numpy(out)[0] == np.float32(1 - 0.9)


def test_an_array_that_is_updated_is_read_before_it_is_written(gpu):
    @elementwise
    def swapped(x, y):
        return y + 0, x + 0

    for backend in (module_backend(), gpu):
        x, y = backend.asarray(np.arange(3.0)), backend.asarray(np.arange(3.0) + 10)
        swapped.update(backend.xp, (x, y))
        assert backend.to_numpy(x).tolist() == [10, 11, 12]
        assert backend.to_numpy(y).tolist() == [0, 1, 2]


def module_backend():
    from tinydnn.device.backend import Backend

    return Backend()


def test_columns_that_lie_one_after_the_other_stay_so(rng):
    """Arrays in Fortran's order, and one number a row or a column beside them."""
    z = np.asfortranarray(rng.normal(size=(6, 3)))
    out = np.empty_like(z)
    largest, total = z.max(axis=1, keepdims=True), np.empty((6, 1))
    activations.Softmax.f.into(np, out, z, largest)
    np.testing.assert_array_equal(out, np.exp(z - largest))
    activations.Softmax.f.normalize_rows(np, out, total, z, largest)
    np.testing.assert_array_equal(total, np.exp(z - largest).sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(out, np.exp(z - largest) / total)
    assert out.flags.f_contiguous
    z0, b, a = z.copy(), rng.normal(size=3), np.empty_like(z)
    biased(activations.Sigmoid.f).update(np, (z,), b, out=(a,))
    np.testing.assert_array_equal(z, z0 + b)
    np.testing.assert_array_equal(a, activations.Sigmoid.f(z0 + b))


def test_reductions_keep_a_nan(gpu):
    x = np.array([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]])
    for backend in (module_backend(), gpu):
        out, work = backend.xp.empty((2, 1), "float64"), backend.xp.empty((2, 3), "float64")
        max_rows(backend.xp, out, backend.asarray(x))
        assert np.isnan(backend.to_numpy(out)[0, 0])
        assert backend.to_numpy(out)[1, 0] == 3
        module.product.sum_rows(backend.xp, out, work, backend.asarray(x), backend.asarray(x))
        assert np.isnan(backend.to_numpy(out)[0, 0])
        assert backend.to_numpy(out)[1, 0] == 14


def test_rows_over_their_sum(gpu, rng):
    z = rng.normal(size=(4, 3))
    largest = z.max(axis=1, keepdims=True)
    for backend in (module_backend(), gpu):
        out, total = backend.xp.empty((4, 3), "float64"), backend.xp.empty((4, 1), "float64")
        given = backend.asarray(z), backend.asarray(largest)
        activations.Softmax.f.normalize_rows(backend.xp, out, total, *given)
        sums = np.exp(z - largest).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(backend.to_numpy(total), sums, rtol=10 * GPU_OPERATION["float64"])
        np.testing.assert_allclose(
            backend.to_numpy(out), np.exp(z - largest) / sums, rtol=0, atol=10 * GPU_OPERATION["float64"]
        )


def test_maximum_keeps_a_nan(gpu):
    for backend in (module_backend(), gpu):
        out = backend.xp.empty(3, "float64")
        activations.Relu.f.into(backend.xp, out, backend.asarray(np.array([np.nan, -1.0, 2.0])))
        np.testing.assert_array_equal(backend.to_numpy(out), [np.nan, 0, 2])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x if x > 0 else -x, "if, and, or, not; it may use where"),
        (lambda x: np.cbrt(x), "uses cbrt"),
        (lambda x: np.add.reduce(x), "uses add.reduce"),
        (lambda x: np.concatenate([x, x]), "uses concatenate"),
    ],
)
def test_what_can_not_be_traced_is_an_error(function, message):
    with pytest.raises(TypeError, match=message):
        Elementwise(function).into(np, np.empty(3), np.ones(3))


def test_masks_are_drawn_by_the_formula_that_draws_weights(gpu):
    """One Philox: the kernel's numbers are uniform01's."""
    numbers = philox.uniform01((7, 3), 11, 11 + 1000, "float32")
    mask = gpu.xp.empty((1000,), "float32")
    philox.dropout_mask(gpu.xp, (7, 3), 11, "float32", 0.25, mask)
    np.testing.assert_array_equal(gpu.to_numpy(mask) > 0, numbers >= 0.25)
