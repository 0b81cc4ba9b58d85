"""A PostgreSQL server of one's own, on 127.0.0.1."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest


def _folder_of_programs():
    if debian := sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)):
        return debian[-1]
    found = shutil.which("initdb")
    return Path(found).parent if found else None


PROGRAMS = _folder_of_programs()


@contextmanager
def server():
    """The URL of a database, on a server that ends with this block."""
    if PROGRAMS is None:
        assert "CI" not in os.environ, "CI has to install postgresql"
        pytest.skip("no PostgreSQL: install postgresql")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="postgres-")  # whose name is short enough for a socket's
    options = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.getuid() == 0:  # as whom PostgreSQL does not run
        shutil.chown(folder, "postgres")
        options["user"] = "postgres"
    try:
        made = [PROGRAMS / "initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "tinydnn", "--no-sync"]
        subprocess.run(made, check=True, **options)
        listening = ["-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"]
        process = subprocess.Popen([PROGRAMS / "postgres", "-D", f"{folder}/data", *listening], **options)
        try:
            ready = [PROGRAMS / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
            while subprocess.run(ready).returncode:
                assert process.poll() is None
            yield f"postgresql+psycopg://tinydnn@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)  # which waits for no client
            process.wait()
    finally:
        shutil.rmtree(folder)
