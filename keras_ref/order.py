"""The order in which Keras takes the samples."""

from typing import Any

import numpy as np

from keras_ref.engines import floatx, load_reference
from tinydnn.device.backend import Array


def keras_order(n: int, batch_size: int = 512, epochs: int = 1) -> Array:
    """The order in which Keras' fit takes n samples from its present global seed, (epochs * n,)."""
    keras = load_reference()
    taken: list[Array] = []

    class Recorder(keras.Sequential):  # type: ignore[misc, name-defined]
        """Notes the samples of each step, and trains nothing."""

        def train_step(self, *given: Any) -> Any:
            *state, data = given  # a state on JAX alone
            taken.append(np.asarray(data[0])[:, 0].astype(np.int64))
            return ({"loss": 0.0}, *state) if state else {"loss": 0.0}

    with floatx("float64"):  # in float32, sample 2**24 would equal the next
        model = Recorder([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(loss="mse", run_eagerly=True)
        model.fit(np.arange(float(n))[:, None], np.zeros(n), batch_size=batch_size, epochs=epochs, verbose=0)
    return np.concatenate(taken)
