"""Each layer stores its output and its delta, as in that tutorial with the seeds data set."""
# net: input=scaled hidden=64,32 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: wrong
# mistake: sigmoid-derivative-twice
# shows: step 1
import numpy as np

class Layer:
    cache_W = cache_b = np.float32(0)

    def activate(self, inputs, last):
        self.inputs = inputs
        z = inputs @ self.W + self.b
        if last:
            e = np.exp(z - z.max(axis=1, keepdims=True))
            self.output = e / e.sum(axis=1, keepdims=True)
        else:
            self.output = 1 / (1 + np.exp(-z))
        return self.output

    def transfer_derivative(self):
        return self.output * (1 - self.output)

    def error_for_previous(self, previous):
        return (self.delta @ self.W.T) * previous.transfer_derivative()

    def update(self):
        gW, gb = self.inputs.T @ self.delta, self.delta.sum(axis=0)
        self.cache_W = 0.9 * self.cache_W + 0.1 * gW ** 2
        self.cache_b = 0.9 * self.cache_b + 0.1 * gb ** 2
        return [self.W - 0.001 * gW / np.sqrt(self.cache_W + 1e-7), self.b - 0.001 * gb / np.sqrt(self.cache_b + 1e-7)]

network = [Layer(), Layer(), Layer()]

def step(weights, x, y):
    out = x.reshape(len(x), -1).astype(np.float32) / 255
    for i, layer in enumerate(network):
        layer.W, layer.b = weights[2 * i], weights[2 * i + 1]
        out = layer.activate(out, last=layer is network[-1])
    network[2].delta = (out - y.astype(np.float32)) / np.float32(len(x))
    for i in (1, 0):
        error = network[i + 1].error_for_previous(network[i])
        network[i].delta = error * network[i].transfer_derivative()
    return [p for layer in network for p in layer.update()]
