"""Regularization strength 0.01."""
# net: input=scaled hidden=64 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.1 l2=0.01
# dtype: float64
# verdict: wrong
# mistake: l2-without-2
# shows: step 1
import numpy as np

reg = 0.01

def step(weights, x, y):
    W, b, W2, b2 = weights
    X = x.reshape(len(x), -1) / 255.0
    num_examples = X.shape[0]
    hidden_layer = np.maximum(0, np.dot(X, W) + b)
    exp_scores = np.exp(np.dot(hidden_layer, W2) + b2)
    dscores = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    dscores[range(num_examples), y.argmax(axis=1)] -= 1
    dscores /= num_examples
    dW2 = np.dot(hidden_layer.T, dscores)
    db2 = np.sum(dscores, axis=0)
    dhidden = np.dot(dscores, W2.T)
    dhidden[hidden_layer <= 0] = 0
    dW = np.dot(X.T, dhidden)
    db = np.sum(dhidden, axis=0)
    dW2 += reg * W2
    dW += reg * W
    return [W - 0.1 * dW, b - 0.1 * db, W2 - 0.1 * dW2, b2 - 0.1 * db2]
