"""Names: finding what a user asked for by name, saying what is not offered, numbering layers."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeVar

from tinydnn.old_spellings import INSTEAD, MODULES

T = TypeVar("T")


def lookup(kind: str, name: str, offered: Mapping[str, T]) -> T:
    """What goes by this name.

    Raises:
        ValueError: nothing does; the message names the nearest name and all that are offered.
    """
    if name in offered:
        return offered[name]
    raise ValueError(f"tinydnn has no {kind} {name!r}.{nearest(name, offered)}")


def resolve(kind: str, identifier: Any, base: type[T], offered: Mapping[str, Callable[[], T]]) -> T:
    """An object itself, or a new one by its name or class.

    Raises:
        ValueError: an unknown name.
        TypeError: neither.
    """
    if isinstance(identifier, base):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, base):
        return identifier()
    if isinstance(identifier, str):
        return lookup(kind, identifier, offered)()
    wanted = f"a name or an instance of {base.__module__}.{base.__name__}"
    raise TypeError(f"{kind} expects {wanted}. Received: {identifier!r}")


def nearest(name: str, offered: Iterable[str]) -> str:
    """The end of an error: what a name may have meant, and all that there is."""
    return f"{hints(name, offered)} It offers: {', '.join(sorted(offered, key=str.lower))}."


def hints(name: str, offered: Iterable[str]) -> str:
    """What to write for something that tinydnn lacks, and what a name may have meant."""
    from difflib import get_close_matches  # only for errors: it is slow to import

    if name in INSTEAD:
        return f" Write {INSTEAD[name]} instead."
    by_lower = {candidate.lower(): candidate for candidate in offered}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return f" Did you mean {by_lower[close[0]]!r}?" if close else ""


def not_offered(module: str, offered: Mapping[str, Any]) -> Callable[[str], Any]:
    """A module's `__getattr__`, which says what tinydnn lacks of Keras and what it has in its place."""

    def look_up(name: str) -> Any:
        if name == "__path__":  # so that `from module import name` asks `tinydnn.missing.Modules` before it fails
            return []
        if f"{module}.{name}" in MODULES:
            return import_module(f"{module}.{name}")
        if name.startswith("_"):  # Python's own look-ups
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        public = {key: value for key, value in offered.items() if key in offered["__all__"]}
        raise AttributeError(f"{module} has no {name!r}.{nearest(name, public)}")

    return look_up


def snake_case(name: str) -> str:
    """`RMSprop` → `rm_sprop`: Keras' rule for the names it gives (keras/src/utils/naming.py)."""
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name).lower()


_counts: dict[str, int] = {}


@contextmanager
def numbered_anew() -> Iterator[None]:
    """Number what is made in this block from the beginning, as if nothing had been made before."""
    before = dict(_counts)
    _counts.clear()
    try:
        yield
    finally:
        _counts.clear()
        _counts.update(before)


def number_anew() -> None:
    """Number what is made from here on from the beginning."""
    _counts.clear()


def auto_name(class_name: str) -> str:
    """`dense`, then `dense_1`, `dense_2`, …: the name of something the user gave none."""
    prefix = snake_case(class_name)
    count = _counts.get(prefix, 0)
    _counts[prefix] = count + 1
    return f"{prefix}_{count}" if count else prefix
