"""Data sets: MNIST comes with tinydnn, the others are downloaded once (mirrors keras/src/datasets)."""

from tinydnn.datasets import boston_housing, california_housing, fashion_mnist, imdb, mnist, reuters
from tinydnn.names import not_offered

__all__ = ["boston_housing", "california_housing", "fashion_mnist", "imdb", "mnist", "reuters"]

__getattr__ = not_offered(__name__, globals())
