"""A stand-in for CuPy: arrays on a "device" that is NumPy underneath, but as strict as a GPU, and countable.

It refuses to mix with NumPy, to become a NumPy array by itself, to read outside an array, and to hand out memory
that is anything but NaN before it is written. It counts what costs time on a GPU. A kernel's code is CUDA C++ for
CuPy; here the same text runs as Python, since tinydnn's kernels stay within what both languages have.

Only the names that the engine uses are there; another one is an AttributeError.
"""

import math
import re
from dataclasses import asdict, dataclass
from types import SimpleNamespace

import numpy as np
from scipy import special

from tinydnn.device.cuda import MAX, SUM


@dataclass
class Counts:
    """What has happened on the device."""

    launches: int = 0
    products: int = 0
    copies_in: int = 0
    copies_out: int = 0
    allocations: int = 0
    synchronisations: int = 0

    def since(self, before):
        return {name: value - before[name] for name, value in asdict(self).items()}

    def taken(self):
        return asdict(self)


counts = Counts()


class ndarray:
    """An array on the device; `host` is for this module alone."""

    def __array_ufunc__(self, ufunc, method, *arguments, out=(None,), **settings):
        """NumPy's functions run on the device, as CuPy has it; an array of NumPy's among the arguments is an error."""
        if method != "__call__":
            return NotImplemented
        function = globals().get(ufunc.__name__) or _function(ufunc.__name__)
        return function(*arguments, out=out[0], **settings)

    def __array_function__(self, function, types, arguments, settings):
        return _launch(function, *arguments, **settings)

    def __init__(self, host):
        self.host = host

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    shape = property(lambda self: self.host.shape)
    dtype = property(lambda self: self.host.dtype)
    size = property(lambda self: self.host.size)
    nbytes = property(lambda self: self.host.nbytes)
    ndim = property(lambda self: self.host.ndim)
    T = property(lambda self: ndarray(self.host.T))

    def __len__(self):
        return len(self.host)

    def reshape(self, *shape, order="C"):
        view = self.host.reshape(*shape, order=order)
        assert np.shares_memory(view, self.host) or not self.size, "this reshape would copy"
        return ndarray(view)

    def view(self, dtype):
        return ndarray(self.host.view(dtype))

    def __getitem__(self, index):
        if isinstance(index, ndarray):
            assert index.host.min(initial=0) >= 0, "a GPU would wrap this index silently"
            return _launch(np.take, self, index, axis=0)
        if isinstance(index, np.ndarray):
            raise TypeError(f"Unsupported type {type(index)}")
        view = self.host[index]
        return ndarray(view if isinstance(view, np.ndarray) else self.host[index, ...])

    def __setitem__(self, index, value):
        counts.launches += 1
        self.host[index] = _unwrapped(value)

    # What reads a number waits for the device.
    def __float__(self):
        return float(_read(self))

    def __int__(self):
        return int(_read(self))

    def __bool__(self):
        return bool(_read(self))

    def tolist(self):
        return _read(self).tolist()

    def get(self):
        return _read(self)

    def set(self, array):
        counts.copies_in += 1
        assert (array.shape, array.dtype) == (self.shape, self.dtype)
        self.host[...] = array

    def copy(self):
        return _launch(np.copy, self)

    def astype(self, dtype, copy=True):
        return _launch(np.array, self, dtype=dtype)

    def sum(self, axis=None, dtype=None, keepdims=False):
        return _launch(np.sum, self, axis=axis, dtype=dtype, keepdims=keepdims)

    def max(self):
        return _launch(np.max, self)

    def all(self):
        return _launch(np.all, self)


def _operator(function, reflected=False):
    def operator(self, other):
        return _launch(function, *((other, self) if reflected else (self, other)))

    return operator


def _in_place(function):
    def operator(self, other):
        return _launch(function, self, other, out=self)

    return operator


for _name, _function in {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "mod": np.remainder,
    "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
    "rshift": np.right_shift, "lshift": np.left_shift,
}.items():  # fmt: skip
    setattr(ndarray, f"__{_name}__", _operator(_function))
    setattr(ndarray, f"__r{_name}__", _operator(_function, reflected=True))
    setattr(ndarray, f"__i{_name}__", _in_place(_function))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    _numpy = {
        "eq": "equal",
        "ne": "not_equal",
        "lt": "less",
        "le": "less_equal",
        "gt": "greater",
        "ge": "greater_equal",
    }
    setattr(ndarray, f"__{_name}__", _operator(getattr(np, _numpy[_name])))
ndarray.__neg__ = lambda self: _launch(np.negative, self)
ndarray.__abs__ = lambda self: _launch(np.abs, self)


def _unwrapped(value):
    """The array or number underneath; NumPy's arrays are refused, as CuPy refuses them."""
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    return value.host if isinstance(value, ndarray) else value


def _launch(function, *arguments, out=None, **settings):
    """Run a NumPy function on the arrays underneath, as one launch."""
    counts.launches += 1
    with np.errstate(all="ignore"):
        result = function(*(_unwrapped(each) for each in arguments), **settings)
    if out is None:
        counts.allocations += 1
        return ndarray(np.asarray(result))
    target = _unwrapped(out)
    assert target.shape == np.shape(result), f"out has shape {target.shape}, the result {np.shape(result)}"
    np.copyto(target, result, casting="same_kind")
    return out


def _read(array):
    counts.copies_out += 1
    counts.synchronisations += 1
    return np.array(array.host)


def _allocated(host):
    counts.allocations += 1
    return ndarray(host)


# -- the functions that the engine calls, by CuPy's names ----------------------------------------------


def asarray(array):
    if isinstance(array, ndarray):
        return array
    counts.copies_in += 1
    return _allocated(np.array(array))


def ascontiguousarray(array):
    return array if array.host.flags.c_contiguous else _allocated(np.ascontiguousarray(array.host))


def asnumpy(array):
    return _read(array)


def empty(shape, dtype):
    host = np.empty(shape, dtype)
    host[...] = np.nan if host.dtype.kind == "f" else -1 if host.dtype.kind == "i" else 255
    return _allocated(host)


def zeros(shape, dtype):
    return _allocated(np.zeros(shape, dtype))


def full(shape, value, dtype):
    counts.launches += 1
    return _allocated(np.full(shape, value, dtype))


def arange(*bounds, dtype=None):
    counts.launches += 1
    return _allocated(np.arange(*bounds, dtype=dtype))


def ones_like(array):
    return _launch(np.ones_like, array)


def stack(arrays, axis=0):
    return _launch(lambda *parts: np.stack(parts, axis=axis), *arrays)


def concatenate(arrays):
    return _launch(lambda *parts: np.concatenate(parts), *arrays)


def copyto(to, source, casting):
    counts.launches += 1
    np.copyto(_unwrapped(to), _unwrapped(source), casting=casting)


def matmul(a, b, out=None):
    counts.launches -= 1
    counts.products += 1
    return _launch(np.matmul, a, b, out=out)


def _function(name):
    def function(*arguments, out=None, **settings):
        return _launch(getattr(np, name), *arguments, out=out, **settings)

    return function


for _name in (
    "abs", "add", "argmax", "clip", "divide", "equal", "exp", "greater", "greater_equal", "isfinite", "log", "log1p",
    "max", "maximum", "mean", "minimum", "multiply", "negative", "sign", "sqrt", "subtract", "sum", "tanh", "where",
):  # fmt: skip
    globals()[_name] = _function(_name)


def erfc(x, out=None):
    """CuPy has it in cupyx.scipy.special, and finds it there when SciPy's is called with its arrays."""
    return _launch(special.erfc, x, out=out)


float32, float64, int64, uint32, uint64 = np.float32, np.float64, np.int64, np.uint32, np.uint64


# -- kernels ------------------------------------------------------------------------------------------


class _Raw:
    """An array that a kernel indexes by itself."""

    def __init__(self, array):
        assert array.flags.c_contiguous
        self._flat = array.reshape(-1)

    def __getitem__(self, index):
        assert index.min(initial=0) >= 0, "a kernel would read before the array"
        return self._flat[index]


def _parameters(text):
    """[(raw, type, name), …] of "raw S source, T out"."""
    return [(" ".join(words[:-2]), *words[-2:]) for words in (each.split() for each in text.split(",") if each.strip())]


_IN_KERNELS = "abs", "sign", "exp", "log", "log1p", "sqrt", "tanh", "maximum", "minimum", "where"


def _environment(parameters, arguments):
    """The names that a kernel's code may use; all arrays of one type letter have one dtype."""
    assert len(parameters) == len(arguments), f"{len(parameters)} arguments expected, {len(arguments)} given"
    dtypes = {}
    for (_, kind, name), value in zip(parameters, arguments, strict=True):
        if len(kind) == 1 and isinstance(value, ndarray) and dtypes.setdefault(kind, value.dtype) != value.dtype:
            raise TypeError(f"Type is mismatched. {name} {value.dtype} {dtypes[kind]}")
    names = {name: getattr(np, name) for name in _IN_KERNELS} | {"erfc": special.erfc}
    names |= {kind: dtype.type for kind, dtype in dtypes.items()}
    for (raw, kind, name), value in zip(parameters, arguments, strict=True):
        host = _unwrapped(value)
        if not isinstance(value, ndarray):
            host = dtypes[kind].type(host) if kind in dtypes else np.dtype(kind).type(host)
        names[name] = _Raw(host) if raw else host
    return names


def _evaluated(expression, names):
    """A C expression, which Python reads too but for a cast."""
    with np.errstate(all="ignore"):
        return eval(expression.strip().replace("(unsigned long long) i", "entry"), {}, names)


_STATEMENT = r"\s*(auto )?(\w+) = (.*)"


class ElementwiseKernel:
    def __init__(self, inputs, outputs, code, name, preamble=""):
        assert name.isidentifier()
        self.name = name
        self.parameters, self.outputs = _parameters(f"{inputs}, {outputs}"), _parameters(outputs)
        self.statements = [re.fullmatch(_STATEMENT, each).groups() for each in code.split(";")]

    def __call__(self, *arguments):
        counts.launches += 1
        names, outputs = _environment(self.parameters, arguments), {name for _, _, name in self.outputs}
        shape = arguments[-1].shape
        names["i"] = np.arange(math.prod(shape)).reshape(shape)
        names["entry"] = names["i"].astype(np.uint64)
        for declared, name, expression in self.statements:
            value = _evaluated(expression, names)
            if name in outputs:
                assert np.shape(value) in (names[name].shape, ()), f"{name} has shape {names[name].shape}"
                names[name][...] = value
            else:
                assert declared, f"{name} is not declared"
                names[name] = value


class ReductionKernel:
    def __init__(self, inputs, output, mapped, reduced, result, identity, name, preamble=""):
        assert name.isidentifier()
        self.name = name
        self.parameters, self.mapped = _parameters(f"{inputs}, {output}"), mapped
        self.reduce = {SUM: np.sum, MAX: np.max}[reduced, identity]

    def __call__(self, *arguments, axis, keepdims):
        counts.launches += 1
        names = _environment(self.parameters, arguments)
        arguments[-1].host[...] = self.reduce(_evaluated(self.mapped, names), axis=axis, keepdims=keepdims)


# -- what CuPy tells of the device --------------------------------------------------------------------

__version__ = "stand-in"
cuda = SimpleNamespace(
    Device=lambda: SimpleNamespace(id=0),
    runtime=SimpleNamespace(
        runtimeGetVersion=lambda: 12090,
        driverGetVersion=lambda: 12090,
        getDeviceProperties=lambda number: {"name": b"stand-in"},
    ),
)


def get_default_memory_pool():
    return SimpleNamespace(used_bytes=lambda: 0, total_bytes=lambda: 0)
