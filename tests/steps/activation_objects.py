"""Activations as objects like in that ML-from-scratch repository."""
# net: input=scaled hidden=64 activation=sigmoid loss=categorical_crossentropy optimizer=sgd learning_rate=0.1 momentum=0.9
# dtype: float32
# verdict: wrong
# mistake: sigmoid-derivative-at-a
# shows: step 1
import numpy as np

class Sigmoid:
    def __call__(self, x):
        return 1 / (1 + np.exp(-x))

    def gradient(self, x):
        return self.__call__(x) * (1 - self.__call__(x))

act, moves = Sigmoid(), [0, 0, 0, 0]

def step(weights, x, y):
    W, w0, V, v0 = weights
    X = x.reshape(len(x), -1).astype(np.float32) / 255
    hidden_output = act(X.dot(W) + w0)
    logits = hidden_output.dot(V) + v0
    e_x = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    grad_out = (e_x / np.sum(e_x, axis=-1, keepdims=True) - y.astype(np.float32)) / np.float32(len(x))
    grad_hidden = grad_out.dot(V.T) * act.gradient(hidden_output)
    for i, g in enumerate([X.T.dot(grad_hidden), grad_hidden.sum(0), hidden_output.T.dot(grad_out), grad_out.sum(0)]):
        moves[i] = 0.9 * moves[i] - 0.1 * g
    return [p + m for p, m in zip(weights, moves)]
