"""Data sets that come with tinydnn."""

from tinydnn.datasets import mnist
from tinydnn.names import not_offered

__all__ = ["mnist"]

__getattr__ = not_offered(__name__, globals())
