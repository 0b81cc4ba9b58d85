"""NeuralNetwork class from a tutorial, adapted to images."""
# net: input=scaled hidden=16 activation=sigmoid loss=binary_crossentropy optimizer=sgd learning_rate=0.5 outputs=1
# dtype: float64
# verdict: wrong
# mistake: biases-not-updated
# shows: step 1
import numpy as np

class NeuralNetwork:
    def feedforward(self):
        self.layer1 = 1 / (1 + np.exp(-(np.dot(self.input, self.weights1) + self.bias1)))
        self.output = 1 / (1 + np.exp(-(np.dot(self.layer1, self.weights2) + self.bias2)))

    def backprop(self):
        d_output = (self.y - self.output) / len(self.y)
        d_weights2 = np.dot(self.layer1.T, d_output)
        d_weights1 = np.dot(self.input.T, np.dot(d_output, self.weights2.T) * self.layer1 * (1 - self.layer1))
        self.weights1 = self.weights1 + 0.5 * d_weights1
        self.weights2 = self.weights2 + 0.5 * d_weights2

nn = NeuralNetwork()

def step(weights, x, y):
    nn.weights1, nn.bias1, nn.weights2, nn.bias2 = weights
    nn.input, nn.y = x.reshape(len(x), -1) / 255.0, y
    nn.feedforward()
    nn.backprop()
    return [nn.weights1, nn.bias1, nn.weights2, nn.bias2]
