"""One adam_update for all; the moments are kept in dicts."""
# net: input=scaled hidden=64 activation=sigmoid loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: adam-t-never-grows
# shows: step 2
import numpy as np

M, R = {}, {}

def adam_update(name, w, dw, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7, t=1):
    M[name] = beta1 * M.get(name, 0) + (1 - beta1) * dw
    R[name] = beta2 * R.get(name, 0) + (1 - beta2) * dw * dw
    alpha = lr * np.sqrt(1 - beta2 ** t) / (1 - beta1 ** t)
    return w - alpha * M[name] / (np.sqrt(R[name]) + eps)

def step(weights, x, y):
    wh, bh, wo, bo = weights
    xs = x.reshape(x.shape[0], -1) / 255
    hidden = 1 / (1 + np.exp(-xs @ wh - bh))
    out = np.exp(hidden @ wo + bo)
    out /= out.sum(axis=1, keepdims=True)
    do = (out - y) / len(y)
    dh = do @ wo.T * hidden * (1 - hidden)
    return [adam_update("wh", wh, xs.T @ dh), adam_update("bh", bh, dh.sum(axis=0)),
            adam_update("wo", wo, hidden.T @ do), adam_update("bo", bo, do.sum(axis=0))]
