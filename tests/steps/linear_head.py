"""Regress the one-hot vectors with a linear last layer. MSE = average over outputs and samples."""
# net: input=scaled hidden=48,24 activation=tanh loss=mean_squared_error optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

msq = [0., 0., 0., 0., 0., 0.]

def step(weights, x, y):
    Ws, bs = weights[0::2], weights[1::2]
    hs = [x.reshape(x.shape[0], 28*28)/255]
    for k, (W, b) in enumerate(zip(Ws, bs)):
        pre = hs[k].dot(W) + b
        hs.append(pre if k == 2 else np.tanh(pre))
    diff = hs[-1] - y
    delta = diff * 2. / (diff.shape[0] * diff.shape[1])
    dWs, dbs = [], []
    for k in range(2, -1, -1):
        if k < 2:
            delta = delta.dot(Ws[k+1].T) * (1. - hs[k+1]**2)
        dWs = [hs[k].T.dot(delta)] + dWs
        dbs = [delta.sum(axis=0)] + dbs
    new = []
    for i, g in enumerate(g for pair in zip(dWs, dbs) for g in pair):
        msq[i] = .9*msq[i] + .1*g*g
        new.append(weights[i] - .001*g*(msq[i] + 1e-7)**-0.5)
    return new
