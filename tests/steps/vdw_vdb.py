"""Every layer keeps its own running averages."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: bias-accumulator-without-square
# shows: step 1
import numpy as np

class Layer:
    def __init__(self):
        self.vdW = 0
        self.vdb = 0

    def forward(self, X, last=False):
        self.X = X
        Z = X @ self.W + self.b
        self.A = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True) if last else 1 / (1 + np.exp(-Z))
        return self.A

    def backward(self, dZ):
        dX = dZ @ self.W.T
        dW = self.X.T @ dZ
        db = np.sum(dZ, axis=0)
        self.vdW = 0.9 * self.vdW + 0.1 * dW ** 2
        self.vdb = 0.9 * self.vdb + 0.1 * db
        self.W = self.W - 0.001 * dW / np.sqrt(self.vdW + 1e-7)
        self.b = self.b - 0.001 * db / np.sqrt(self.vdb + 1e-7)
        return dX

layers = [Layer() for _ in range(3)]

def step(weights, x, y):
    a = x.reshape(len(x), -1) / 255.0
    for i, layer in enumerate(layers):
        layer.W, layer.b = weights[2 * i:2 * i + 2]
        a = layer.forward(a, last=i == 2)
    dZ = (a - y) / len(x)
    for i in (2, 1, 0):
        dX = layers[i].backward(dZ)
        if i > 0:
            dZ = dX * layers[i - 1].A * (1 - layers[i - 1].A)
    return [p for layer in layers for p in (layer.W, layer.b)]
