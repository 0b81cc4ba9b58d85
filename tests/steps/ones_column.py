"""Biases are just weights of a constant input, so I append a 1 to each layer's input."""
# net: input=scaled hidden=50 activation=tanh loss=categorical_crossentropy optimizer=sgd learning_rate=0.1
# weights: form=augmented kernel=in,out bias=last-row
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

def add_one(a):
    return np.hstack([a, np.ones((a.shape[0], 1))])

def step(weights, x, y):
    Theta1, Theta2 = weights
    A0 = add_one(x.reshape(x.shape[0], -1) / 255.0)
    H = np.tanh(A0.dot(Theta1))
    A1 = add_one(H)
    Z = A1.dot(Theta2)
    P = np.exp(Z) / np.sum(np.exp(Z), axis=1, keepdims=True)
    m = len(y)
    E2 = P - y
    E1 = E2.dot(Theta2[:-1].T) * (1 - H ** 2)
    Theta2 = Theta2 - 0.1 * A1.T.dot(E2) / m
    Theta1 = Theta1 - 0.1 * A0.T.dot(E1) / m
    return [Theta1, Theta2]
