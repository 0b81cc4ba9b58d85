"""neuralNetwork class with train(inputs_list, targets_list), with biases added by me."""
# net: input=scaled hidden=40 activation=sigmoid loss=mean_squared_error optimizer=sgd learning_rate=0.3 output=sigmoid
# weights: form=list kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: updated-after-each-row
# shows: step 1
import numpy as np

class neuralNetwork:
    def __init__(self, wih, bh, who, bo, learningrate):
        self.wih, self.bh, self.who, self.bo, self.lr = wih, bh, who, bo, learningrate
        self.activation_function = lambda x: 1 / (1 + np.exp(-x))

    def train(self, inputs_list, targets_list):
        inputs = np.array(inputs_list, ndmin=2).T
        targets = np.array(targets_list, ndmin=2).T
        hidden_outputs = self.activation_function(np.dot(self.wih, inputs) + self.bh)
        final_outputs = self.activation_function(np.dot(self.who, hidden_outputs) + self.bo)
        # mean of the squared errors of the outputs
        output_grad = 2 * (targets - final_outputs) / len(targets) * final_outputs * (1.0 - final_outputs)
        hidden_grad = np.dot(self.who.T, output_grad) * hidden_outputs * (1.0 - hidden_outputs)
        self.who = self.who + self.lr * np.dot(output_grad, np.transpose(hidden_outputs))
        self.bo = self.bo + self.lr * output_grad
        self.wih = self.wih + self.lr * np.dot(hidden_grad, np.transpose(inputs))
        self.bh = self.bh + self.lr * hidden_grad

def step(weights, x, y):
    n = neuralNetwork(*weights, 0.3)
    for record, targets in zip(x, y):
        n.train(np.asarray(record).ravel() / 255.0, targets)
    return [n.wih, n.bh, n.who, n.bo]
