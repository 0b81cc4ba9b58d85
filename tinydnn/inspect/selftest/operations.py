"""Every operation of the engine, run on the device in float32 and float64 and compared with the CPU's in float64."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from tinydnn import activations, layers, losses, metrics, optimizers, regularizers
from tinydnn.device.backend import Array, Backend
from tinydnn.device.memory import Layout
from tinydnn.inspect.selftest.check import Check, attempt
from tinydnn.models import Sequential
from tinydnn.random import philox

# In units of the largest value: a few roundings of float32 (6e-8) or float64 (1e-16), in sums of up to 784 products.
# TensorFloat-32, or half precision, would be off by 5e-4.
ALLOWED = {"float32": 5e-6, "float64": 1e-14}

Operation = Callable[[Backend, str], Array]  # (backend, dtype) → a result, the same for the same numbers


def compare_operations(backend: Backend, form: str) -> Iterator[Check]:
    """A check of each operation in each dtype."""
    for name, operation in _operations():
        yield from _compare(backend, name, form, operation)


def _compare(backend: Backend, name: str, form: str, operation: Operation) -> Iterator[Check]:
    cpu = Backend()
    with cpu.quiet():
        right = operation(cpu, "float64")
    for dtype, allowed in ALLOWED.items():
        with backend.quiet():
            # Reading belongs to the attempt: only then does a GPU report what went wrong before.
            result, error = attempt(partial(_read, backend, operation, dtype))
        difference = None
        if error is None:
            difference = float(np.abs(result - right.astype(np.float64)).max() / np.abs(right).max())
        yield Check(name, form, dtype, difference, allowed, error)


def _read(backend: Backend, operation: Operation, dtype: str) -> Array:
    return backend.to_numpy(operation(backend, dtype))


def _operations() -> Iterator[tuple[str, Operation]]:
    """What a step is made of, by name; each operation returns one array."""
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
    for name in activations.OFFERED:
        yield name, partial(_activation, name=name, derivative=False)
        yield f"derivative of {name}", partial(_activation, name=name, derivative=True)
        yield f"Dense with {name}", partial(_dense, activation=name)
    for normalizing in (layers.BatchNormalization, layers.LayerNormalization):
        name = normalizing.__name__
        yield name, partial(_normalized, kind=normalizing, of="y")
        yield f"gradient of {name}", partial(_normalized, kind=normalizing, of="dx")
        yield f"gradient of {name}'s gamma", partial(_normalized, kind=normalizing, of="dgamma")
    for kind in losses.CLASSES:
        for logits in (False, True) if issubclass(kind, losses.Crossentropy) else (False,):
            name = f"{kind.__name__}{' from logits' * logits}"
            yield name, partial(_loss, make=kind, logits=logits, gradient=False)
            yield f"gradient of {name}", partial(_loss, make=kind, logits=logits, gradient=True)
    smooth = partial(losses.CategoricalCrossentropy, label_smoothing=0.1)
    yield "smoothed targets", partial(_loss, make=smooth, logits=True, gradient=True)
    yield "binary accuracy", _binary_accuracy
    yield "RMSprop", partial(_updated, make=optimizers.RMSprop)
    make = partial(optimizers.RMSprop, centered=True, momentum=0.5, weight_decay=0.01, clipnorm=1.0)
    yield "RMSprop, all options", partial(_updated, make=make)
    yield "SGD", partial(_updated, make=optimizers.SGD)
    nesterov = partial(optimizers.SGD, momentum=0.9, nesterov=True, global_clipnorm=1.0)
    yield "SGD, nesterov", partial(_updated, make=nesterov)
    yield "Adam", partial(_updated, make=optimizers.Adam)
    yield "Adam, weight decay", partial(_updated, make=partial(optimizers.Adam, weight_decay=0.1, clipvalue=0.5))


def _numbers(backend: Backend, dtype: str, *shape: int, seed: int = 0) -> Array:
    """Numbers near 1 that float32 holds exactly, so that the device and the CPU start from the same ones."""
    return backend.asarray(np.random.default_rng(seed).normal(size=shape).astype(np.float32).astype(dtype))


def _product(backend: Backend, dtype: str, left: Any, right: Any, transposed: str = "") -> Array:
    x, W = _numbers(backend, dtype, *left), _numbers(backend, dtype, *right, seed=1)
    x, W = x.T if transposed == "left" else x, W.T if transposed == "right" else W
    return backend.matmul(x, W, out=backend.xp.empty((x.shape[0], W.shape[1]), dtype))


def _gathered(backend: Backend, dtype: str) -> Array:
    rows = np.random.default_rng(0).integers(0, 256, (100, 28, 28)).astype(np.uint8)
    out = backend.xp.empty((50, 28, 28), dtype if backend.gather_converts else np.uint8)
    backend.gather(backend.asarray(rows), backend.asarray(np.arange(99, -1, -2)), out)
    return out


def _mask(backend: Backend, dtype: str, drawn_in: str) -> Array:
    mask = backend.xp.empty((50, 100), drawn_in)
    philox.dropout_mask(backend.xp, (42, 1), 5, drawn_in, 0.5, mask)
    return mask


def _rescaled(backend: Backend, dtype: str) -> Array:
    model = Sequential([layers.Input((28,), dtype=dtype)], device=backend.device)
    model.add(layers.Rescaling(1 / 128, offset=-1, dtype=dtype))
    return backend.asarray(model.predict(np.arange(10 * 28, dtype=np.uint8).reshape(10, 28), verbose=0))


def _one_hot(backend: Backend, dtype: str) -> Array:
    labels, classes = backend.asarray(np.arange(64) % 10), backend.xp.arange(10)
    return backend.xp.equal(labels.reshape(-1, 1), classes, out=backend.xp.empty((64, 10), dtype))


def _predictions(backend: Backend, dtype: str, outputs: int) -> Array:
    p, out = _numbers(backend, dtype, 64, outputs), backend.xp.empty(64, np.int64)
    t = losses.LossTrace(lambda name, shape: p, *p.shape)
    metrics.get("accuracy").measure(backend.xp, p, t, False, out)
    return out


def _binary_accuracy(backend: Backend, dtype: str) -> Array:
    t = losses.LossTrace(lambda name, shape: backend.xp.empty(shape, dtype), 64, 10)
    p, out = _numbers(backend, dtype, 64, 10), backend.xp.empty(64, dtype)
    t.y[...] = _numbers(backend, dtype, 64, 10, seed=1) > 0
    metrics.BinaryAccuracy().measure(backend.xp, p, t, False, out)
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
    function.backward(backend.xp, z, a, _numbers(backend, dtype, 64, 36, seed=1), dz)
    return dz


def _dense(backend: Backend, dtype: str, activation: str) -> Array:
    """The whole layer, whose bias and activation a GPU computes in one kernel."""
    model = Sequential(device=backend.device)
    for layer in (layers.Input((784,), dtype=dtype), layers.Dense(36, activation=activation, dtype=dtype)):
        model.add(layer)
    model.set_weights([np.array(_numbers(Backend(), "float64", *shape) / 8) for shape in ((784, 36), (36,))])
    return backend.asarray(model.predict(_numbers(Backend(), dtype, 64, 784, seed=1) / 8, verbose=0))


def _normalized(backend: Backend, dtype: str, kind: type[layers.Layer], of: str) -> Array:
    """In training, from the moments of the batch or of the rows."""
    layer = kind(dtype=dtype)
    layer.build((36,))
    layer.place(backend)
    room: Any = lambda name, shape: backend.xp.empty(shape, dtype)  # noqa: E731
    t = layer.trace(room, rows=64, training=True, needs_dx=True)
    t.gradients = [room("", weight.shape) for weight in layer.learned]
    t.x = _numbers(backend, dtype, 64, 36)
    y = layer.forward(t.x, t)
    dx = layer.backward(_numbers(backend, dtype, 64, 36, seed=1), t)
    return {"y": y, "dx": dx, "dgamma": t.gradients[0]}[of]


def _loss(backend: Backend, dtype: str, make: Callable[[], losses.Loss], logits: bool, gradient: bool) -> Array:
    xp, loss = backend.xp, make()
    x = _numbers(backend, dtype, 64, 10)
    x = x if logits else abs(x) / 4
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
