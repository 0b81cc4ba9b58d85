"""params and grads are dicts. 25 hidden units like in the old machine learning course."""
# net: input=scaled hidden=25 activation=sigmoid loss=categorical_crossentropy optimizer=sgd learning_rate=0.5
# weights: form=dict keys=W1,b1 kernel=in,out bias=1,n
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

def step(params, x, y):
    m = x.shape[0]
    X = x.reshape(m, 784) / 255.0
    W1, b1 = params['W1'], params['b1']
    W2, b2 = params['W2'], params['b2']
    h = 1 / (1 + np.exp(-(X.dot(W1) + b1)))
    exp_scores = np.exp(h.dot(W2) + b2)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    delta3 = probs - y
    delta2 = delta3.dot(W2.T) * h * (1 - h)
    grads = {
        'W2': 1/m * h.T.dot(delta3),
        'b2': 1/m * np.sum(delta3, axis=0, keepdims=True),
        'W1': 1/m * X.T.dot(delta2),
        'b1': 1/m * np.sum(delta2, axis=0, keepdims=True),
    }
    for key in grads:
        params[key] += -0.5 * grads[key]
    return params
