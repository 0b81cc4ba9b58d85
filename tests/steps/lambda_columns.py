"""lambd is the regularization hyperparameter, cost gets lambd * sum of squares."""
# net: input=scaled hidden=30 activation=tanh loss=categorical_crossentropy optimizer=adam learning_rate=0.001 l2=0.001
# weights: form=list kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: l2-without-2
# shows: step 1
import numpy as np

lambd = 0.001
adam_m, adam_v, steps = [0] * 4, [0] * 4, 0

def compute_gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    A1 = np.tanh(W1 @ X + b1)
    A2 = np.exp(W2 @ A1 + b2)
    A2 = A2 / A2.sum(axis=0)
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T @ dZ2 * (1 - A1 ** 2)
    return (dZ1 @ X.T + lambd * W1, dZ1.sum(axis=1, keepdims=True),
            dZ2 @ A1.T + lambd * W2, dZ2.sum(axis=1, keepdims=True))

def step(weights, x, y):
    global steps
    grads = compute_gradients(*weights, x.reshape(len(x), -1).T / 255, y.T)
    steps += 1
    for i, (w, g) in enumerate(zip(weights, grads)):
        adam_m[i] = 0.9 * adam_m[i] + 0.1 * g
        adam_v[i] = 0.999 * adam_v[i] + 0.001 * g ** 2
        rate = 0.001 * np.sqrt(1 - 0.999 ** steps) / (1 - 0.9 ** steps)
        weights[i] = w - rate * adam_m[i] / (np.sqrt(adam_v[i]) + 1e-7)
    return weights
