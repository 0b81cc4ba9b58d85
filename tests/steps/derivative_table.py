"""f and f_prime as two dictionaries, so that I can swap the activation."""
# net: input=scaled hidden=50 activation=sigmoid loss=categorical_crossentropy optimizer=sgd learning_rate=0.1
# dtype: float64
# verdict: wrong
# mistake: sigmoid-derivative-from-z
# shows: step 1
import numpy as np

f = {"sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": lambda z: np.tanh(z)}
f_prime = {"sigmoid": lambda z: z * (1 - z), "tanh": lambda z: 1 - np.tanh(z) ** 2}
hidden_activation = "sigmoid"

def step(weights, x, y):
    W1, b1, W2, b2 = weights
    X = x.reshape(len(x), -1) / 255
    Z1 = X @ W1 + b1
    A1 = f[hidden_activation](Z1)
    Z2 = A1 @ W2 + b2
    A2 = np.exp(Z2) / np.exp(Z2).sum(axis=1, keepdims=True)
    dZ2 = (A2 - y) / len(X)
    dZ1 = (dZ2 @ W2.T) * f_prime[hidden_activation](Z1)
    return [W1 - 0.1 * X.T @ dZ1, b1 - 0.1 * dZ1.sum(axis=0), W2 - 0.1 * A1.T @ dZ2, b2 - 0.1 * dZ2.sum(axis=0)]
