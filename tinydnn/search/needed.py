"""Optuna, imported where it is used."""

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
