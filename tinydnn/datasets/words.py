"""Texts as lists of word numbers: shuffled, cut and renumbered as Keras does it for imdb and reuters."""

import json
from typing import Any

import numpy as np

from tinydnn.datasets import tables
from tinydnn.device.backend import Array
from tinydnn.files import npz
from tinydnn.files.whole import FileFormatError

Texts = list[list[int]]


def read(path: str, *names: tuple[str, str]) -> list[tuple[Texts, Array]]:
    """Texts and labels (n,) under each of these pairs of names in an .npz file.

    Raises:
        FileFormatError: the file is damaged or of another kind.
    """
    with npz.opened(path) as archive:
        pairs = [(npz.read_lists(archive, x), npz.read(archive, y)) for x, y in names]
    for texts, labels in pairs:
        if labels.shape != (len(texts),):
            raise FileFormatError(f"{path}: expected a label for each of {len(texts)} texts. Found: {labels.shape}")
    return pairs


def shuffled(texts: Texts, labels: Array, generator: "np.random.RandomState") -> tuple[Texts, Array]:
    """The texts and their labels in an order that the generator draws."""
    order = tables.shuffled(len(texts), generator)
    return [texts[i] for i in order], labels[order]


def started(texts: Texts, start_char: int | None, index_from: int) -> Texts:
    """The texts with every word number raised by index_from, after start_char unless that is None."""
    start = [] if start_char is None else [start_char]
    return [start + [word + index_from for word in text] for text in texts]


def shorter(texts: Texts, labels: Array, maxlen: int | None) -> tuple[Texts, Array]:
    """The texts of fewer than maxlen numbers; all if it is None or 0.

    Raises:
        ValueError: there is none.
    """
    if not maxlen:
        return texts, labels
    kept = [i for i, text in enumerate(texts) if len(text) < maxlen]
    if not kept:
        raise ValueError(f"maxlen={maxlen} keeps texts of fewer numbers, and there is none; raise it")
    return [texts[i] for i in kept], labels[kept]


def frequent(texts: Texts, num_words: int | None, skip_top: int, oov_char: int | None) -> Texts:
    """The texts with the word numbers from skip_top to num_words - 1; oov_char stands for others, or nothing if None.

    Without num_words, the largest number is left out too, as in Keras.
    """
    high = num_words or max(max(text, default=0) for text in texts)
    if oov_char is None:
        return [[word for word in text if skip_top <= word < high] for text in texts]
    return [[word if skip_top <= word < high else oov_char for word in text] for text in texts]


def as_array(texts: Texts) -> Array:
    """An array of lists, (n,); of numbers, (n, length), if all have one length, as NumPy does it for Keras."""
    return np.array(texts, dtype=object)


def read_index(path: str) -> dict[str, Any]:
    """A dict of words and their numbers, in a JSON file.

    Raises:
        FileFormatError: the file is damaged or of another kind.
    """
    try:
        with open(path, encoding="utf-8") as file:
            index = json.load(file)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: expected JSON: {error}") from None
    if not isinstance(index, dict) or not {int}.issuperset(map(type, index.values())):
        raise FileFormatError(f"{path}: expected words and their whole numbers. Found: something else")
    return index
