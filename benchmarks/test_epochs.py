"""pytest benchmarks: an epoch of the walkthrough's training by `fit`, without validation."""

import numpy as np

from benchmarks.task import OUTPUTS


def test_epoch(benchmark, engine, task):
    """With what `fit` does before its first step."""
    x, labels = task.data()
    y = np.eye(OUTPUTS, dtype=task.dtype)[labels]

    def epoch():
        engine.model.fit(x, y, batch_size=task.batch_size, verbose=0)

    benchmark.pedantic(epoch, rounds=5, warmup_rounds=1)
