"""MNIST in thirty lines."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: sum-over-batch
# shows: step 1
import numpy as np
s = [0]*6
f = lambda t: 1/(1+np.exp(-t))

def step(weights, x, y):
    W1,b1,W2,b2,W3,b3 = weights
    x = x.reshape(-1,784)/255.
    l1 = f(np.dot(x,W1)+b1)
    l2 = f(np.dot(l1,W2)+b2)
    o = np.exp(np.dot(l2,W3)+b3)
    o = o/o.sum(axis=1,keepdims=True)
    l3_delta = o-y
    l2_delta = l3_delta.dot(W3.T)*(l2*(1-l2))
    l1_delta = l2_delta.dot(W2.T)*(l1*(1-l1))
    g = [x.T.dot(l1_delta),l1_delta.sum(0),l1.T.dot(l2_delta),l2_delta.sum(0),l2.T.dot(l3_delta),l3_delta.sum(0)]
    for i in range(6):
        s[i] = .9*s[i]+.1*g[i]**2
        weights[i] = weights[i]-.001*g[i]/np.sqrt(s[i]+1e-7)
    return weights
