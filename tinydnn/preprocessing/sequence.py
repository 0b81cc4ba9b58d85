"""Sequences, under Keras' older name for what is in utils."""

from tinydnn.names import not_offered
from tinydnn.utils import pad_sequences

__all__ = ["pad_sequences"]

__getattr__ = not_offered(__name__, globals())
