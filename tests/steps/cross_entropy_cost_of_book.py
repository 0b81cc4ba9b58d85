"""network2.py: the cross-entropy cost, one sigmoid per digit."""
# net: input=scaled hidden=30 activation=sigmoid loss=binary_crossentropy optimizer=sgd learning_rate=0.5 outputs=10
# weights: form=two-lists kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: summed-over-outputs
# shows: step 1
import numpy as np

class CrossEntropyCost(object):
    @staticmethod
    def delta(z, a, y):
        return (a-y)

def sigmoid(z):
    return 1.0/(1.0+np.exp(-z))

def step(weights, x, y, eta=0.5, cost=CrossEntropyCost):
    (w1, w2), (b1, b2) = weights
    n = len(x)
    a0 = x.reshape(n, 784).transpose()/255.0
    a1 = sigmoid(np.dot(w1, a0)+b1)
    z2 = np.dot(w2, a1)+b2
    a2 = sigmoid(z2)
    delta2 = cost.delta(z2, a2, y.transpose())
    delta1 = np.dot(w2.transpose(), delta2)*a1*(1-a1)
    w2 = w2-(eta/n)*np.dot(delta2, a1.transpose())
    b2 = b2-(eta/n)*delta2.sum(axis=1, keepdims=True)
    w1 = w1-(eta/n)*np.dot(delta1, a0.transpose())
    b1 = b1-(eta/n)*delta1.sum(axis=1, keepdims=True)
    return [w1, w2], [b1, b2]
