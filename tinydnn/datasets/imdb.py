"""IMDB: 50,000 reviews of films, good or bad, as lists of word numbers (mirrors keras/src/datasets/imdb.py)."""

from os import PathLike

import numpy as np

from tinydnn.datasets import cache, words
from tinydnn.datasets.mnist import Split
from tinydnn.names import not_offered

__all__ = ["get_word_index", "load_data"]

_SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
_INDEX_MD5 = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: str | PathLike[str] = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int | None = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Split, Split]:
    """((x_train, y_train), (x_test, y_test)): reviews (n,), each a list of word numbers, and labels (n,), 1 for good.

    The more often a word occurs, the smaller its number. 0 is for padding.

    Args:
        path: the file's name in Keras' folder of data sets, or with a folder before it, a file of one's own.
        num_words: numbers below it are kept; None keeps all but the largest.
        skip_top: numbers from it are kept.
        maxlen: reviews of fewer numbers are kept; None keeps all.
        seed: of the order of the reviews.
        start_char: what a review begins with; None for nothing.
        oov_char: what stands for a number that is not kept; None for nothing.
        index_from: added to each number, to make room for the other three.

    Raises:
        ValueError: maxlen keeps no review.
        OSError: the file is not there, and can't be downloaded.
        FileFormatError: the file is damaged or of another kind. Nothing is unpickled.
    """
    file = cache.find(path, "imdb.npz", _SHA256)
    halves, generator = [], np.random.RandomState(seed)  # one for both
    for texts, labels in words.read(file, ("x_train", "y_train"), ("x_test", "y_test")):
        texts, labels = words.shuffled(texts, labels, generator)
        halves.append(words.shorter(words.started(texts, start_char, index_from), labels, maxlen))
    (train, y_train), (test, y_test) = halves
    texts = words.frequent(train + test, num_words, skip_top, oov_char)
    n = len(train)
    return (words.as_array(texts[:n]), y_train), (words.as_array(texts[n:]), y_test)


def get_word_index(path: str | PathLike[str] = "imdb_word_index.json") -> dict[str, int]:
    """A dict of the words and their numbers, before load_data adds index_from.

    Raises:
        OSError: the file is not there, and can't be downloaded.
        FileFormatError: the file is damaged or of another kind.
    """
    return words.read_index(cache.find(path, "imdb_word_index.json", _INDEX_MD5))


__getattr__ = not_offered(__name__, globals())
