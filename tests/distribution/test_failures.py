"""An error that one rank alone has ends all of them, and is said once; nobody waits for ever."""

import subprocess
import sys
import textwrap

import pytest
from ranks import environment, mpirun, needs_mpi

pytestmark = needs_mpi

BEGIN = """
import numpy as np
import tinydnn as keras
from tinydnn.device import ranks
keras.distribution.set_distribution(keras.distribution.DataParallel())
rank = keras.distribution.distribution().data_shard_id
x, y = np.ones((40, 3)), np.zeros(40, int)

class Once(keras.callbacks.Callback):
    def __init__(self, do):
        self.do = do

    def on_epoch_end(self, epoch, logs=None):
        if rank == 1 and epoch == 1:
            self.do(self.model)

def net():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model

def fit(do=lambda model: None):
    model = net()
    model.fit(x, y, epochs=4, callbacks=[Once(do)])
    print("done, with the weight", model.get_weights()[0][0, 0])

def grow():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1e30), "mse")
    model.fit(x, y + 1.0)

def fail(model):
    raise OSError("the disk of one machine is full")

def write(model):
    model.layers[0].kernel[0] = 7
"""


def run(tmp_path, program):
    path = tmp_path / "program.py"
    path.write_text(BEGIN + textwrap.dedent(program))
    return mpirun(2, path, cwd=tmp_path)


ALONE = "failed, and ends the others."
CASES = [
    ("fit(fail)", "OSError: the disk of one machine is full", f"rank 1 of 2 {ALONE}"),
    ("if rank: raise OSError('no disk')\nfit()", "OSError: no disk", f"rank 1 of 2 {ALONE}"),
    ("if not rank: raise OSError('no disk')\nfit()", "OSError: no disk", f"rank 0 of 2 {ALONE}"),
    ("fit(write)", "ValueError: All ranks must end epoch 2 alike", "Rank 0 has weights="),
    ("keras.utils.set_random_seed(rank)\nfit()", "ValueError: All ranks must begin a training alike", "has seed=0"),
    ("x = x + rank\nfit()", "ValueError: All ranks must begin a training alike", "rank 1 has x='float64 (40, 3)"),
    ("net().predict(x[rank:])", "ValueError: All ranks must predict alike", "rank 1 has x='float64 (39, 3)"),
    ("net().fit(iter([(x[rank:], y[rank:])] * 3))", "ValueError: All ranks must take batch 0 alike", ""),
    ("net().fit(iter([(x, y)] * (3 + rank)))", "ValueError: All ranks must take batch 3 alike", "Rank 0 has no x"),
    ("if rank: net().predict(x)", "RuntimeError: All ranks must call the same", "Rank 0 is to end the program"),
    ("net().save('a.keras') if rank else fit()", "RuntimeError: All ranks must call the same", "to save a model."),
    ("grow()", "FloatingPointError: The loss became", "in epoch 1, step 2"),  # which the bar of rank 0 sees first
]


@pytest.mark.parametrize(("program", "error", "more"), CASES)
def test_it_ends_all_ranks(program, error, more, tmp_path):
    done = run(tmp_path, program)
    assert done.returncode == 1
    assert error in done.stderr
    assert more in done.stderr
    assert done.stderr.count("Traceback (most recent call last)") == 1, done.stderr
    assert done.stderr.count(error) == 1, done.stderr
    assert "done" not in done.stdout


def test_without_a_seed_all_ranks_take_the_first_one_s_and_save_what_others_read(tmp_path):
    program = """
        fit()
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        best = keras.callbacks.ModelCheckpoint("made/best.keras", monitor="loss")
        model.fit(x, y, verbose=0, callbacks=[best, keras.callbacks.CSVLogger("log.csv")])
        model = keras.models.load_model("made/best.keras")
        model.fit(x, y, verbose=0)
        model.save("new.keras", overwrite=False)  # which rank 1 must not find there
        model.fit(x, y, epochs=9, verbose=0, callbacks=[Once(lambda model: setattr(model, "stop_training", True))])
        print("stopped after epoch", len(model.history.epoch))
        print("what rank 0 does alone:", ranks.current().first_does("look", lambda: len(model.predict(x, verbose=0))))
        try:
            model.save("nowhere/model.keras")
        except FileNotFoundError as error:
            print("as on rank 0:", error)
        keras.distribution.set_distribution(None)
        with open(f"rank {rank}", "w") as file:
            file.write(str(model.evaluate(x, y, verbose=0)))
    """
    done = run(tmp_path, program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("done, with the weight") == done.stdout.count("as on rank 0: Folder") == 1
    assert "what rank 0 does alone: 40" in done.stdout
    assert "stopped after epoch 2" in done.stdout  # as a callback of rank 1 alone has asked for
    assert (tmp_path / "rank 0").read_text() == (tmp_path / "rank 1").read_text()
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 2


def test_processes_that_do_not_find_each_other_are_refused(tmp_path):
    program = "import tinydnn as keras; keras.distribution.DataParallel()"
    of_another_mpi = environment(PMI_SIZE="2")
    done = subprocess.run(
        [sys.executable, "-c", program], env=of_another_mpi, cwd=tmp_path, capture_output=True, text=True
    )
    assert "mpirun has started 2 processes, of which mpi4py finds 1: they are of two MPIs" in done.stderr
