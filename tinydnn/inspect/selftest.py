"""Whether a device computes what it should: the proof for a user, and what to attach to a bug report.

Every operation of the engine runs on the device in float32 and float64, and on the CPU in float64 by the plain array
forms; then a net trains for 20 steps on both. On a GPU all this is done with fused kernels and without.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

import tinydnn
from tinydnn import activations, config, datasets, layers, losses, metrics, optimizers, random, regularizers, utils
from tinydnn.callbacks import LambdaCallback
from tinydnn.device import devices
from tinydnn.device.backend import Array, Backend, GpuBackend
from tinydnn.device.memory import Layout
from tinydnn.inspect import info, net
from tinydnn.models import Sequential

STEPS, BATCH_SIZE = 20, 512

# In units of the largest value: a few roundings of float32 (6e-8) or float64 (1e-16), in sums of up to 784 products.
# TensorFloat-32, or half precision, would be off by 5e-4.
OPERATION = {"float32": 5e-6, "float64": 1e-14}
# After 20 steps of the walkthrough's net on scaled digits; roundings add up.
TRAINING = {"float32": 1e-5, "float64": 1e-12}

Operation = Callable[[Backend, str], Array]  # (backend, dtype) → a result, the same for the same numbers


@dataclass
class Check:
    """One result of the device next to the CPU's: the largest difference, and what is allowed.

    form: "fused" where a GPU's kernels ran, else "plain".
    """

    name: str
    form: str
    dtype: str
    difference: float | None
    allowed: float
    error: str | None = None

    @property
    def passed(self) -> bool:
        return self.difference is not None and self.difference <= self.allowed  # false for NaN


@dataclass
class Report:
    """All that was found out about a device."""

    device: str
    checks: list[Check]
    figures: dict[str, Any]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The report, with the versions and devices of this machine."""
        checks = [{**asdict(check), "passed": check.passed} for check in self.checks]
        return {
            "passed": self.passed,
            "device": self.device,
            "figures": self.figures,
            "checks": checks,
            "versions": info.collect(),
        }


def run(device: str | None) -> Report:
    """Check the device "cpu", "gpu" or "auto"; None is `config.device()`.

    Raises:
        GpuError: "gpu", and there is none that works at all.
    """
    backend, fused = devices.get(device), config.fused_kernels()
    checks: list[Check] = []
    try:
        for form in ("fused", "plain") if backend.device == "gpu" else ("plain",):
            config.set_fused_kernels(form == "fused")
            for name, operation in _operations():
                checks += _compare(backend, name, form, operation)
            checks += _compare_trainings(backend.device, form)
    finally:
        config.set_fused_kernels(fused)
    figures, error = _attempt(partial(_figures, backend))
    if error is not None:
        checks.append(Check("figures of a step", "fused", "float32", None, 0.0, error))
    return Report(backend.device, checks, figures or {})


# -- operations ---------------------------------------------------------------------------------------


def _operations() -> Iterator[tuple[str, Operation]]:
    """All that a step is made of, by name; each gives one array."""
    for left, right in (((64, 784), (784, 36)), ((512, 300), (300, 1)), ((1, 36), (36, 1))):
        yield f"matrix product {left} @ {right}", partial(_product, left=left, right=right)
    yield "matrix product x.T @ dz", partial(_product, left=(512, 64), right=(512, 36), transposed="left")
    yield "matrix product dz @ W.T", partial(_product, left=(64, 36), right=(100, 36), transposed="right")
    yield "rows of uint8 gathered", _gathered
    yield "dropout mask of float32", partial(_mask, drawn_in="float32")
    yield "dropout mask of float64", partial(_mask, drawn_in="float64")
    yield "uint8 rescaled, with an offset", _rescaled
    yield "targets of integer labels", _one_hot
    yield "largest output of each row", partial(_predictions, outputs=10)
    yield "one output above a half", partial(_predictions, outputs=1)
    yield "gradient of the penalties", _penalty_gradient
    for name in ("linear", "relu", "sigmoid", "softmax", "tanh"):
        yield name, partial(_activation, name=name, derivative=False)
        yield f"derivative of {name}", partial(_activation, name=name, derivative=True)
        yield f"Dense with {name}", partial(_dense, activation=name)
    for kind, logits in (
        (losses.CategoricalCrossentropy, False),
        (losses.CategoricalCrossentropy, True),
        (losses.SparseCategoricalCrossentropy, False),
        (losses.SparseCategoricalCrossentropy, True),
        (losses.MeanSquaredError, False),
    ):
        name = f"{kind.__name__}{' from logits' * logits}"
        yield name, partial(_loss, kind=kind, logits=logits, gradient=False)
        yield f"gradient of {name}", partial(_loss, kind=kind, logits=logits, gradient=True)
    yield "RMSprop", partial(_updated, make=optimizers.RMSprop)
    make = partial(optimizers.RMSprop, centered=True, momentum=0.5, weight_decay=0.01, clipnorm=1.0)
    yield "RMSprop, all options", partial(_updated, make=make)
    yield "SGD", partial(_updated, make=optimizers.SGD)
    nesterov = partial(optimizers.SGD, momentum=0.9, nesterov=True, global_clipnorm=1.0)
    yield "SGD, nesterov", partial(_updated, make=nesterov)
    yield "Adam", partial(_updated, make=optimizers.Adam)
    yield "Adam, weight decay", partial(_updated, make=partial(optimizers.Adam, weight_decay=0.1, clipvalue=0.5))


def _numbers(backend: Backend, dtype: str, *shape: int, seed: int = 0) -> Array:
    """Numbers near 1 that float32 has exactly, so that the device and the CPU start from the same."""
    return backend.asarray(np.random.default_rng(seed).normal(size=shape).astype(np.float32).astype(dtype))


def _product(backend: Backend, dtype: str, left: Any, right: Any, transposed: str = "") -> Array:
    x, W = _numbers(backend, dtype, *left), _numbers(backend, dtype, *right, seed=1)
    x, W = x.T if transposed == "left" else x, W.T if transposed == "right" else W
    return backend.xp.matmul(x, W, out=backend.xp.empty((x.shape[0], W.shape[1]), dtype))


def _gathered(backend: Backend, dtype: str) -> Array:
    rows = np.random.default_rng(0).integers(0, 256, (100, 28, 28)).astype(np.uint8)
    out = backend.xp.empty((50, 28, 28), dtype if backend.gather_converts else np.uint8)
    backend.gather(backend.asarray(rows), backend.asarray(np.arange(99, -1, -2)), out)
    return out


def _mask(backend: Backend, dtype: str, drawn_in: str) -> Array:
    mask = backend.xp.empty((50, 100), drawn_in)
    random.dropout_mask(backend.xp, (42, 1), 5, drawn_in, 0.5, mask)
    return mask


def _rescaled(backend: Backend, dtype: str) -> Array:
    model = Sequential([layers.Input((28,), dtype=dtype)], device=backend.device)
    model.add(layers.Rescaling(1 / 128, offset=-1, dtype=dtype))
    return backend.asarray(model.predict(np.arange(10 * 28, dtype=np.uint8).reshape(10, 28), verbose=0))


def _one_hot(backend: Backend, dtype: str) -> Array:
    labels, classes = backend.asarray(np.arange(64) % 10), backend.xp.arange(10)
    return backend.xp.equal(labels.reshape(-1, 1), classes, out=backend.xp.empty((64, 10), dtype))


def _predictions(backend: Backend, dtype: str, outputs: int) -> Array:
    out = backend.xp.empty(64, np.int64)
    metrics.Accuracy().predict(backend.xp, _numbers(backend, dtype, 64, outputs), out)
    return out


def _penalty_gradient(backend: Backend, dtype: str) -> Array:
    gradient = _numbers(backend, dtype, 64, 36)
    regularizers.L1L2(0.01, 0.02).add_gradient(backend.xp, _numbers(backend, dtype, 64, 36, seed=1), gradient)
    return gradient


def _activation(backend: Backend, dtype: str, name: str, derivative: bool) -> Array:
    function, z = activations.get(name), 3 * _numbers(backend, dtype, 64, 36)
    a, dz = backend.xp.empty(z.shape, dtype), backend.xp.empty(z.shape, dtype)
    function.forward(backend.xp, z, a)
    if not derivative:
        return a
    function.backward(backend.xp, a, _numbers(backend, dtype, 64, 36, seed=1), dz)
    return dz


def _dense(backend: Backend, dtype: str, activation: str) -> Array:
    """The whole layer, whose bias and activation are one kernel."""
    model = Sequential(device=backend.device)
    for layer in (layers.Input((784,), dtype=dtype), layers.Dense(36, activation=activation, dtype=dtype)):
        model.add(layer)
    model.set_weights([np.array(_numbers(Backend(), "float64", *shape) / 8) for shape in ((784, 36), (36,))])
    return backend.asarray(model.predict(_numbers(Backend(), dtype, 64, 784, seed=1) / 8, verbose=0))


def _loss(backend: Backend, dtype: str, kind: type[losses.Loss], logits: bool, gradient: bool) -> Array:
    xp, loss = backend.xp, kind()
    x = _numbers(backend, dtype, 64, 10)
    x = x if logits or kind is losses.MeanSquaredError else abs(x) / 4
    t = losses.LossTrace(lambda name, shape: xp.empty(shape, dtype), *x.shape)
    t.y[...] = backend.asarray(np.eye(10, dtype=dtype)[np.arange(64) % 10])
    loss.forward(xp, x, t, logits)
    return loss.backward(xp, x, t, logits, len(x)) if gradient else t.l


def _updated(backend: Backend, dtype: str, make: Callable[[], optimizers.Optimizer]) -> Array:
    optimizer, w = make(), _numbers(backend, dtype, 1000)
    optimizer.build(Layout([(900,), (100,)]), dtype, backend)
    for seed in range(1, 6):
        g = _numbers(backend, dtype, 1000, seed=seed)
        optimizer.begin_step()
        optimizer.clip(g)
        optimizer.update(w, g, slice(0, w.size))
    return w


def _compare(backend: Backend, name: str, form: str, operation: Operation) -> Iterator[Check]:
    cpu = Backend()
    with cpu.quiet():
        right = operation(cpu, "float64")
    for dtype, allowed in OPERATION.items():
        with backend.quiet():
            # The reading belongs to the attempt: a GPU tells there what went wrong before.
            result, error = _attempt(partial(_read, backend, operation, dtype))
        difference = None
        if error is None:
            difference = float(np.abs(result - right.astype(np.float64)).max() / np.abs(right).max())
        yield Check(name, form, dtype, difference, allowed, error)


def _read(backend: Backend, operation: Operation, dtype: str) -> Array:
    return backend.to_numpy(operation(backend, dtype))


def _attempt(work: Callable[[], Any]) -> tuple[Any, str | None]:
    """What work() gives, or the error that ends it: whatever the device does wrong belongs into the report."""
    try:
        return work(), None
    except Exception as error:
        return None, f"{type(error).__name__}: {' '.join(str(error).split())}"


# -- a training ---------------------------------------------------------------------------------------


def _compare_trainings(device: str, form: str) -> Iterator[Check]:
    """The largest difference of any weight after 20 steps, of the loss, and of what is predicted then."""
    right = _trained("cpu", "float64")
    for dtype, allowed in TRAINING.items():
        found, error = _attempt(partial(_trained, device, dtype))
        for name in right:
            difference = None if found is None else float(np.abs(found[name] - right[name]).max())
            yield Check(f"{name} after {STEPS} steps", form, dtype, difference, allowed, error)


def _trained(device: str, dtype: str) -> dict[str, Array]:
    (x, y), (x_test, _) = datasets.mnist.load_data()
    x, y = x[: STEPS * BATCH_SIZE], utils.to_categorical(y[: STEPS * BATCH_SIZE], 10)
    model = _net(device, dtype)
    log = model.fit(x, y, batch_size=BATCH_SIZE, shuffle=False, verbose=0).history
    weights = np.concatenate([weight.ravel() for weight in model.get_weights()])
    return {"weights": weights, "loss": np.array(log["loss"]), "predictions": model.predict(x_test[:1000], verbose=0)}


def _net(device: str, dtype: str, backend: Backend | None = None) -> Sequential:
    """The walkthrough's net on scaled inputs; its initial weights are numbers that float32 has."""
    model = Sequential(device=device)
    model.backend = backend or model.backend
    net.complete(tinydnn, model, net.Settings(input="scaled", dtype=dtype))
    rng = np.random.default_rng(42)
    model.set_weights([rng.uniform(-0.07, 0.07, weight.shape).astype(np.float32) for weight in model.get_weights()])
    return model


# -- what a step costs --------------------------------------------------------------------------------


class Counting:
    """CuPy, counting the launches, matrix products and copies that the engine asks for."""

    _NO_LAUNCH = "asarray", "ascontiguousarray", "asnumpy", "empty", "zeros"
    _KERNELS = "ElementwiseKernel", "ReductionKernel"

    def __init__(self, cupy: Any) -> None:
        self._cupy = cupy
        self.launches = self.products = self.copies = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cupy, name)
        if name in self._KERNELS:
            return lambda *arguments: self._counted(found(*arguments), "launches")
        if name in ("asarray", "asnumpy"):
            return self._counted(found, "copies")
        if isinstance(found, type) or not callable(found) or name in self._NO_LAUNCH:
            return found
        return self._counted(found, "products" if name == "matmul" else "launches")

    def _counted(self, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        def counted(*arguments: Any, **settings: Any) -> Any:
            setattr(self, kind, getattr(self, kind) + 1)
            return function(*arguments, **settings)

        return counted


def _figures(backend: Backend) -> dict[str, Any]:
    """The launches, products and copies of a step, and the device's memory after it, in bytes."""
    if not isinstance(backend, GpuBackend):
        return {}
    counting = Counting(backend.xp)
    taken: list[tuple[int, int, int]] = []

    def note(batch: int, logs: Any) -> None:
        taken.append((counting.launches, counting.products, counting.copies))

    rows = np.zeros((2 * BATCH_SIZE, 28, 28), np.uint8)
    model = _net("gpu", "float32", GpuBackend(counting))
    each = LambdaCallback(on_train_batch_begin=note, on_train_batch_end=note)
    model.fit(rows, np.eye(10)[np.arange(len(rows)) % 10], batch_size=BATCH_SIZE, verbose=0, callbacks=[each])
    launches, products, copies = (after - before for before, after in zip(taken[-2], taken[-1], strict=True))
    figures: dict[str, Any] = {
        "kernel calls a step": launches,
        "matrix product calls a step": products,
        "copies a step": copies,
    }
    pool, runtime = backend.xp.get_default_memory_pool(), backend.xp.cuda.runtime
    return figures | {
        "memory in use, bytes": pool.used_bytes(),
        "memory held, bytes": pool.total_bytes(),
        "GPU": devices.name(backend.xp),
        "CUDA": info.cuda_version(runtime.runtimeGetVersion()),
        "CUDA of the driver": info.cuda_version(runtime.driverGetVersion()),
        "CuPy": backend.xp.__version__,
    }
