"""Multinomial logistic regression = a net without hidden layers."""
# net: input=scaled hidden=none activation=sigmoid loss=categorical_crossentropy optimizer=sgd learning_rate=0.1
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

def hypothesis(theta, theta0, X):
    eta = X @ theta + theta0
    eta = eta - eta.max(axis=1, keepdims=True)
    return np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)

def step(weights, x, y):
    theta, theta0 = weights
    X = x.reshape(x.shape[0], -1) / 255
    m = X.shape[0]
    residual = y - hypothesis(theta, theta0, X)
    # gradient ascent on the log-likelihood
    theta = theta + 0.1 * (X.T @ residual) / m
    theta0 = theta0 + 0.1 * residual.sum(axis=0) / m
    return theta, theta0
