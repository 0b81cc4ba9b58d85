"""pytest benchmarks: one step of the walkthrough's net, by its parts."""

import pytest


def test_gather(benchmark, engine):
    """512 of 48,000 rows of float32, in random order."""
    benchmark(engine.gather)


def test_forward(benchmark, engine):
    """With the gather."""
    benchmark(engine.forward)


def test_forward_and_backward(benchmark, engine):
    """With the gather, and the loss in between."""
    benchmark(engine.forward_and_backward)


def test_backward(benchmark, engine):
    """Alone, from what a forward has left; tinydnn's only."""
    if not hasattr(engine, "backward"):
        pytest.skip("only together with its forward")
    engine.forward_and_backward()
    benchmark(engine.backward)


def test_update(benchmark, engine):
    """The optimizer's alone; it uses its gradient up, so each round gets a new one."""
    benchmark.pedantic(engine.update, setup=engine.forward_and_backward, rounds=200, warmup_rounds=5)


def test_step(benchmark, engine):
    """All of it."""
    benchmark(engine.step)
