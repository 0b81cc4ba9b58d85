"""Work with log-probabilities as long as possible."""
# net: input=scaled hidden=64 activation=tanh loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.003 rho=0.95
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

def logsumexp(a):
    top = a.max(axis=1, keepdims=True)
    return top + np.log(np.sum(np.exp(a - top), axis=1, keepdims=True))

def make_step(lr=3e-3, decay=0.95, epsilon=1e-7):
    running = []
    def step(weights, x, y):
        V, bv, W, bw = weights
        n = float(len(x))
        x = x.reshape(len(x), -1) / 255.0
        h = np.tanh(x @ V + bv)
        logits = h @ W + bw
        log_p = logits - logsumexp(logits)
        g = (np.exp(log_p) - y) / n
        gh = (g @ W.T) * (1.0 - h) * (1.0 + h)
        grads = [x.T @ gh, gh.sum(0), h.T @ g, g.sum(0)]
        if not running:
            running[:] = [np.zeros_like(w) for w in weights]
        for i, d in enumerate(grads):
            running[i] += (1 - decay) * (d * d - running[i])
        return [w - lr * d / np.sqrt(r + epsilon) for w, d, r in zip(weights, grads, running)]
    return step

step = make_step()
