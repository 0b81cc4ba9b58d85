"""Warnings that point at the user's line, however deep in tinydnn they arise."""

import sys
import warnings

_BETWEEN = "tinydnn", "importlib", "contextlib"  # whose frames may lie between


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line outside of tinydnn."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _BETWEEN:
        frame = frame.f_back
    warnings.warn_explicit(
        text,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        frame.f_globals.get("__name__"),
        frame.f_globals.setdefault("__warningregistry__", {}),
    )
