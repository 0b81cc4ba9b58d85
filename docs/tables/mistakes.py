"""The tables and the picture of docs/mistakes.md: `python docs/tables/mistakes.py`; needs Keras, takes some minutes.

Each mistake of the gallery is planted in three trainings: a small one next to Keras, which finds the first tensor that
is off; the walkthrough's, for the log; and the first steps of that, from which the diagnosis has to name it.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_ref import parity
from keras_ref.tolerances import TRAINING, WALKTHROUGH
from tinydnn import callbacks, datasets, utils
from tinydnn.inspect import diagnosis, figures, mistakes, net
from tinydnn.inspect.diagnosis import Diagnosis, Step
from tinydnn.inspect.differences import NOT_COMPARABLE
from tinydnn.inspect.mistakes import GALLERY, Mistake

SEED, EPOCHS, BATCH_SIZE, STEPS = 42, 10, 512, 3
PICTURE = Path(__file__).resolve().parents[1] / "mistakes.png"


class _There(Exception):  # noqa: N818  # no error: the training has come to the step
    pass


class _Until(callbacks.Callback):
    """Ends a training by an exception before its step of this number, counted from 1; keeps the batches from there."""

    def __init__(self, number: int) -> None:
        self._left = number

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._left -= 1
        if self._left == 0:
            feed = self.model.training.feed
            starts = range(batch * feed.batch_size, len(feed.order), feed.batch_size)
            rows = [feed.order[i : i + feed.batch_size] for i in starts]
            self.batches = [(feed.data.x[each], feed.data.targets[each]) for each in rows]
            raise _There


def steps_with(mistake: Mistake, settings: net.Settings, x: Any, y: Any, batch_size: int) -> list[Step]:
    """The first three steps of a training on these digits, with the mistake; one that begins later, from there."""
    an_epoch = -(-int(len(x) * (1 - net.VALIDATION_SPLIT)) // batch_size)
    number = {"last-batch-wrong-n": an_epoch, "reshuffled-differently": an_epoch + 1}.get(mistake.name, 1)
    until = _Until(number)
    with mistake.planted():
        utils.set_random_seed(SEED)
        model = net.make_model(replace(settings, threads=1))  # another thread would be another batch to a mistake
        try:
            model.fit(
                x, utils.to_categorical(y, 10), batch_size, epochs=2, verbose=0, callbacks=[until],
                validation_split=net.VALIDATION_SPLIT,
            )  # fmt: skip
        except _There:
            batches = until.batches[: STEPS if number == 1 else 1]
            taken = [diagnosis.record(model, *batch, batch_size=batch_size, seed=SEED) for batch in batches]
            slots = {} if number == 1 else taken[0].slots  # the mistake may be in those from before the first step
            return [replace(step, number=number + i, slots=slots) for i, step in enumerate(taken)]
    raise AssertionError(f"{mistake.name}: the training ended before step {number}")


def diagnosed(mistake: Mistake, settings: net.Settings, x: Any, y: Any, batch_size: int) -> Diagnosis:
    """What the diagnosis says of these steps."""
    steps = steps_with(mistake, settings, x, y, batch_size)
    utils.set_random_seed(SEED)
    model = net.make_model(settings)
    return diagnosis.diagnose(model, steps, x, net.VALIDATION_SPLIT)


def compared(mistake: Mistake, x: Any, y: Any) -> parity.Beyond:
    """Where a comparison with Keras finds it first: on 60 digits, in batches of 16, 16 and 10."""
    settings = replace(mistake.settings, hidden=(12,) if mistake.settings.hidden else ())
    with mistake.planted():
        report = parity.compare(
            lambda keras: net.complete(keras, keras.models.Sequential(), settings),
            x[:60],
            utils.to_categorical(y[:60], 10),
            epochs=2,
            batch_size=16,
            validation_split=0.3,
            tolerance=WALKTHROUGH if settings.optimizer == "rmsprop" else TRAINING,
        )
    assert report.beyond is not None, f"{mistake.name} was not found"
    return report.beyond


def _size(beyond: parity.Beyond, mistake: Mistake) -> str:
    if beyond.difference == NOT_COMPARABLE:
        return "NaN" if mistake.settings == mistakes.LOUD else "another dtype"
    relative = beyond.difference.relative
    if relative >= 10:
        return f"{relative:.0f} times"
    return f"{relative:.1%}" if relative > 0.001 else f"{relative:.1g}"


def _last(log: dict[str, list[float]], name: str) -> str:
    return f"{log[name][-1]:.4f}" if log else "NaN"


def print_where_they_are_found(x: Any, y: Any) -> None:
    """The first table."""
    print("| mistake | first found | by how much | named from its steps |")
    print("| --- | --- | --- | --- |")
    for mistake in GALLERY:
        beyond, found = compared(mistake, x, y), diagnosed(mistake, mistake.settings, x, y, BATCH_SIZE)
        others = [name for name in found.named if name != mistake.name]
        named = "yes" if mistake.name in found.named else "as a note" if found.right and found.notes else "no"
        named += f", or {', '.join(others)}" if others else ""
        size = _size(beyond, mistake)
        print(f"| {mistake.name} | step {beyond.step}, {beyond.tensor} | {size} | {named} |", flush=True)


def print_logs(x: Any, y: Any) -> None:
    """The second table, and the picture."""
    print("| mistake | what is wrong | in the log | loss, right and wrong | validation accuracy, right and wrong |")
    print("| --- | --- | --- | --- | --- |")
    curves, right = {}, {}
    for mistake in GALLERY:
        settings = mistake.settings
        if str(settings) not in right:
            right[str(settings)] = mistakes.log_of(None, settings, x, y, EPOCHS, SEED)
        pair = right[str(settings)], mistakes.log_of(mistake, settings, x, y, EPOCHS, SEED)
        curves[mistake.name] = pair[0]["loss"], pair[1].get("loss", [])
        cells = [", ".join(_last(log, name) for log in pair) for name in ("loss", "val_accuracy")]
        print(f"| {mistake.name} | {mistake.wrong} | {mistake.log} | {' | '.join(cells)} |", flush=True)
    PICTURE.write_bytes(figures.png(figures.side_by_side(curves)))


def main() -> None:
    """Print the tables, and draw the picture."""
    (x, y), _ = datasets.mnist.load_data()
    print_where_they_are_found(x, y)
    print()
    print_logs(x, y)


if __name__ == "__main__":
    main()
