"""pre_update_params / update_params / post_update_params."""
# net: input=scaled hidden=64,64 activation=relu loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# weights: form=pairs kernel=in,out bias=1,n
# dtype: float64
# verdict: wrong
# mistake: adam-epsilon-after-correction
# shows: step 1
import numpy as np

class Optimizer_Adam:
    def __init__(self):
        self.current_learning_rate, self.epsilon = 0.001, 1e-7
        self.beta_1, self.beta_2, self.iterations = 0.9, 0.999, 0
        self.memory = {}

    def update_params(self, number, layer, gradients):
        result = []
        for k, (value, d) in enumerate(zip(layer, gradients)):
            momentums, cache = self.memory.get((number, k), (np.zeros_like(value), np.zeros_like(value)))
            momentums = self.beta_1 * momentums + (1 - self.beta_1) * d
            cache = self.beta_2 * cache + (1 - self.beta_2) * d**2
            self.memory[number, k] = momentums, cache
            momentums_corrected = momentums / (1 - self.beta_1 ** (self.iterations + 1))
            cache_corrected = cache / (1 - self.beta_2 ** (self.iterations + 1))
            result.append(value - self.current_learning_rate * momentums_corrected /
                          (np.sqrt(cache_corrected) + self.epsilon))
        return result

    def post_update_params(self):
        self.iterations += 1

optimizer = Optimizer_Adam()

def step(layers, X, y):
    outputs = [X.reshape(len(X), -1) / 255]
    for weights, biases in layers:
        outputs.append(np.maximum(0, np.dot(outputs[-1], weights) + biases))
    logits = np.dot(outputs[-2], layers[-1][0]) + layers[-1][1]
    exp_values = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    dvalues = (exp_values / np.sum(exp_values, axis=1, keepdims=True) - y) / len(y)
    new = []
    for number in (2, 1, 0):
        inputs = outputs[number]
        gradients = np.dot(inputs.T, dvalues), np.sum(dvalues, axis=0, keepdims=True)
        dvalues = np.dot(dvalues, layers[number][0].T) * (inputs > 0)
        new.insert(0, optimizer.update_params(number, layers[number], gradients))
    optimizer.post_update_params()
    return new
