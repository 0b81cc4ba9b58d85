"""Writing HDF5 with checksums on headers and data, and reading HDF5 without trusting it.

Files are written in the format of HDF5 1.10, whose headers have checksums; h5py's default format has none. The HDF5
library unpacks whatever a file holds, however much it is, so that is looked at before anything is read.
"""

import io
import math
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import h5py
import numpy as np

from tinydnn.device.backend import Array, Shape
from tinydnn.files.hdf5_names import decoded
from tinydnn.files.whole import FileFormatError

_SMALL = 1024  # bytes; an array up to this size is put into its dataset's header
_LARGEST_CHUNK = 2**20  # bytes, around a smaller array; h5py's own choice is at most that
_FILTERS = {
    h5py.h5z.FILTER_SHUFFLE: "shuffle",
    h5py.h5z.FILTER_DEFLATE: "gzip",
    h5py.h5z.FILTER_FLETCHER32: "fletcher32",
}


def written(fill: Callable[[Any], None]) -> bytes:
    """The content of an HDF5 file that `fill` writes into."""
    content = io.BytesIO()
    with h5py.File(content, "w", libver=("v110", "v110")) as file:
        fill(file)
    return content.getvalue()


def write(group: Any, path: str, array: Any) -> None:
    """Write an array to this path in the group: a small one into a header, else one chunk; both have a checksum."""
    array = np.ascontiguousarray(array).reshape(np.shape(array))  # ascontiguousarray makes a scalar one-dimensional
    if array.nbytes > _SMALL:
        group.create_dataset(path, data=array, chunks=array.shape, fletcher32=True)
        return
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    parent, _, name = path.rpartition("/")
    parent = group.require_group(parent).id if parent else group.id
    space = h5py.h5s.create_simple(array.shape) if array.shape else h5py.h5s.create(h5py.h5s.SCALAR)
    dataset = h5py.h5d.create(parent, name.encode(), h5py.h5t.py_create(array.dtype), space, compact)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, array)


def member(group: Any, path: str) -> Any:
    """The group or dataset at this path; None where there is none.

    Raises:
        FileFormatError: a link is on the path; it may lead out of the file.
    """
    for part in path.split("/"):
        if not isinstance(group, h5py.Group):
            return None
        link = group.get(part, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise FileFormatError(f"{path}: expected the data itself. Found: a link")
        group = group[part]
    return group


def read(group: Any, path: str, shape: Shape | None = None, most: int = 0, of: str = "") -> Array:
    """The array at this path.

    shape: the shape that it must have; None allows any shape with `most` numbers or fewer.
    of: the layer whose weight it is, for the message.

    Raises:
        FileFormatError: there is no array, its data are not whole in the file, or unpack to more than it, or it has
            another shape or no numbers. All this is checked before any memory is allocated, whatever the file claims.
    """
    dataset = member(group, path)
    what = f"{path} ({of})" if of else path
    if not isinstance(dataset, h5py.Dataset):
        raise FileFormatError(f"{what}: expected an array. Found: {'a group' if dataset is not None else 'nothing'}")
    if dataset.external or dataset.is_virtual:
        raise FileFormatError(f"{what}: expected the data in the file. Found: a reference to other files")
    if dataset.shape is None or dataset.dtype.kind not in "fiu":
        raise FileFormatError(f"{what}: expected numbers. Found: dtype {dataset.dtype}")
    if dataset.shape != shape and (shape is not None or math.prod(dataset.shape) > most):
        expected = f"weights of shape {shape}" if shape is not None else f"at most {most} numbers"
        raise FileFormatError(f"{what}: expected {expected}. Found: {dataset.shape}")
    try:
        _check_storage(dataset)
    except FileFormatError as error:
        raise FileFormatError(f"{what}: {error}") from None
    return np.asarray(dataset[()])


def read_all(group: Any, paths: Iterable[str], most: int) -> list[Array]:
    """The arrays at these paths, which have at most so many numbers together.

    Raises:
        FileFormatError: as `read`, or they have more; none beyond that is read.
    """
    arrays = []
    for path in paths:
        arrays.append(read(group, path, most=most))
        most -= arrays[-1].size
    return arrays


def _check_storage(dataset: Any) -> None:
    """See that the file has all of the numbers, in chunks that unpack to what they should.

    Raises:
        FileFormatError: it has not, or they would unpack to more.
    """
    properties = dataset.id.get_create_plist()
    filters = [properties.get_filter(i)[0] for i in range(properties.get_nfilters())]
    if filters != [known for known in _FILTERS if known in filters]:
        found = ", ".join(_FILTERS.get(each, str(each)) for each in filters)
        raise FileFormatError(
            f"expected the filters {', '.join(_FILTERS.values())}, each once at most, in this order. Found: {found}"
        )
    if dataset.chunks is None:
        stored = dataset.id.get_storage_size()
        if stored < dataset.nbytes:
            raise FileFormatError(f"expected {dataset.nbytes:,} bytes in the file. Found: {stored:,}")
        return
    size, number = math.prod(dataset.chunks) * dataset.dtype.itemsize, dataset.id.get_num_chunks()
    if size > max(dataset.nbytes, _LARGEST_CHUNK):
        raise FileFormatError(f"expected {dataset.nbytes:,} bytes. Found: a chunk of {size:,}")
    expected = math.prod(-(-n // part) for n, part in zip(dataset.shape, dataset.chunks, strict=True))
    if number != expected:
        raise FileFormatError(f"expected {expected:,} chunks in the file. Found: {number:,}")
    chunks: list[Any] = []
    dataset.id.chunk_iter(chunks.append)  # in one pass; by their numbers it would be quadratic
    for chunk in chunks:
        if chunk.size > size + size // 1000 + _SMALL:  # what gzip can't shrink grows by less
            raise FileFormatError(f"expected chunks of {size:,} bytes. Found: one of {chunk.size:,}")
        applied = [each for at, each in enumerate(filters) if not chunk.filter_mask >> at & 1]
        if h5py.h5z.FILTER_DEFLATE in applied:
            packed = dataset.id.read_direct_chunk(chunk.chunk_offset)[1]
            unpacked = zlib.decompressobj().decompress(packed, size + 1)  # and no more, where HDF5 would go on
            if len(unpacked) != size:
                raise FileFormatError(f"expected chunks that unpack to {size:,} bytes. Found: another size")


def text(group: Any, attribute: str) -> str:
    """The text in an attribute.

    Raises:
        FileFormatError: it is none.
    """
    found = group.attrs.get_id(attribute)
    if found.shape != () or h5py.check_string_dtype(found.dtype) is None:
        raise FileFormatError(f"{attribute}: expected a text. Found: {found.dtype} of shape {found.shape}")
    return decoded(group.attrs[attribute])
