"""Simple MNIST NN from scratch, only numpy and maths."""
# net: input=scaled hidden=10 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.1
# weights: form=list kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: one-number-for-all-biases
# shows: step 1
import numpy as np

def ReLU(Z):
    return np.maximum(Z, 0)

def softmax(Z):
    return np.exp(Z) / sum(np.exp(Z))

def ReLU_deriv(Z):
    return Z > 0

def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = ReLU(Z1)
    Z2 = W2.dot(A1) + b2
    return Z1, A1, Z2, softmax(Z2)

def backward_prop(Z1, A1, A2, W2, X, one_hot_Y):
    m = X.shape[1]
    dZ2 = A2 - one_hot_Y
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2)
    dZ1 = W2.T.dot(dZ2) * ReLU_deriv(Z1)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1)
    return dW1, db1, dW2, db2

def step(weights, x, y):
    W1, b1, W2, b2 = weights
    X = x.reshape(len(x), 784).T / 255.
    Z1, A1, Z2, A2 = forward_prop(W1, b1, W2, b2, X)
    dW1, db1, dW2, db2 = backward_prop(Z1, A1, A2, W2, X, y.T)
    return [W1 - 0.1 * dW1, b1 - 0.1 * db1, W2 - 0.1 * dW2, b2 - 0.1 * db2]
