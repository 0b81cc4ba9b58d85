"""Optuna's storage in a database: SQLite, PostgreSQL or MySQL, by the URL of SQLAlchemy."""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tinydnn.search.needed import optuna_package

if TYPE_CHECKING:
    import optuna

# Seconds. A process says so often that it is at its trial; who has been silent for so long is taken for dead.
HEARTBEAT, GRACE = 10, 60

_ATTEMPTS = 5  # at making the tables, which several processes may begin at the same time
_LOCKED = 60.0  # seconds that SQLite waits for another process that writes


def opened(url: str, again: Callable[..., None]) -> "optuna.storages.RDBStorage":
    """The storage at this URL, with its tables.

    again: called with the study and a trial whose process has died.

    Raises:
        ModuleNotFoundError: a driver of the database is missing.
        ConnectionError: the database can't be reached.
        ValueError: it is no URL of a database.
    """
    from sqlalchemy import event
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    optuna = optuna_package()
    sqlite = url.startswith("sqlite")
    arguments: dict[str, Any] = {"connect_args": {"timeout": _LOCKED}} if sqlite else {"pool_pre_ping": True}
    for attempt in range(_ATTEMPTS):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                storage = optuna.storages.RDBStorage(
                    url,
                    arguments,
                    heartbeat_interval=HEARTBEAT,
                    grace_period=GRACE,
                    heartbeat_stale_trial_callback=again,
                )
            break
        except ImportError as error:
            raise ModuleNotFoundError(
                f'{shown(url)} needs a driver of the database: pip install "psycopg[binary]" for '
                "postgresql+psycopg://…, pip install pymysql for mysql+pymysql://…"
            ) from error
        except (ArgumentError, NoSuchModuleError) as error:
            raise ValueError(
                "--storage expects the URL of a database, such as postgresql+psycopg://user:password@host/database. "
                f"Received: {shown(url)!r}"
            ) from error
        except (DBAPIError, optuna.exceptions.StorageInternalError) as error:
            if attempt == _ATTEMPTS - 1:
                raise ConnectionError(f"Can't use the database {shown(url)}: {_reason(error)}") from error
            time.sleep(0.2 * 2**attempt)
    if sqlite:
        # SQLite locks nothing for a reader, and so two processes could both find a trial free, and take it.
        event.listen(storage.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return storage


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn Optuna's error of a database that has gone away into one for a person.

    Raises:
        ConnectionError: it has.
    """
    try:
        yield
    except optuna_package().exceptions.StorageInternalError as error:
        raise ConnectionError(f"{shown(url)} is out of reach: {_reason(error)}; the same command goes on") from error


def shown(url: str) -> str:
    """The URL without its password."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return str(make_url(url).render_as_string(hide_password=True))
    except ArgumentError:
        return url


def _reason(error: BaseException) -> str:
    """What the database itself said."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
