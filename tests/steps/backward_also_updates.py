"""Base class Layer, subclasses Dense and Tanh."""
# net: input=scaled hidden=60 activation=tanh loss=categorical_crossentropy optimizer=sgd learning_rate=0.1
# weights: form=pairs kernel=in,out bias=1,n
# dtype: float64
# verdict: wrong
# mistake: gradient-through-updated-weights
# shows: step 1
import numpy as np

class Layer:
    def forward(self, input): ...
    def backward(self, output_gradient, learning_rate): ...

class Dense(Layer):
    def forward(self, input):
        self.input = input
        return np.dot(input, self.weights) + self.bias

    def backward(self, output_gradient, learning_rate):
        self.weights = self.weights - learning_rate * np.dot(self.input.T, output_gradient)
        self.bias = self.bias - learning_rate * np.sum(output_gradient, axis=0, keepdims=True)
        return np.dot(output_gradient, self.weights.T)

class Tanh(Layer):
    def forward(self, input):
        self.output = np.tanh(input)
        return self.output

    def backward(self, output_gradient, learning_rate):
        return output_gradient * (1 - self.output ** 2)

network = [Dense(), Tanh(), Dense()]

def step(weights, x, y):
    (network[0].weights, network[0].bias), (network[2].weights, network[2].bias) = weights
    output = x.reshape(len(x), -1) / 255
    for layer in network:
        output = layer.forward(output)
    tmp = np.exp(output - output.max(axis=1, keepdims=True))
    grad = (tmp / tmp.sum(axis=1, keepdims=True) - y) / len(y)
    for layer in reversed(network):
        grad = layer.backward(grad, 0.1)
    return [(network[0].weights, network[0].bias), (network[2].weights, network[2].bias)]
