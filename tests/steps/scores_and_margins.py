"""Two-layer net as in the assignment, with the sgd_momentum rule."""
# net: input=scaled hidden=100 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.01 momentum=0.9 l2=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

reg = 1e-3
configs = {}

def sgd_momentum(w, dw, config):
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    v = config.get("velocity", np.zeros_like(w))
    v = config["momentum"] * v - config["learning_rate"] * dw
    config["velocity"] = v
    return w + v

def loss(W1, b1, W2, b2, X, y):
    N = X.shape[0]
    h = np.maximum(0, X.dot(W1) + b1)
    scores = h.dot(W2) + b2
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    data_loss = -log_probs[np.arange(N), y].sum() / N
    total = data_loss + reg * np.sum(W1 * W1) + reg * np.sum(W2 * W2)
    dscores = np.exp(log_probs)
    dscores[np.arange(N), y] -= 1
    dscores /= N
    dW2 = h.T.dot(dscores) + 2 * reg * W2
    db2 = dscores.sum(axis=0)
    dh = dscores.dot(W2.T)
    dh[h <= 0] = 0
    dW1 = X.T.dot(dh) + 2 * reg * W1
    return total, (dW1, dh.sum(axis=0), dW2, db2)

def step(weights, x, y):
    X = x.reshape(x.shape[0], -1) / 255.0
    _, grads = loss(*weights, X, np.argmax(y, axis=1))
    out = []
    for i, (w, dw) in enumerate(zip(weights, grads)):
        out.append(sgd_momentum(w, dw, configs.setdefault(i, {})))
    return out
