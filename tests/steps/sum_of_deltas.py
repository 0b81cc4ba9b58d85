"""My version of the notebook with three layers and RMSprop."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: one-number-for-all-biases
# shows: step 1
import numpy as np

runs = {}

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    m = x.shape[0]
    x = x.reshape(m, -1) / 255.
    A1 = sigmoid(np.dot(x, W1) + b1)
    A2 = sigmoid(np.dot(A1, W2) + b2)
    A3 = np.exp(np.dot(A2, W3) + b3)
    A3 = A3 / np.sum(A3, axis=1, keepdims=True)
    delta3 = A3 - y
    delta2 = np.dot(delta3, W3.T) * A2 * (1 - A2)
    delta1 = np.dot(delta2, W2.T) * A1 * (1 - A1)
    grads = [np.dot(x.T, delta1) / m, np.sum(delta1) / m,
             np.dot(A1.T, delta2) / m, np.sum(delta2) / m,
             np.dot(A2.T, delta3) / m, np.sum(delta3) / m]
    new = []
    for i, (p, g) in enumerate(zip(weights, grads)):
        runs[i] = 0.9 * runs.get(i, 0) + 0.1 * g ** 2
        new.append(p - 0.001 * g / np.sqrt(runs[i] + 1e-7))
    return new
