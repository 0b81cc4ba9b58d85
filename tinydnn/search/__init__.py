"""A search for good settings, on Optuna: which layers, which optimizer, which learning rate.

`tinydnn search` is built of this room. For programs of one's own there is the callback that ends trials without hope:

study.optimize(lambda trial: … model.fit(…, callbacks=[tinydnn.search.PruningCallback(trial)]) …)
"""

from tinydnn.search.pruning import PruningCallback

__all__ = ["PruningCallback"]
