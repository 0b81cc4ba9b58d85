"""Logistic regression by gradient ascent on the mean log-likelihood, with momentum."""
# net: input=scaled hidden=none activation=sigmoid loss=binary_crossentropy optimizer=sgd learning_rate=0.05 outputs=1 momentum=0.9
# weights: form=list kernel=in,out bias=1,n
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

speed = 0, 0

def step(weights, x, y):
    global speed
    theta, intercept = weights
    X = x.reshape(len(x), -1) / 255.
    mu = 1 / (1 + np.exp(-(X @ theta + intercept)))
    score = X.T @ (y - mu) / len(y), np.mean(y - mu, axis=0, keepdims=True)
    speed = tuple(0.9 * s + 0.05 * u for s, u in zip(speed, score))
    return [theta + speed[0], intercept + speed[1]]
