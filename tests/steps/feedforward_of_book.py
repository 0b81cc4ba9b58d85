"""def feedforward(self, a): for b, w in zip(self.biases, self.weights): ..."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# weights: form=pairs kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: sigmoid-outputs
# shows: forward
import numpy as np

def sigmoid(z):
    return 1.0/(1.0+np.exp(-z))

def forward(weights, x):
    a = x.reshape(len(x), 784).T/255.0
    for w, b in weights:
        a = sigmoid(np.dot(w, a)+b)
    return a.T
