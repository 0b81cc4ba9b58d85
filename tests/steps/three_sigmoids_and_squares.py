"""Functions for each stage; sigmoid'(x) = sigmoid(x)(1 - sigmoid(x)); RMSprop."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: sigmoid-derivative-at-a + rmsprop-epsilon-outside-root
# shows: step 1
import numpy as np

G = [0.0] * 6

def s(x): return 1 / (1 + np.exp(-x))
def ds(x): return s(x) * (1 - s(x))

def run(weights, x):
    o1 = s(x @ weights[0] + weights[1])
    o2 = s(o1 @ weights[2] + weights[3])
    o3 = np.exp(o2 @ weights[4] + weights[5])
    return o1, o2, o3 / o3.sum(axis=1, keepdims=True)

def step(weights, x, y):
    x = x.reshape(len(x), 784) / 255.0
    o1, o2, o3 = run(weights, x)
    e3 = (o3 - y) / len(y)
    e2 = ds(o2) * (e3 @ weights[4].T)
    e1 = ds(o1) * (e2 @ weights[2].T)
    grads = [x.T @ e1, e1.sum(axis=0), o1.T @ e2, e2.sum(axis=0), o2.T @ e3, e3.sum(axis=0)]
    for i, g in enumerate(grads):
        G[i] = 0.9 * G[i] + 0.1 * g ** 2
    return [w - 0.001 * g / (np.sqrt(m) + 1e-7) for w, g, m in zip(weights, grads, G)]
