"""RMSprop keeps a moving average of squared gradients with gamma = 0.9."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: rho-swapped
# shows: step 1
import numpy as np

gamma = 0.9
E = [0.0] * 6

def logi(z):
    return 1.0 / (1.0 + np.exp(-z))

def feed(weights, x):
    layers = [x]
    for k in range(3):
        z = layers[-1].dot(weights[2*k]) + weights[2*k+1]
        layers.append(logi(z) if k < 2 else np.exp(z) / np.exp(z).sum(1)[:, None])
    return layers

def step(weights, x, y):
    layers = feed(weights, x.reshape(len(x), -1) / 255.0)
    error = (layers[3] - y) / len(y)
    pairs = []
    for k in (2, 1, 0):
        pairs.append((2*k, layers[k].T.dot(error)))
        pairs.append((2*k+1, error.sum(axis=0)))
        error = error.dot(weights[2*k].T) * layers[k] * (1.0 - layers[k])
    new = list(weights)
    for index, gradient in pairs:
        E[index] = (1 - gamma) * E[index] + gamma * gradient ** 2
        new[index] = weights[index] - 0.001 * gradient / np.sqrt(E[index] + 1e-7)
    return new
