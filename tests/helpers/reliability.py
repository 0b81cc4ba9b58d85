"""What is done to files and trainings to see that nothing is lost; it makes the tables of docs/reliability.md.

The tests call the same functions, with smaller numbers.
"""

import argparse
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import ranks

import tinydnn as keras
from tinydnn import layers, models
from tinydnn.callbacks import LambdaCallback
from tinydnn.callbacks.backup_and_restore import CHECKPOINT_FILE
from tinydnn.datasets import mnist
from tinydnn.files import checkpoints

MEGABYTE = 2**20

# -- killed --------------------------------------------------------------------------------------------


def few_digits(path):
    """A small data set, so that a run takes little more than a second."""
    (x, y), (x_test, y_test) = mnist.load_data()
    np.savez(path, x_train=x[:800], y_train=y[:800], x_test=x_test[:100], y_test=y_test[:100])


def command(*arguments):
    return [sys.executable, "-m", "tinydnn", "train", *map(str, arguments)]


def start(program, size=1):
    """Start it, as several processes that mpirun starts if so asked."""
    program = program if size == 1 else [ranks.MPIRUN, "-n", str(size), *program]
    return subprocess.Popen(
        program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ranks.environment()
    )


def all_files_load(folder):
    """Raise unless every file of a run is whole; those that a killed one left half written have names of their own."""
    for path in folder.glob("[!.]*"):
        if path.suffix == ".keras":
            models.load_model(path)
        elif path.name == CHECKPOINT_FILE:
            checkpoints.read(path)
        elif path.suffix == ".json":
            json.loads(path.read_text())
        else:
            assert path.read_text().splitlines()[0].split(",")[0] == "epoch", path


def outcome(folder):
    """What a finished run has to show, apart from the time it took."""
    results = json.loads((folder / "run.json").read_text())["results"]
    history = (folder / "history.json").read_text()
    return {**{key: value for key, value in results.items() if key != "seconds"}, "history": history}


def kills(folder, times, number=signal.SIGKILL, seed=0, size=1):
    """Kill a training at random moments, and resume it each time; → counts.

    A training is killed and resumed, again and again, until it comes to its end; then another one begins. Of several
    processes that share it, a random one is killed; what they end with is what as many threads would.
    """
    rng = np.random.default_rng(seed)
    data = folder / "digits.npz"
    few_digits(data)
    settings = ["--data", data, "--hidden", 24, "--batch-size", 32, "--epochs", 4, "--seed", 7, "--checkpoint-every", 1]
    whole = command(*settings, "--threads", size, "--out", folder / "whole")
    subprocess.run(whole, check=True, stdout=subprocess.DEVNULL)
    settings += ["--threads", 1]
    began = time.monotonic()
    start(command(*settings, "--out", folder / "timed"), size).communicate()
    lasts = time.monotonic() - began
    expected = outcome(folder / "whole")

    count: Counter[str] = Counter(tried=0, with_checkpoint=0, runs=0, lost=0)
    run, finished = 0, True
    while count["tried"] < times or not finished:
        out = folder / f"run-{run}"
        begun = (out / "run.json").exists()
        process = start(command("--resume", out) if begun else command(*settings, "--out", out), size)
        finished = False
        try:
            _, errors = process.communicate(timeout=rng.uniform(0.2, lasts) if count["tried"] < times else None)
            finished = True
        except subprocess.TimeoutExpired:
            victims = [process.pid] if size == 1 else ranks.started_by(process.pid) or [process.pid]
            os.kill(int(rng.choice(victims)), number)
            process.communicate()
            count["tried"] += 1
            count["with_checkpoint"] += (out / CHECKPOINT_FILE).exists()
        try:
            if out.exists():
                all_files_load(out)
            if finished and (process.returncode or outcome(out) != expected or list(out.glob(".*"))):
                raise AssertionError(errors or "it came to another result, or left something behind")
        except Exception as error:
            print(f"{out}: {error}")
            count["lost"] += 1
        count["runs"] += finished
        run += finished
    return dict(count)


# -- two at once ------------------------------------------------------------------------------------------


def together(folder, times):
    """Start two trainings with different seeds into one folder at the same moment; → counts.

    fine: one ended with its own results, and the other was refused; lost: anything else.
    """
    data = folder / "digits.npz"
    few_digits(data)
    settings = ["--data", data, "--hidden", 24, "--batch-size", 32, "--epochs", 4, "--checkpoint-every", 1]
    expected = {}
    for seed in (3, 4):
        alone = folder / f"alone-{seed}"
        subprocess.run(command(*settings, "--seed", seed, "--out", alone), check=True, stdout=subprocess.DEVNULL)
        expected[seed] = outcome(alone)
    count: Counter[str] = Counter(tried=0, fine=0, lost=0)
    for i in range(times):
        out = folder / f"run-{i}"
        processes = {seed: start(command(*settings, "--seed", seed, "--out", out)) for seed in expected}
        errors = {seed: process.communicate()[1] for seed, process in processes.items()}
        done = [seed for seed, process in processes.items() if process.returncode == 0]
        fine = len(done) == 1 and outcome(out) == expected[done[0]] and seed_of(out) == done[0]
        if not fine:
            print(f"{out}: {len(done)} ended well; {errors}")
        count["tried"] += 1
        count["fine" if fine else "lost"] += 1
    return dict(count)


def seed_of(folder):
    return json.loads((folder / "run.json").read_text())["settings"]["seed"]


# -- places that can't be written to --------------------------------------------------------------------


def small_net():
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((20,)), layers.Dense(30, activation="tanh", name="first"), layers.Dense(2)])
    model.compile("rmsprop", "mse")
    states = []
    keep = LambdaCallback(on_train_batch_end=lambda batch, logs: states.append(model.training.state()))
    model.fit(np.ones((3, 20)), np.ones((3, 2)), verbose=0, callbacks=[keep])
    model.state_of_training = states[-1]
    return model


def state_of(model):
    """Everything that a file may change of a model."""
    slots = [slot.tobytes() for slot in model.optimizer.slots.values()] if model.optimizer else []
    rest = (model.optimizer.iterations, model.optimizer.learning_rate) if model.optimizer else ()
    shapes = [weight.shape for weight in model.get_weights()]
    return model.parameters.tobytes(), slots, rest, shapes


WRITERS = {
    "model.keras": lambda model, path: model.save(path),
    "w.weights.h5": lambda model, path: model.save_weights(path),
    "w.h5": lambda model, path: model.save_weights(path),
    "checkpoint.npz": lambda model, path: checkpoints.write(path, model.state_of_training),
}


def full_disks(folder, times, seed=0):
    """Let the disk end after a random number of bytes, while a file is written over; → counts."""
    import resource  # Windows has none

    rng = np.random.default_rng(seed)
    count: Counter[str] = Counter(tried=0, survived=0, lost=0)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    for _ in range(times):
        for name, write in WRITERS.items():
            path, model = folder / name, small_net()
            write(model, path)
            before = path.read_bytes()
            model.layers[0].set_weights([weight + 1 for weight in model.layers[0].get_weights()])
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(rng.integers(0, len(before) - 100)), hard))
            try:
                write(model, path)
                failed = False
            except OSError:
                failed = True
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
            count["tried"] += 1
            whole = failed and path.read_bytes() == before and not list(folder.glob(".*"))
            count["survived" if whole else "lost"] += 1
    return dict(count)


# -- damaged files -----------------------------------------------------------------------------------------


def read_keras(path, model):
    return state_of(models.load_model(path))


def read_weights(path, model):
    model.load_weights(path)
    return state_of(model)


def read_checkpoint(path, model):
    text = io.StringIO()
    np.set_printoptions(threshold=sys.maxsize)
    print(checkpoints.read(path), file=text)
    return text.getvalue()


def read_digits(path, model):
    train, test = mnist.load_data(path.parent if "idx" in path.name else path)
    return [array.tobytes() for array in (*train, *test)]


def write_npz(model, path):
    x, y = np.arange(6 * 12, dtype=np.uint8).reshape(6, 4, 3), np.arange(6, dtype=np.uint8)
    np.savez_compressed(path, x_train=x, y_train=y, x_test=x, y_test=y)


def idx(array):
    return bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def write_idx(model, path):
    """Four files, of which the one at this path comes to harm."""
    x, y = np.arange(6 * 12, dtype=np.uint8).reshape(6, 4, 3), np.arange(6, dtype=np.uint8)
    for name, array in (("images-idx3", x), ("labels-idx1", y)):
        for half in ("train", "t10k"):
            content = idx(array)
            zipped = gzip.compress(content) if path.suffix == ".gz" else content
            (path.parent / f"{half}-{name}-ubyte{'.gz' if path.suffix == '.gz' else ''}").write_bytes(zipped)


# name: (writer, reader, whether the format has checksums)
FORMATS = {
    "model.keras": (WRITERS["model.keras"], read_keras, True),
    "w.weights.h5": (WRITERS["w.weights.h5"], read_weights, True),
    "w.h5": (WRITERS["w.h5"], read_weights, True),
    "checkpoint.npz": (WRITERS["checkpoint.npz"], read_checkpoint, True),
    "digits.npz": (write_npz, read_digits, True),
    "train-images-idx3-ubyte.gz": (write_idx, read_digits, True),
    "train-images-idx3-ubyte": (write_idx, read_digits, False),
}


def damages(folder, name, times, seed=0):
    """Damage a file at random, and read it; → counts.

    Half of the files have one to four bytes changed, a quarter is cut short, a quarter has a piece moved.
    refused: a FileFormatError with the file's name, and the model as it was; harmless: read, and equal to
    the whole one; wrongly accepted: read, and different; crashes: any other exception.
    """
    rng = np.random.default_rng(seed)
    write, read, _ = FORMATS[name]
    path, model = folder / name, small_net()
    write(model, path)
    whole, expected = path.read_bytes(), read(path, model)
    before = state_of(model)
    count: Counter[str] = Counter(tried=0, refused=0, harmless=0, wrongly_accepted=0, crashes=0)
    for i in range(times):
        content = bytearray(whole)
        if i % 4 < 2:
            for place in rng.integers(0, len(content), 1 + i % 3):
                content[place] ^= int(rng.integers(1, 256))
        elif i % 4 == 2:
            del content[int(rng.integers(0, len(content))) :]
        else:
            start, stop, to = sorted(rng.integers(0, len(content), 3).tolist())
            content[to : to + stop - start] = content[start:stop]
        path.write_bytes(content)
        count["tried"] += 1
        try:
            result = read(path, model)
            count["harmless" if result == expected else "wrongly_accepted"] += 1
        except keras.FileFormatError as error:
            # One of the IDX files may also be told by the other: as many labels as images.
            fine = state_of(model) == before and str(path.parent) in str(error)
            count["refused" if fine else "crashes"] += 1
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}")
            count["crashes"] += 1
        model.parameters[...] = np.frombuffer(before[0], model.dtype)
    path.write_bytes(whole)
    return dict(count)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["kills", "kills-of-ranks", "together", "full-disks", "damages"])
    parser.add_argument("--times", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.what == "kills":
            for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
                (folder / number.name).mkdir()
                print(number.name, kills(folder / number.name, options.times, number, options.seed), flush=True)
        elif options.what == "kills-of-ranks":
            print(kills(folder, options.times, signal.SIGKILL, options.seed, size=2))
        elif options.what == "together":
            print(together(folder, options.times))
        elif options.what == "full-disks":
            print(full_disks(folder, options.times, options.seed))
        else:
            for each in FORMATS:
                place = folder / each.replace(".", "-")
                place.mkdir()
                print(each, damages(place, each, options.times, options.seed), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
