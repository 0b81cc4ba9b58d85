"""No mutation anywhere except for the one line that keeps the optimizer's state."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
from typing import NamedTuple
import numpy as np

class Params(NamedTuple):
    hidden1_kernel: np.ndarray
    hidden1_bias: np.ndarray
    hidden2_kernel: np.ndarray
    hidden2_bias: np.ndarray
    output_kernel: np.ndarray
    output_bias: np.ndarray

state = Params(0., 0., 0., 0., 0., 0.)

def logistic(z: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-z))

def grad(p: Params, x: np.ndarray, y: np.ndarray) -> Params:
    h1 = logistic(x @ p.hidden1_kernel + p.hidden1_bias)
    h2 = logistic(h1 @ p.hidden2_kernel + p.hidden2_bias)
    logits = h2 @ p.output_kernel + p.output_bias
    unnormalised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    dlogits = (unnormalised / unnormalised.sum(axis=-1, keepdims=True) - y) / x.shape[0]
    dh2 = h2 * (1.0 - h2) * (dlogits @ p.output_kernel.T)
    dh1 = h1 * (1.0 - h1) * (dh2 @ p.hidden2_kernel.T)
    return Params(x.T @ dh1, dh1.sum(axis=0), h1.T @ dh2, dh2.sum(axis=0), h2.T @ dlogits, dlogits.sum(axis=0))

def step(weights, x, y):
    global state
    p = Params(*weights)
    g = grad(p, x.reshape(x.shape[0], -1) / 255.0, y)
    state = Params(*(0.9 * s + 0.1 * np.square(d) for s, d in zip(state, g)))
    return Params(*(w - 1e-3 * d / np.sqrt(s + 1e-7) for w, d, s in zip(p, g, state)))
