"""Searches on a few digits, in this process or in others, and kills at random moments.

python tests/helpers/searches.py --times 100
kills the command `tinydnn search` so often with kill -9 and compares its study with one that nobody has killed; then
four processes at one study in PostgreSQL, one or another of them. It takes some ten minutes.
"""

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import optuna
import postgres
from commands import environment, small_data

from tinydnn.device.interrupts import Interrupt
from tinydnn.inspect.net import load_digits
from tinydnn.search import storage
from tinydnn.search.study import finished, open_study
from tinydnn.search.trials import Task, Worker

BOUNDS = {"layers": [1, 2], "units": [8, 32], "epochs": 4}
SEED = 3
_LONG = 1800 if __name__ == "__main__" else 100  # seconds


def task(url, data, trials):
    """So many trials, within a time in which they end, unless something waits for ever."""
    return Task(url, "search", trials, time.time() + _LONG, {"data": str(data), "device": "cpu", "threads": 1})


def opened(url, data, bounds=BOUNDS, seed=SEED):
    return open_study(url, "search", load_digits(str(data))[0], bounds, seed)


def searched(url, data, trials, bounds=BOUNDS, seed=SEED):
    """The study after so many trials in this process."""
    study = opened(url, data, bounds, seed)
    Worker(task(url, data, trials)).work(Interrupt())
    return study


def told(study):
    """What a study says of its trials, apart from their numbers and times."""
    return [
        (trial.state.name, trial.value, trial.params, trial.user_attrs | {"trains": None}, trial.intermediate_values)
        for trial in finished(study)
    ]


def command_line(data, out, trials, *others):
    words = ["search", "--data", data, "--out", out, "--trials", trials, "--seed", SEED, "--layers", "1,2"]
    return [*map(str, [sys.executable, "-m", "tinydnn", *words, "--units", "8,32", "--epochs", "4", *others])]


def begun(*arguments, **options):
    """The command under way, in a group of processes of its own."""
    line = command_line(*arguments)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    return subprocess.Popen(line, env=environment(), start_new_session=True, **pipes, **options)


def ended(*arguments):
    """The command, when it has come to its end."""
    return subprocess.run(
        command_line(*arguments), capture_output=True, text=True, encoding="utf-8", env=environment(), check=False
    )


def kept(out):
    """The study in a search's folder."""
    return optuna.load_study(study_name="search", storage=f"sqlite:///{out}/study.db")


def counted(out):
    """How many trials have ended in a search's folder, told quickly while it is written to."""
    count = "SELECT count(*) FROM trials WHERE state IN ('COMPLETE', 'PRUNED')"
    with (
        suppress(sqlite3.OperationalError),
        closing(sqlite3.connect(f"file:{out}/study.db?mode=ro", uri=True)) as study,
    ):
        return study.execute(count).fetchone()[0]
    return 0  # there is no study yet


# A worker that others soon take for dead.
WORKER = """
import sys
from tinydnn.search import storage
storage.HEARTBEAT, storage.GRACE = 1, 3
import searches
searches.work(*sys.argv[1:])
"""


def work(url, data, trials):
    """Try trials until the study has so many."""
    Worker(task(url, data, int(trials))).work(Interrupt())


def worker(url, data, trials):
    """A process that tries trials."""
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", WORKER, url, str(data), str(trials)], env=environment
    )


def four_workers(url, data, trials, kills, rng):
    """Have four processes work at a study in a database, and kill so many of them; → its trials."""
    study = opened(url, data, {**BOUNDS, "epochs": 15, "batch_size": 16})
    workers = [worker(url, data, trials) for _ in range(4)]
    while any(each.poll() is None for each in workers):
        time.sleep(rng.uniform(0.2, 2))
        running = [i for i, each in enumerate(workers) if each.poll() is None]
        if kills and running and any(trial.state.name == "RUNNING" for trial in study.get_trials()):
            i = rng.choice(running)
            workers[i].kill()
            workers[i].wait()
            workers[i] = worker(url, data, trials)
            kills -= 1
    assert [each.returncode for each in workers] == [0, 0, 0, 0]
    found = study.get_trials()
    study._storage._backend.engine.dispose()
    return found


def kill_command(folder, data, trials, times, rng):
    """Kill the command so often, at random moments; → the study in the end."""
    kills = 0
    while True:
        process = begun(data, folder, trials, cwd=folder.parent)
        time.sleep(rng.uniform(1, 5))
        if kills == times or process.poll() is not None:
            _, error = process.communicate()
            assert process.returncode == 0, error
            return kept(folder), kills
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        kills += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    options, rng = parser.parse_args(), random.Random()
    folder = Path(tempfile.mkdtemp())
    data = small_data(folder)
    study, kills = kill_command(folder / "cut", data, 4 * options.times, options.times, rng)
    whole = searched(f"sqlite:///{folder / 'whole.db'}", data, 4 * options.times)
    failed = Counter(trial.state.name for trial in study.trials)
    print(f"The command, {kills} kills: {dict(failed)}; the same as without: {told(study) == told(whole)}")
    storage.HEARTBEAT, storage.GRACE = 1, 3
    with postgres.server() as url:
        trials = four_workers(url, data, options.times, options.times, rng)
    states, again = Counter(trial.state.name for trial in trials), sum("failed_trial" in t.system_attrs for t in trials)
    print(f"Four processes, {options.times} kills: {dict(states)}; {again} were tried again")


if __name__ == "__main__":
    main()
