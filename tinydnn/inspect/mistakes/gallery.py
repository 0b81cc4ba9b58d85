"""All known mistakes."""

from tinydnn.inspect.mistakes import (
    of_adam,
    of_adaptive_rates,
    of_data,
    of_derivatives,
    of_dropout,
    of_layers,
    of_losses,
    of_updates,
)
from tinydnn.inspect.mistakes.mistake import Mistake
from tinydnn.names import lookup

GALLERY = (
    *of_losses.MISTAKES, *of_derivatives.MISTAKES, *of_layers.MISTAKES, *of_dropout.MISTAKES,
    *of_updates.MISTAKES, *of_adaptive_rates.MISTAKES, *of_adam.MISTAKES, *of_data.MISTAKES,
)  # fmt: skip

_BY_NAME = {mistake.name: mistake for mistake in GALLERY}


def find(name: str) -> Mistake:
    """The mistake of this name.

    Raises:
        ValueError: the gallery has no such mistake.
    """
    return lookup("mistake", name, _BY_NAME)
