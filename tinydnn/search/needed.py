"""Packages that only a search needs, imported where they are used."""

from importlib.util import find_spec
from typing import Any


def optuna_package() -> Any:
    """The package optuna.

    Raises:
        ModuleNotFoundError: it is missing; the message says how to install it.
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('A search needs the package optuna: pip install "tinydnn[search]"') from error
    return optuna


def require_plotly() -> None:
    """Raise a ModuleNotFoundError that says what to install, where the package plotly is missing.

    A search draws with it at its very end, which is too late to find out.
    """
    if find_spec("plotly") is None:
        raise ModuleNotFoundError('The report of a search needs the package plotly: pip install "tinydnn[search]"')
