"""RMSprop as in the course notes."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: rmsprop-epsilon-outside-root
# shows: step 1
import numpy as np

cW1 = cb1 = cW2 = cb2 = cW3 = cb3 = 0

def sigmoid(z): return 1/(1+np.exp(-z))

def step(weights, x, y, lr=0.001, decay=0.9, eps=1e-7):
    global cW1, cb1, cW2, cb2, cW3, cb3
    W1, b1, W2, b2, W3, b3 = weights
    N = len(x)
    X = x.reshape(N, -1)/255.
    h1 = sigmoid(X.dot(W1)+b1)
    h2 = sigmoid(h1.dot(W2)+b2)
    scores = h2.dot(W3)+b3
    e = np.exp(scores-scores.max(axis=1, keepdims=True))
    dscores = (e/e.sum(axis=1, keepdims=True)-y)/N
    dW3, db3 = h2.T.dot(dscores), dscores.sum(axis=0)
    dh2 = dscores.dot(W3.T)*h2*(1-h2)
    dW2, db2 = h1.T.dot(dh2), dh2.sum(axis=0)
    dh1 = dh2.dot(W2.T)*h1*(1-h1)
    dW1, db1 = X.T.dot(dh1), dh1.sum(axis=0)
    cW1 = decay*cW1 + (1-decay)*dW1**2; W1 = W1 - lr*dW1/(np.sqrt(cW1)+eps)
    cb1 = decay*cb1 + (1-decay)*db1**2; b1 = b1 - lr*db1/(np.sqrt(cb1)+eps)
    cW2 = decay*cW2 + (1-decay)*dW2**2; W2 = W2 - lr*dW2/(np.sqrt(cW2)+eps)
    cb2 = decay*cb2 + (1-decay)*db2**2; b2 = b2 - lr*db2/(np.sqrt(cb2)+eps)
    cW3 = decay*cW3 + (1-decay)*dW3**2; W3 = W3 - lr*dW3/(np.sqrt(cW3)+eps)
    cb3 = decay*cb3 + (1-decay)*db3**2; b3 = b3 - lr*db3/(np.sqrt(cb3)+eps)
    return [W1, b1, W2, b2, W3, b3]
