"""The search for the mistakes that explain steps: one of the gallery, then one with a factor, then two."""

import itertools
from collections.abc import Iterable, Sequence
from functools import cached_property

from tinydnn.inspect.diagnosis.findings import Gap
from tinydnn.inspect.diagnosis.lengths import explained
from tinydnn.inspect.diagnosis.retake import NEAR, Look, Planted, Retake
from tinydnn.inspect.diagnosis.step import Step
from tinydnn.inspect.mistakes import GALLERY, Mistake
from tinydnn.models import Model

_SEEN_BEFORE = "zero-initial-weights", "float64-creeping-in", "split-after-shuffling", "reshuffled-differently"
OF_A_STEP = tuple(mistake for mistake in GALLERY if mistake.name not in _SEEN_BEFORE)
_SINGLES: list[Planted] = [[(mistake, i)] for mistake in OF_A_STEP for i in range(1 + len(mistake.variants))]
_FACTORS = "uphill", "last-batch-wrong-n", "divided-twice"  # a factor says it as well
_MOST_PAIRS = 400

Explanations = list[tuple[Mistake, ...]]


def all_within(gaps: list[list[Gap]]) -> bool:
    """Whether roundings explain all differences."""
    return all(gap.within for each in gaps for gap in each)


class Search:
    """Looks for mistakes with which Keras' steps end at somebody's weights.

    Args:
        count: how many steps there are up to the first that is off.
    """

    def __init__(self, retake: Retake, model: Model, steps: Sequence[Step], count: int) -> None:
        self._retake, self._model, self._steps, self._count = retake, model, steps, count
        self._rough = retake.gaps()
        self._without = self._look(())

    def singles(self) -> Explanations:
        """Mistakes that explain the steps by themselves."""
        return self._confirmed(planted for planted, look in self._looks if look.misses < NEAR)

    def factor(self) -> Explanations:
        """A factor in the length of the steps that explains them."""
        return self._confirmed(self._with_factor(()))

    def with_factor(self) -> Explanations:
        """Mistakes that explain the steps together with a factor."""
        near = [planted for planted, look in self._looks if look.scaled < NEAR and planted[0][0].name not in _FACTORS]
        return self._confirmed(each for planted in near for each in self._with_factor(planted))

    def pairs(self) -> Explanations:
        """Two mistakes that explain the steps together, or two and a factor."""
        concerned = [(planted, look) for planted, look in self._looks if look != self._without]
        concerned.sort(key=lambda each: -each[1].right)  # the nearer one of them comes, the more it explains
        pairs = [
            [*one, *other]
            for (one, _), (other, _) in itertools.combinations(concerned, 2)
            if one[0][0] is not other[0][0]
        ][:_MOST_PAIRS]
        looks = [(pair, self._look(pair)) for pair in pairs]
        found = self._confirmed(pair for pair, look in looks if look.misses < NEAR)
        return found or self._confirmed(
            each for pair, look in looks if look.scaled < NEAR for each in self._with_factor(pair)
        )

    @cached_property
    def _looks(self) -> list[tuple[Planted, Look]]:
        return [(planted, self._look(planted)) for planted in _SINGLES]

    def _look(self, planted: Planted) -> Look:
        return self._retake.look(planted, self._count, self._rough)

    def _with_factor(self, planted: Planted) -> list[Planted]:
        factor = explained(self._retake.factors(planted), self._model, self._steps, decays=not planted)
        return [[*planted, (factor, 0)]] if factor else []

    def _confirmed(self, candidates: Iterable[Planted]) -> Explanations:
        """Those that explain the steps within roundings, each once."""
        found = {}
        for planted in candidates:
            names = tuple(mistake.name for mistake, _ in planted)
            if names not in found and all_within(self._retake.gaps(planted)):
                found[names] = tuple(mistake for mistake, _ in planted)
        return list(found.values())


def explanations(searches: Sequence[Search], pairs: bool) -> Explanations:
    """The simplest explanations that any of the searches finds; pairs take long, so the first alone looks for them."""
    for kind in (Search.singles, Search.factor, Search.with_factor):
        for search in searches:
            if found := kind(search):
                return found
    return searches[0].pairs() if pairs else []
