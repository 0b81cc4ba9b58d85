"""Following along with the videos, but with the optimizer as Keras has it so I can compare."""
# net: input=scaled hidden=128,128 activation=relu loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# weights: form=list kernel=in,out bias=1,n
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

class Layer_Dense:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)

class Activation_ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0

class Optimizer_Adam:
    def __init__(self, learning_rate=0.001, epsilon=1e-7, beta_1=0.9, beta_2=0.999):
        self.learning_rate, self.epsilon = learning_rate, epsilon
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.iterations = 0

    def update_params(self, layer):
        t = self.iterations + 1
        rate = self.learning_rate * np.sqrt(1 - self.beta_2 ** t) / (1 - self.beta_1 ** t)
        for name in ("weights", "biases"):
            d = getattr(layer, "d" + name)
            m = self.beta_1 * getattr(layer, name + "_momentums", 0) + (1 - self.beta_1) * d
            c = self.beta_2 * getattr(layer, name + "_cache", 0) + (1 - self.beta_2) * d ** 2
            setattr(layer, name + "_momentums", m)
            setattr(layer, name + "_cache", c)
            setattr(layer, name, getattr(layer, name) - rate * m / (np.sqrt(c) + self.epsilon))

dense1, dense2, dense3 = Layer_Dense(), Layer_Dense(), Layer_Dense()
relu1, relu2 = Activation_ReLU(), Activation_ReLU()
optimizer = Optimizer_Adam()

def step(weights, X, y):
    dense1.weights, dense1.biases, dense2.weights, dense2.biases, dense3.weights, dense3.biases = weights
    data = X.reshape(X.shape[0], -1) / 255
    for part in (dense1, relu1, dense2, relu2, dense3):
        part.forward(data)
        data = part.output
    exp_values = np.exp(data - np.max(data, axis=1, keepdims=True))
    dvalues = exp_values / np.sum(exp_values, axis=1, keepdims=True)
    dvalues[range(len(y)), np.argmax(y, axis=1)] -= 1
    dvalues /= len(y)
    for part in (dense3, relu2, dense2, relu1, dense1):
        part.backward(dvalues)
        dvalues = part.dinputs
    for layer in (dense1, dense2, dense3):
        optimizer.update_params(layer)
    optimizer.iterations += 1
    return [dense1.weights, dense1.biases, dense2.weights, dense2.biases, dense3.weights, dense3.biases]
