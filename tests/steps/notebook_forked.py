"""Forked and simplified: tanh for the hidden layer."""
# net: input=scaled hidden=20 activation=tanh loss=categorical_crossentropy optimizer=sgd learning_rate=0.01
# weights: form=list kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: one-number-for-all-biases + sum-over-batch
# shows: step 1
import numpy as np

def backward_prop(A1, A2, W2, X, Y):
    dZ2 = A2 - Y
    dZ1 = W2.T.dot(dZ2) * (1 - A1 ** 2)
    return dZ1.dot(X.T), np.sum(dZ1), dZ2.dot(A1.T), np.sum(dZ2)

def step(weights, x, y, alpha=0.01):
    W1, b1, W2, b2 = weights
    X = x.reshape(len(x), -1).T / 255.
    A1 = np.tanh(W1.dot(X) + b1)
    Z2 = W2.dot(A1) + b2
    A2 = np.exp(Z2) / np.sum(np.exp(Z2), axis=0)
    dW1, db1, dW2, db2 = backward_prop(A1, A2, W2, X, y.T)
    W1 = W1 - alpha * dW1
    b1 = b1 - alpha * db1
    W2 = W2 - alpha * dW2
    b2 = b2 - alpha * db2
    return [W1, b1, W2, b2]
