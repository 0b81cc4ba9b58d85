"""feedforward() as I would draw it: column vectors, one sample per column."""
# net: input=scaled hidden=100,50 activation=relu loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# weights: form=list kernel=out,in bias=n,1
# dtype: float32
# verdict: right
# mistake: none
# shows: never
import numpy as np

def feedforward(a, weights):
    W1, b1, W2, b2, W3, b3 = weights
    a = np.maximum(W1 @ a + b1, 0)
    a = np.maximum(W2 @ a + b2, 0)
    z = W3 @ a + b3
    return z

def forward(weights, x):
    columns = x.reshape(-1, 784).T.astype(np.float32) / 255
    z = feedforward(columns, weights)
    p = np.exp(z - z.max(axis=0))
    return (p / p.sum(axis=0)).T
