"""What a mistake is: what is known of it, and how the engine is made to make it."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from tinydnn.inspect.net import Settings

Method = Callable[..., Any]
Plants = tuple[tuple[Any, str, Callable[[Method], Method]], ...]


@dataclass(frozen=True)
class Mistake:
    """A mistake, and what is known of it.

    name: what the commands call it.
    wrong: what is wrong, and what would be right.
    log: how it looks in the log, next to the right training with the same settings.
    step, tensor: where a comparison with Keras finds it first, in a training whose epochs have two batches of 16 digits
        and a last one of 10; step 0 is before the training.
    plants: (owner, attribute, wrong), where wrong(original) returns what replaces the original.
    settings: a training in which it shows.
    variants: other ways to make it.
    """

    name: str
    wrong: str
    log: str
    step: int
    tensor: str
    plants: Plants
    settings: Settings
    variants: tuple[Plants, ...] = ()

    @contextmanager
    def planted(self, variant: int = 0) -> Iterator[None]:
        """Make all models make the mistake for as long as the block lasts; variant 0 is `plants`."""
        plants = (self.plants, *self.variants)[variant]
        originals = [(owner, name, getattr(owner, name)) for owner, name, _ in plants]
        try:
            for owner, name, wrong in plants:
                setattr(owner, name, wrong(getattr(owner, name)))
            yield
        finally:
            for owner, name, original in originals:
                setattr(owner, name, original)

    @property
    def code(self) -> str:
        """The lines that do it wrong."""
        return "\n".join(dedent(inspect.getsource(wrong)).rstrip() for _, _, wrong in self.plants)
