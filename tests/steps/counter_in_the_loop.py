"""Adam with the loop over the parameters written out."""
# net: input=scaled hidden=20 activation=relu loss=binary_crossentropy optimizer=adam learning_rate=0.001 outputs=1
# dtype: float64
# verdict: wrong
# mistake: adam-t-per-layer
# shows: step 1
import numpy as np

ms, vs = [0, 0, 0, 0], [0, 0, 0, 0]
t = 0

def step(weights, x, y):
    global t
    x = x.reshape(len(x), 784) / 255.0
    pre = x @ weights[0] + weights[1]
    hid = np.maximum(pre, 0)
    out = 1 / (1 + np.exp(-(hid @ weights[2] + weights[3])))
    dout = (out - y) / len(y)
    dhid = dout @ weights[2].T * (pre > 0)
    grads = [x.T @ dhid, dhid.sum(axis=0), hid.T @ dout, dout.sum(axis=0)]
    new = []
    for i, (w, g) in enumerate(zip(weights, grads)):
        t += 1
        ms[i] = 0.9 * ms[i] + (1 - 0.9) * g
        vs[i] = 0.999 * vs[i] + (1 - 0.999) * g * g
        lr = 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        new.append(w - lr * ms[i] / (np.sqrt(vs[i]) + 1e-7))
    return new
