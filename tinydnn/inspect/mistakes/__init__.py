"""The gallery of classic mistakes: the known ways in which a re-implementation of Keras goes wrong.

Each mistake is a few lines that replace a method of the engine for as long as a `with` block lasts:

    with mistakes.find("gradient-summed").planted():
        model.fit(x, y)

The engine knows nothing of them. They work with NumPy, not with a GPU's kernels.
"""

from tinydnn.inspect.mistakes.gallery import GALLERY, find
from tinydnn.inspect.mistakes.mistake import Mistake
from tinydnn.inspect.mistakes.training import LOUD, SCALED, log_of

__all__ = ["GALLERY", "LOUD", "SCALED", "Mistake", "find", "log_of"]
