"""Layers with forward and backward that also update (learning rate is an argument of backward)."""
# net: input=scaled hidden=40 activation=tanh loss=mean_squared_error optimizer=sgd learning_rate=0.001 outputs=10
# dtype: float64
# verdict: wrong
# mistake: sum-over-batch-and-outputs
# shows: step 1
import numpy as np

class FCLayer:
    def forward_propagation(self, input_data):
        self.input = input_data
        return np.dot(input_data, self.weights) + self.bias

    def backward_propagation(self, output_error, learning_rate):
        input_error = np.dot(output_error, self.weights.T)
        self.weights = self.weights - learning_rate * np.dot(self.input.T, output_error)
        self.bias = self.bias - learning_rate * output_error.sum(axis=0)
        return input_error

class TanhLayer:
    def forward_propagation(self, input_data):
        self.output = np.tanh(input_data)
        return self.output

    def backward_propagation(self, output_error, learning_rate):
        return (1 - self.output ** 2) * output_error

def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true)

layers = [FCLayer(), TanhLayer(), FCLayer()]

def step(weights, x, y):
    layers[0].weights, layers[0].bias, layers[2].weights, layers[2].bias = weights
    output = x.reshape(x.shape[0], -1) / 255
    for layer in layers:
        output = layer.forward_propagation(output)
    error = mse_prime(y, output)
    for layer in reversed(layers):
        error = layer.backward_propagation(error, 0.001)
    return [layers[0].weights, layers[0].bias, layers[2].weights, layers[2].bias]
