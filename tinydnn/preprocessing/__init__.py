"""Preparing data, under Keras' older names (mirrors keras.preprocessing)."""

from tinydnn.names import not_offered
from tinydnn.preprocessing import sequence

__all__ = ["sequence"]

__getattr__ = not_offered(__name__, globals())
