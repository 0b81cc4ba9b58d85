"""A second implementation, as in a textbook: plain formulas, new arrays, float64, one sample set at a time.

It shares no code with tinydnn, and no trick: no flat vectors, no buffers, no threads, no logits behind a
softmax where the textbook has none.
"""

import numpy as np
from scipy.special import erf


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


SCALE, ALPHA = 1.05070098735548049, 1.67326324235437728  # selu, by its authors
SLOPE = float(np.float32(0.2))  # leaky relu, as TensorFlow rounds it
C = float(np.float32(np.sqrt(0.5)))  # gelu, as TensorFlow rounds it


def mish(z):
    return z * np.tanh(np.log(1 + np.exp(z)))


def mish_slope(z):
    t = np.tanh(np.log(1 + np.exp(z)))
    return t + z * (1 - t**2) * sigmoid(z)


def hard_sigmoid(z):
    return np.clip(z / 6 + 0.5, 0, 1)


ACTIVATIONS = {
    "linear": (lambda z: z, lambda z: np.ones_like(z)),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.where(z > 0, z, 0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "relu6": (lambda z: np.clip(z, 0, 6), lambda z: np.where((z > 0) & (z < 6), 1.0, 0.0)),
    "leaky_relu": (lambda z: np.where(z > 0, z, SLOPE * z), lambda z: np.where(z > 0, 1, SLOPE)),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(z)), lambda z: np.where(z > 0, 1, np.exp(z))),
    "selu": (
        lambda z: SCALE * np.where(z > 0, z, ALPHA * np.expm1(z)),
        lambda z: SCALE * np.where(z > 0, 1, ALPHA * np.exp(z)),
    ),
    "softplus": (lambda z: np.log(1 + np.exp(z)), sigmoid),
    "softsign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "exponential": (np.exp, np.exp),
    "hard_sigmoid": (hard_sigmoid, lambda z: np.where(abs(z) < 3, 1 / 6, 0)),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) + z * sigmoid(z) * (1 - sigmoid(z))),
    "hard_silu": (lambda z: z * hard_sigmoid(z), lambda z: hard_sigmoid(z) + np.where(abs(z) < 3, z / 6, 0)),
    "gelu": (
        lambda z: 0.5 * z * (1 + erf(C * z)),
        lambda z: 0.5 * (1 + erf(C * z)) + z * C / np.sqrt(np.pi) * np.exp(-((C * z) ** 2)),
    ),
    "mish": (mish, mish_slope),
}


def forward(weights, activations, x):
    """All z and a of a net of Dense layers; weights are [W1, b1, W2, b2, …]; the last may be a softmax."""
    zs, outputs = [], [x]
    for W, b, name in zip(weights[::2], weights[1::2], activations, strict=True):
        z = outputs[-1] @ W + b
        zs.append(z)
        outputs.append(softmax(z) if name == "softmax" else ACTIVATIONS[name][0](z))
    return zs, outputs


def loss_and_gradients(weights, activations, x, y, loss):
    """The mean loss and its gradients, by the chain rule, layer by layer."""
    zs, outputs = forward(weights, activations, x)
    n, p = len(x), outputs[-1]
    if loss == "mse":
        value = np.mean((p - y) ** 2)
        da = 2 * (p - y) / p.size
    else:
        value = -np.sum(y * np.log(p)) / n
        da = -y / p / n
    gradients = []
    for i in reversed(range(len(zs))):
        if activations[i] == "softmax":
            a = outputs[i + 1]
            jacobians = np.einsum("ni,ij->nij", a, np.eye(a.shape[1])) - np.einsum("ni,nj->nij", a, a)
            dz = np.einsum("nij,nj->ni", jacobians, da)
        else:
            dz = da * ACTIVATIONS[activations[i]][1](zs[i])
        gradients = [outputs[i].T @ dz, dz.sum(axis=0), *gradients]
        da = dz @ weights[2 * i].T
    return value, gradients


class RMSprop:
    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False):
        self.settings = learning_rate, rho, momentum, epsilon, centered
        self.v = self.m = self.a = 0.0

    def step(self, w, g):
        learning_rate, rho, momentum, epsilon, centered = self.settings
        self.v = rho * self.v + (1 - rho) * g**2
        self.a = rho * self.a + (1 - rho) * g
        variance = self.v - self.a**2 if centered else self.v
        step = learning_rate * g / np.sqrt(variance + epsilon)
        self.m = momentum * self.m + step
        return w - (self.m if momentum else step)


class SGD:
    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False):
        self.learning_rate, self.momentum, self.nesterov = learning_rate, momentum, nesterov
        self.m = 0.0

    def step(self, w, g):
        self.m = self.momentum * self.m - self.learning_rate * g
        if self.nesterov:
            return w + self.momentum * self.m - self.learning_rate * g
        return w + self.m


class Adam:
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        self.learning_rate, self.beta_1, self.beta_2, self.epsilon = learning_rate, beta_1, beta_2, epsilon
        self.m = self.v = 0.0
        self.t = 0

    def step(self, w, g):
        self.t += 1
        self.m = self.beta_1 * self.m + (1 - self.beta_1) * g
        self.v = self.beta_2 * self.v + (1 - self.beta_2) * g**2
        rate = self.learning_rate * np.sqrt(1 - self.beta_2**self.t) / (1 - self.beta_1**self.t)
        return w - rate * self.m / (np.sqrt(self.v) + self.epsilon)
