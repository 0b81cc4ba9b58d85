"""PyDataset: batches that a class of the user's makes one by one (mirrors keras/src/trainers/data_adapters)."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from tinydnn.missing import Offered


class PyDataset(Offered):
    """The base of data sets that give a whole batch by its number: derive from it, and pass an instance as fit's x.

    `dataset[i]` is batch i as x, (x,), (x, y) or (x, y, sample_weight), and `len(dataset)` the number of batches;
    `num_batches` None makes it endless. `on_epoch_begin` and `on_epoch_end` may change what it gives. Mirrors
    keras/src/trainers/data_adapters/py_dataset_adapter.py: before a training begins, its first two batches are looked
    at, and `on_epoch_end` is called once.

    Args:
        workers, use_multiprocessing, max_queue_size: make no difference, since they change no batch; each is made in
            the training's own thread when its turn comes.
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    def __getitem__(self, index: int) -> Any:
        """Batch number `index`, from 0."""
        raise NotImplementedError(f"{type(self).__name__} needs a __getitem__(self, index) that returns a batch")

    @property
    def num_batches(self) -> int | None:
        """How many batches there are; None where they never end."""
        if hasattr(type(self), "__len__"):
            return len(self)  # type: ignore[arg-type]
        raise NotImplementedError(f"{type(self).__name__} needs a __len__(self) that returns the number of batches")

    def __iter__(self) -> Iterator[Any]:
        """All batches, in order."""
        batches = self.num_batches
        return (self[i] for i in (count() if batches is None else range(batches)))

    def on_epoch_begin(self) -> None:
        """Called at the beginning of every epoch."""

    def on_epoch_end(self) -> None:
        """Called at the end of every epoch."""
