"""I read keras/src/optimizers/sgd.py and typed in what it does."""
# net: input=scaled hidden=80,40 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.01 momentum=0.9 nesterov=true
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

momentums = []

def update_step(i, variable, gradient, learning_rate=0.01, momentum=0.9):
    m = momentums[i]
    m[...] = m * momentum - gradient * learning_rate
    return variable + m * momentum - gradient * learning_rate

def step(weights, x, y):
    if not momentums:
        momentums.extend(np.zeros(w.shape) for w in weights)
    acts = [np.reshape(x, (len(x), 784)) * (1 / 255)]
    for k in range(0, 4, 2):
        acts.append(np.maximum(acts[-1] @ weights[k] + weights[k + 1], 0.))
    logits = acts[-1] @ weights[4] + weights[5]
    logits = logits - logits.max(-1, keepdims=True)
    probs = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    delta = (probs - y) / y.shape[0]
    grads = [None] * 6
    for k in (4, 2, 0):
        inp = acts[k // 2]
        grads[k], grads[k + 1] = inp.T @ delta, delta.sum(axis=0)
        delta = (delta @ weights[k].T) * (inp > 0)
    return [update_step(i, w, g) for i, (w, g) in enumerate(zip(weights, grads))]
