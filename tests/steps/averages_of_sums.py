"""ReLU and momentum."""
# net: input=scaled hidden=50 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.01 momentum=0.9
# weights: form=dict keys=W1,b1 kernel=in,out bias=1,n
# dtype: float64
# verdict: wrong
# mistake: momentum-with-1-minus-beta + sum-over-batch
# shows: step 1
import numpy as np

velocity = {}

def step(p, x, y, lr=0.01, beta=0.9):
    X = x.reshape(len(x), -1) / 255
    H = np.maximum(X @ p["W1"] + p["b1"], 0)
    S = H @ p["W2"] + p["b2"]
    E = np.exp(S - S.max(axis=1, keepdims=True))
    dS = E / E.sum(axis=1, keepdims=True) - y
    dH = dS @ p["W2"].T * (H > 0)
    grads = {"W2": H.T @ dS, "b2": dS.sum(axis=0, keepdims=True),
             "W1": X.T @ dH, "b1": dH.sum(axis=0, keepdims=True)}
    for k, g in grads.items():
        velocity[k] = beta * velocity.get(k, 0) + (1 - beta) * g
        p[k] = p[k] - lr * velocity[k]
    return p
