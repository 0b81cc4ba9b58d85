"""What a net made of some digits: which digit it took for which, and which were the hardest."""

from dataclasses import dataclass

import numpy as np

from tinydnn.device.backend import Array


@dataclass(frozen=True)
class Findings:
    """Predictions, and the labels they should match.

    probabilities: (n, 10).
    labels: (n,).
    """

    probabilities: Array
    labels: Array

    @property
    def predicted(self) -> Array:
        """The digit that each was taken for, (n,): the most probable one."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> Array:
        """The probability of the predicted digit, (n,)."""
        return self.probabilities.max(axis=1)

    @property
    def right(self) -> Array:
        """Whether the predicted digit is the label, (n,)."""
        return self.predicted == self.labels

    @property
    def confusion(self) -> Array:
        """How often digit i was taken for digit j, (10, 10)."""
        classes = self.probabilities.shape[1]
        return np.bincount(self.labels * classes + self.predicted, minlength=classes**2).reshape(classes, classes)

    def hardest_right(self) -> Array:
        """The numbers of the recognised digits, the least sure first."""
        return self._by_confidence(self.right)

    def unsure_mistakes(self) -> Array:
        """The numbers of the mistaken digits, the least sure first."""
        return self._by_confidence(~self.right)

    def confident_mistakes(self) -> Array:
        """The numbers of the mistaken digits, the surest first."""
        return self._by_confidence(~self.right)[::-1]

    def cell(self, label: int, predicted: int) -> Array:
        """The numbers of the digits with this label that were taken for that one, the least sure first."""
        return self._by_confidence((self.labels == label) & (self.predicted == predicted))

    def says(self, i: int) -> str:
        """What digit number i is and what it was taken for, in words."""
        label, predicted = int(self.labels[i]), int(self.predicted[i])
        sure = f"{self.confidence[i]:.2%}"
        if label == predicted:
            return f"a {label}, recognised with {sure}"
        return f"a {label}, taken for a {predicted} with {sure}; {self.probabilities[i, label]:.2%} for {label}"

    def _by_confidence(self, which: Array) -> Array:
        found = np.flatnonzero(which)
        return found[np.argsort(self.confidence[found], kind="stable")]
