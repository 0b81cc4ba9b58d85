"""Reuters: 11,228 newswires of 46 topics, as lists of word numbers (mirrors keras/src/datasets/reuters.py)."""

from os import PathLike

import numpy as np

from tinydnn.datasets import cache, words
from tinydnn.datasets.mnist import Split
from tinydnn.names import not_offered

__all__ = ["get_label_names", "get_word_index", "load_data"]

_SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
_INDEX_MD5 = "4d44cc38712099c9e383dc6e5f11a921"
_TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass "
    "crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi "
    "iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str | PathLike[str] = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int | None = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Split, Split]:
    """((x_train, y_train), (x_test, y_test)): newswires (n,), each a list of word numbers, and topics (n,), 0 .. 45.

    The more often a word occurs, the smaller its number. 0 is for padding.

    Args:
        path: the file's name in Keras' folder of data sets, or with a folder before it, a file of one's own.
        num_words: numbers below it are kept; None keeps all but the largest.
        skip_top: numbers from it are kept.
        maxlen: newswires of fewer numbers are kept; None keeps all.
        test_split: the share that is for tests.
        seed: of the order of the newswires.
        start_char: what a newswire begins with; None for nothing.
        oov_char: what stands for a number that is not kept; None for nothing.
        index_from: added to each number, to make room for the other three.

    Raises:
        ValueError: no such split, or maxlen keeps no newswire.
        OSError: the file is not there, and can't be downloaded.
        FileFormatError: the file is damaged or of another kind. Nothing is unpickled.
    """
    if not 0 <= test_split <= 1:
        raise ValueError(f"test_split expects a number from 0 to 1. Received: {test_split!r}")
    file = cache.find(path, "reuters.npz", _SHA256)
    ((texts, labels),) = words.read(file, ("x", "y"))
    texts, labels = words.shuffled(texts, labels, np.random.RandomState(seed))
    texts, labels = words.shorter(words.started(texts, start_char, index_from), labels, maxlen)
    texts = words.frequent(texts, num_words, skip_top, oov_char)
    at = int(len(texts) * (1 - test_split))
    return (words.as_array(texts[:at]), labels[:at]), (words.as_array(texts[at:]), labels[at:])


def get_word_index(path: str | PathLike[str] = "reuters_word_index.json") -> dict[str, int]:
    """A dict of the words and their numbers, before load_data adds index_from.

    Raises:
        OSError: the file is not there, and can't be downloaded.
        FileFormatError: the file is damaged or of another kind.
    """
    return words.read_index(cache.find(path, "reuters_word_index.json", _INDEX_MD5))


def get_label_names() -> tuple[str, ...]:
    """The names of the topics 0 to 45."""
    return tuple(_TOPICS.split())


__getattr__ = not_offered(__name__, globals())
