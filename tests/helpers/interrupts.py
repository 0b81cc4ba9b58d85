"""Ctrl-C at any moment of a fit, evaluate, predict or train_on_batch, and a terminal that closes during a training.

It makes a table of docs/reliability.md.

The tests call the same functions, with smaller numbers.
"""

import _thread
import _weakrefset
import argparse
import contextlib
import dis
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

import tinydnn as keras
from tinydnn import layers
from tinydnn.callbacks import LambdaCallback
from tinydnn.device import interrupts as device_interrupts
from tinydnn.device import threads as device_threads
from tinydnn.engine import fit, inference, network, one_batch, shards, stack
from tinydnn.models import model as models_model

BLAS_THREADS = 2
rng = np.random.default_rng(0)
x, y = rng.normal(size=(32, 4)), rng.normal(size=(32, 2))


def net(built=True):
    """A net with a team of two; one that isn't built is built by the first thing that it does."""
    keras.utils.set_random_seed(1)
    entrance = [keras.Input((4,))] if built else []
    model = keras.Sequential([*entrance, layers.Dense(8, activation="tanh"), layers.Dense(2)], threads=2)
    model.compile("adam", "mse")
    return model


OPERATIONS = {
    "fit": lambda model, callbacks=(): model.fit(x, y, 16, 2, 0, callbacks, validation_data=(x[:8], y[:8])),
    "evaluate": lambda model: model.evaluate(x, y, 16, verbose=0),
    "predict": lambda model: model.predict(x, 16, verbose=0),
    "train_on_batch": lambda model: model.train_on_batch(x, y),
}


def state(model):
    """Weights and optimizer, or None where the model isn't built."""
    if not model.built:
        return None
    slots = [slot.tobytes() for slot in model.optimizer.slots.values()]
    return model.optimizer.iterations, model.parameters.tobytes(), slots


def whole_states(name, built=True):
    """The states that a model may be left in: before the operation, and after each of its steps."""
    model = net(built)
    OPERATIONS["predict" if name == "predict" else "evaluate"](model)
    states = [None, state(model)]
    model = net(built)
    if name in ("fit", "train_on_batch"):
        model.prepare_training((4,))
        states.append(state(model))
    if name == "fit":
        OPERATIONS[name](model, [LambdaCallback(on_train_batch_end=lambda batch, logs: states.append(state(model)))])
    else:
        OPERATIONS[name](model)
    return [*states, state(model)]


def limits():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def new_threads(before):
    """The threads that are alive and were not there before, once they have had time to end."""
    for _ in range(50):
        alive = set(threading.enumerate()) - before
        if not alive:
            break
        time.sleep(0.001)
    return alive


def faults(model, states, threads, blas):
    """What an interrupted operation has left otherwise than it was."""
    found = []
    if new_threads(threads):
        found.append("threads")
    if limits() != blas:
        found.append("BLAS limits")
        threadpool_limits(BLAS_THREADS, "blas")
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        found.append("handler")
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if state(model) not in states:
        found.append("half a step")
    try:
        OPERATIONS["fit"](model)  # which evaluates, too
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        found.append("unusable")
    return found


# -- at a random moment ----------------------------------------------------------------------------------


def interrupts(name, times, seed=0):
    """Ctrl-C at random moments of an operation; → how often each fault was found, among so many that hit it."""
    random, states = np.random.default_rng(seed), whole_states(name)
    sys.setswitchinterval(1e-5)  # so that the thread that presses has its turn before a short operation is over
    threadpool_limits(BLAS_THREADS, "blas")
    blas = limits()
    assert BLAS_THREADS in blas
    durations = []
    for _ in range(20):
        model, began = net(), time.perf_counter()
        OPERATIONS[name](model)
        durations.append(time.perf_counter() - began)
    lasts = float(np.median(durations))
    count: Counter[str] = Counter(tried=0, hit=0, lost=0)
    while count["hit"] < times:
        model, pause, over, threads = net(), random.uniform(0, lasts), False, set(threading.enumerate())

        def press(pause=pause):
            time.sleep(pause)
            os.kill(os.getpid(), signal.SIGINT)

        count["tried"] += 1
        killer = threading.Thread(target=press)
        try:
            killer.start()
            OPERATIONS[name](model)
            over = True
            time.sleep(10)
            count["lost"] += 1
        except KeyboardInterrupt:
            pass
        except Exception:  # as from a lock that the interrupt has left in no order
            count["another error"] += 1
        killer.join()
        if not over:
            count["hit"] += 1
            count.update(faults(model, states, threads, blas))
    return dict(count)


# -- at each instruction -----------------------------------------------------------------------------------

# Python looks for signals at the beginning of a function, and behind each call and each turn of a loop. These files are
# where a training, its threads and its limits begin and end.
FILES = {contextlib.__file__, threading.__file__, _weakrefset.__file__}
MODULES = device_interrupts, device_threads, fit, inference, network, one_batch, models_model, shards, stack
FILES |= {module.__file__ for module in MODULES}


class Places:
    """Counts, in a `with` block, the places at which Python may see a signal; at some it has one come in."""

    def __init__(self, *pressed):
        self.pressed, self.count = pressed, 0
        self._press = defaultdict(_thread.interrupt_main)  # it notes the signal; Python sees it later than in here

    def __enter__(self):
        sys.settrace(self._trace)
        return self

    def __exit__(self, *error):
        sys.settrace(None)

    def _trace(self, frame, event, arg):
        if frame.f_code.co_filename not in FILES:
            return None
        frame.f_trace_opcodes = True
        if event == "call" or (
            event == "opcode" and dis.opname[frame.f_code.co_code[frame.f_lasti]].startswith(("CALL", "JUMP_BACKWARD"))
        ):
            self.count += 1
            if self.count in self.pressed:
                if self.count == self.pressed[-1]:
                    sys.settrace(None)
                self._press[self.count]
        return self._trace


def at_each_instruction(name, presses=1):
    """Ctrl-C, so often in a row, at each place of an operation that also builds the model; → how often each fault."""
    threadpool_limits(BLAS_THREADS, "blas")
    blas, states = limits(), whole_states(name, built=False)
    count: Counter[str] = Counter(tried=0, lost=0)
    while True:
        model, threads = net(built=False), set(threading.enumerate())
        places = Places(*range(count["tried"] + 1, count["tried"] + 1 + presses))
        try:
            with places:
                OPERATIONS[name](model)
            if places.count < places.pressed[-1]:  # it came to its end before
                return dict(count)
            count["lost"] += 1
        except KeyboardInterrupt:
            pass
        except Exception:
            count["another error"] += 1
        count["tried"] += 1
        count.update(faults(model, states, threads, blas))


# -- a terminal that closes ------------------------------------------------------------------------------


def hangups(folder, times, seed=0):
    """Close the terminal of a training at random moments of its first epochs; → how many were saved, by exit code."""
    import pty  # Windows has none

    random, count = np.random.default_rng(seed), Counter(tried=0, saved=0)
    for number in range(times):
        out = Path(folder) / f"run-{number}"
        program = [sys.executable, "-m", "tinydnn", "train", "--epochs", "500", "--hidden", "16", "--out", str(out)]
        process, terminal = pty.fork()
        if not process:
            os.execv(program[0], program)
        shown, epoch, more = b"", b"Epoch %d/" % random.integers(2, 10), int(random.integers(0, 20))
        while epoch not in shown or more > 0:
            shown += os.read(terminal, 4096)
            more -= epoch in shown
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        count["tried"] += 1
        count[f"exit code {code}"] += 1
        count["saved"] += all((out / name).exists() for name in ("checkpoint.npz", "model.keras", "history.json"))
    return dict(count)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("operation", choices=[*OPERATIONS, "hangups"])
    parser.add_argument("--times", type=int, help="so many that hit, at random moments; else at each instruction")
    parser.add_argument("--presses", type=int, default=1, help="of Ctrl-C, in a row")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.operation == "hangups":
        with tempfile.TemporaryDirectory() as folder:
            count = hangups(folder, options.times, options.seed)
    elif options.times:
        count = interrupts(options.operation, options.times, options.seed)
    else:
        count = at_each_instruction(options.operation, options.presses)
    print(json.dumps(count))


if __name__ == "__main__":
    main()
