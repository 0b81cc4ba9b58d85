"""What scripts ask of keras.backend: settings, and names numbered anew (mirrors keras/backend)."""

import gc

from tinydnn.config import floatx, set_floatx
from tinydnn.losses.loss import EPSILON
from tinydnn.names import not_offered, number_anew

__all__ = ["clear_session", "epsilon", "floatx", "image_data_format", "set_floatx"]


def clear_session(free_memory: bool = True) -> None:
    """Number layers and models from the beginning again; models that nobody has any more are freed.

    Mirrors keras/src/backend/common/global_state.py.
    """
    number_anew()
    if free_memory:
        gc.collect()


def epsilon() -> float:
    """How far losses keep probabilities from 0 and 1: 1e-7."""
    return EPSILON


def image_data_format() -> str:
    """Where the channels of an image are: "channels_last"."""
    return "channels_last"


__getattr__ = not_offered(__name__, globals())
