"""get_file (mirrors keras/src/utils/file_utils.py)."""

import os

from tinydnn.datasets import cache
from tinydnn.missing import names_its_arguments


@names_its_arguments
def get_file(
    fname: str | None = None,
    origin: str | None = None,
    *,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    cache_dir: str | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file on this machine, downloaded where it is not there yet.

    Args:
        fname: what it is called here; None is its name in origin.
        origin: the address that it comes from.
        md5_hash, file_hash: its MD5 or SHA-256; a file that is there and has another one is replaced.
        cache_subdir, cache_dir: the folder, and what it lies in; None is Keras' own, `~/.keras`.
        force_download: whether to replace a file that is there.

    Raises:
        ValueError: there is no origin, or no name.
        OSError: it can't be downloaded or written; a file that was there is still there.
    """
    if not origin:
        raise ValueError(f"get_file expects an origin, the address of the file. Received: origin={origin!r}")
    name = fname or os.path.basename(origin.partition("?")[0])
    if not name:
        raise ValueError(f"get_file expects fname, where the origin ends in '/'. Received: origin={origin!r}")
    target = os.path.join(os.path.expanduser(cache_dir) if cache_dir else cache.keras_home(), cache_subdir, name)
    return cache.fetch(target, origin, file_hash or md5_hash, anew=force_download)
