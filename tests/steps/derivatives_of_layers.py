"""Helper functions first, then the training step. RMSprop."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: sigmoid-derivative-at-a
# shows: step 1
import numpy as np

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def sigmoid_derivative(x):
    return sigmoid(x) * (1 - sigmoid(x))

cache = [0] * 6

def step(weights, x, y):
    w1, b1, w2, b2, w3, b3 = weights
    x = x.reshape(x.shape[0], -1) / 255
    layer1 = sigmoid(x.dot(w1) + b1)
    layer2 = sigmoid(layer1.dot(w2) + b2)
    out = np.exp(layer2.dot(w3) + b3)
    out = out / np.sum(out, axis=1, keepdims=True)
    d_out = (out - y) / x.shape[0]
    d_layer2 = d_out.dot(w3.T) * sigmoid_derivative(layer2)
    d_layer1 = d_layer2.dot(w2.T) * sigmoid_derivative(layer1)
    grads = [x.T.dot(d_layer1), d_layer1.sum(axis=0), layer1.T.dot(d_layer2), d_layer2.sum(axis=0),
             layer2.T.dot(d_out), d_out.sum(axis=0)]
    new = []
    for i in range(len(weights)):
        cache[i] = 0.9 * cache[i] + 0.1 * grads[i] ** 2
        new.append(weights[i] - 0.001 * grads[i] / np.sqrt(cache[i] + 1e-7))
    return new
