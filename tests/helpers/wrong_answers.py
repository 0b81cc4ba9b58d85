"""Answers as beginners write them, each with what is wrong with it and the words that its remark must have."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydnn.course.given import backward as whole_backward
from tinydnn.course.given import dense_backward, forward, loss_backward, rmsprop, slope, softmax_crossentropy


@dataclass(frozen=True)
class WrongAnswer:
    """An answer to a task.

    what: what is wrong with it.
    says: words of the remark that it has to get.
    """

    task: str
    what: str
    says: str
    function: Callable[..., Any]


WRONG: list[WrongAnswer] = []


def wrong(task, what, says):
    def listed(function):
        WRONG.append(WrongAnswer(task, what, says, function))
        return function

    return listed


# -- 1 pixels and labels -----------------------------------------------------------------------------


@wrong("prepare", "forgets to scale", "grey values as they are")
def _(images, labels):
    x = images.reshape((len(images), 28 * 28))
    y = np.zeros((len(images), 10))
    y[np.arange(len(images)), labels] = 1
    return x, y


@wrong("prepare", "divides by 256", "divided by 256")
def _(images, labels):
    return images.reshape(-1, 784) / 256, np.eye(10)[labels]


@wrong("prepare", "divides with //", "whole numbers")
def _(images, labels):
    return images.reshape(-1, 784) // 255, np.eye(10)[labels]


@wrong("prepare", "leaves pictures square", "still a square")
def _(images, labels):
    return images / 255.0, np.eye(10)[labels]


@wrong("prepare", "puts pictures into columns", "is a column of x")
def _(images, labels):
    x = np.zeros((784, len(images)))
    for i, image in enumerate(images):
        x[:, i] = image.flatten() / 255
    return x, np.eye(10)[labels]


@wrong("prepare", "reshapes to (784, N) and transposes", "pieces of several pictures")
def _(images, labels):
    return (images.reshape(784, len(images)) / 255).T, np.eye(10)[labels]


@wrong("prepare", "returns labels as they are", "labels as they are")
def _(images, labels):
    return images.reshape(len(images), -1) / 255, labels


@wrong("prepare", "puts the digit itself into its place", "the digit itself")
def _(images, labels):
    y = np.zeros((len(labels), 10))
    for n in range(len(labels)):
        y[n, labels[n]] = labels[n]
    return images.reshape(len(images), -1) / 255, y


@wrong("prepare", "writes y[labels] = 1", "fills whole rows")
def _(images, labels):
    y = np.zeros((images.shape[0], 10), dtype=int)
    y[labels] = 1
    return np.array([image.ravel() for image in images]) / 255, y


@wrong("prepare", "counts places from 1", "too far to the left")
def _(images, labels):
    y = np.zeros((len(labels), 10))
    for n, label in enumerate(labels.tolist()):
        y[n, label - 1] = 1
    return images.reshape(len(images), -1) / 255, y


@wrong("prepare", "returns y before x", "the order is x, y")
def _(images, labels):
    return np.eye(10)[labels], images.reshape(len(images), -1) / 255


@wrong("prepare", "fills an array like the images'", "zeros_like(images)")
def _(images, labels):
    x = np.zeros_like(images).reshape(-1, 784)
    for n, image in enumerate(images):
        x[n] = image.reshape(784) / 255
    return x, np.eye(10)[labels]


@wrong("prepare", "takes the unit matrix for y", "pick a row of it for each label")
def _(images, labels):
    return images.reshape(-1, 784) / 255, np.eye(10)


# -- 2 dense, forward --------------------------------------------------------------------------------


@wrong("dense", "forgets the bias", "bias is missing")
def _(x, W, b):
    return np.dot(x, W)


@wrong("dense", "adds the bias in the inner loop", "once for every input")
def _(x, W, b):
    z = np.zeros((len(x), len(b)))
    for i in range(len(W)):
        z += np.outer(x[:, i], W[i]) + b
    return z


@wrong("dense", "adds the sum of all biases", "sum of all biases")
def _(x, W, b):
    return x.dot(W) + np.sum(b)


@wrong("dense", "puts pictures into columns, as some books do", "is a column of z")
def _(x, W, b):
    return W.T @ x.T + b.reshape(-1, 1)


@wrong("dense", "reads W as (units, inputs)", "read in another order")
def _(x, W, b):
    outputs, inputs = W.shape[1], W.shape[0]
    return x @ np.reshape(W, (outputs, inputs)).transpose() + b


@wrong("dense", "applies the sigmoid as well", "sigmoid of z")
def _(x, W, b):
    return 1 / (1 + np.exp(-(x @ W + b)))


@wrong("dense", "averages in place of summing", "averaged over the inputs")
def _(x, W, b):
    z = np.empty((x.shape[0], W.shape[1]))
    for j in range(W.shape[1]):
        z[:, j] = np.mean(x * W[:, j], axis=1) + b[j]
    return z


@wrong("dense", "subtracts the bias, as a threshold", "is subtracted")
def _(x, W, b):
    return x @ W - b


@wrong("dense", "loops over 100 rows", "Is a size of those arrays written into it")
def _(x, W, b):
    z = np.zeros((100, len(b)))
    for n in range(100):
        z[n] = x[n] @ W + b
    return z


@wrong("dense", "overwrites in place of adding", "Only the last product")
def _(x, W, b):
    for i in range(len(W)):
        z = np.outer(x[:, i], W[i])
    return z + b


@wrong("dense", "loops from 1", "first input is left out")
def _(x, W, b):
    z = np.zeros((len(x), len(b)))
    for i in range(1, len(W)):
        z += np.outer(x[:, i], W[i])
    return z + b


@wrong("dense", "loops to len - 1", "last input is left out")
def _(x, W, b):
    z = np.zeros((len(x), len(b)))
    for i in range(len(W) - 1):
        z += np.outer(x[:, i], W[i])
    return z + b


@wrong("dense", "returns inside the loop", "Only the first row is right")  # noqa: RET503
def _(x, W, b):
    z = np.zeros((len(x), len(b)))
    for n in range(len(x)):
        z[n] = x[n] @ W + b
        return z


# -- 3 sigmoid, and its slope ------------------------------------------------------------------------


@wrong("sigmoid", "forgets the minus", "falls where it should rise")
def _(z):
    return 1.0 / (1.0 + np.exp(z))


@wrong("sigmoid", "forgets the brackets", "Brackets are missing")
def _(z):
    return 1 / 1 + np.exp(-z)


@wrong("sigmoid", "takes exp(z) / (1 + exp(z)), which overflows", "too large for a number")
def _(z):
    e = np.exp(z)
    return e / (e + 1)


@wrong("sigmoid", "takes tanh", "This is tanh")
def _(z):
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


@wrong("sigmoid", "takes a softmax", "as in a softmax")
def _(z):
    e = np.exp(z - np.max(z, axis=1).reshape(-1, 1))
    return e / e.sum(axis=1).reshape(-1, 1)


@wrong("sigmoid", "returns the slope", "the sigmoid's slope")
def _(z):
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s)


@wrong("sigmoid", "halves the 1 alone", "only the 1 is halved")
def _(z):
    return np.tanh(z / 2) + 1 / 2


@wrong("slope", "applies the sigmoid to a", "once more")
def _(a):
    s = 1 / (1 + np.exp(-a))
    return s * (1 - s)


@wrong("slope", "takes the slope of tanh", "slope of tanh")
def _(a):
    return 1 - np.square(a)


@wrong("slope", "takes a * a - a", "sign is wrong")
def _(a):
    return a * a - a


@wrong("slope", "returns 1 - a alone", "one factor is missing")
def _(a):
    return 1 - a


@wrong("slope", "returns a", "This is a, just as")
def _(a):
    return a


@wrong("slope", "forgets the brackets", "a * 1 - a is (a * 1) - a")
def _(a):
    return a * 1 - a


# -- 4 softmax and cross-entropy ---------------------------------------------------------------------


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _stable_loss(z, y):
    s = z - z.max(axis=1, keepdims=True)
    return np.log(np.exp(s).sum(axis=1)) - (s * y).sum(axis=1)


@wrong("softmax_crossentropy", "sums over axis 0", "down each column")
def _(z, y):
    e = np.exp(z)
    p = e / e.sum(axis=0)
    return p, -np.log((p * y).sum(axis=1))


@wrong("softmax_crossentropy", "sums over everything", "sum of the whole batch")
def _(z, y):
    p = np.exp(z) / np.sum(np.exp(z))
    return p, -np.sum(y * np.log(p), axis=1)


@wrong("softmax_crossentropy", "does not subtract the largest", "infinity / infinity and 0 / 0")
def _(z, y):
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return p, -np.sum(y * np.log(p), axis=1)


@wrong("softmax_crossentropy", "subtracts the batch's largest", "largest number of the whole batch")
def _(z, y):
    e = np.exp(z - np.max(z))
    p = e / e.sum(axis=1)[:, None]
    return p, _stable_loss(z, y)


@wrong("softmax_crossentropy", "takes the log of p", "where p is 0")
def _(z, y):
    p = _softmax(z)
    return p, -(y * np.log(p)).sum(axis=1)


@wrong("softmax_crossentropy", "adds 1e-7 within the log", "held above a small number")
def _(z, y):
    p = _softmax(z)
    return p, -(y * np.log(p + 1e-7)).sum(axis=1)


@wrong("softmax_crossentropy", "clips at 1e-15", "held above a small number")
def _(z, y):
    p = _softmax(z)
    return p, -np.log(np.maximum(p, 1e-15))[y == 1]


@wrong("softmax_crossentropy", "picks p, then takes its log", "right digit's p is 0")
def _(z, y):
    p = _softmax(z)
    return p, -np.log(p[np.arange(len(p)), y.argmax(axis=1)])


@wrong("softmax_crossentropy", "returns the mean loss", "mean over the batch")
def _(z, y):
    return _softmax(z), _stable_loss(z, y).mean()


@wrong("softmax_crossentropy", "forgets the minus", "minus is missing")
def _(z, y):
    return _softmax(z), -_stable_loss(z, y)


@wrong("softmax_crossentropy", "keeps the axis of the loss", "leave out keepdims")
def _(z, y):
    return _softmax(z), _stable_loss(z, y).reshape(-1, 1)


@wrong("softmax_crossentropy", "counts the wrong digits too", "nine wrong digits are counted")
def _(z, y):
    p = _softmax(z)
    l = [sum(-math.log(q if t else 1 - q) for q, t in zip(row, hot, strict=True)) if 1 > min(row) > 0 else 0
         for row, hot in zip(p.tolist(), y.tolist(), strict=True)]  # fmt: skip
    return p, l


@wrong("softmax_crossentropy", "takes squares", "sum of (p - y)²")
def _(z, y):
    p = _softmax(z)
    return p, np.sum((y - p) ** 2, axis=1)


@wrong("softmax_crossentropy", "takes log10 of the sum", "to the base 10")
def _(z, y):
    s = z - z.max(axis=1, keepdims=True)
    e = np.exp(s)
    total = e.sum(axis=1, keepdims=True)
    return e / total, -(y * (s - np.log10(total))).sum(axis=1)


@wrong("softmax_crossentropy", "forgets the log of the sum", "subtract its log")
def _(z, y):
    s = z - z.max(axis=1, keepdims=True)
    e = np.exp(s)
    total = e.sum(axis=1, keepdims=True)
    return e / total, -(y * (s - total)).sum(axis=1)


@wrong("softmax_crossentropy", "adds up logs", "the log of the sum")
def _(z, y):
    s = z - z.max(axis=1, keepdims=True)
    e = np.exp(s)
    p = e / e.sum(axis=1, keepdims=True)
    return p, -(y * (s - np.log(e + 0.0).sum(axis=1, keepdims=True))).sum(axis=1)


# -- 5 the chain rule, on one number -----------------------------------------------------------------


def _a(x, w, b):
    return 1 / (1 + math.exp(-(w * x + b)))


@wrong("chain_rule", "forgets the 2", "The 2 is missing")
def _(x, w, b, y):
    a = _a(x, w, b)
    da = a - y
    dz = da * a * (1 - a)
    return da, dz, dz * x, dz


@wrong("chain_rule", "takes y - a", "sign is wrong")
def _(x, w, b, y):
    a = _a(x, w, b)
    da = 2 * (y - a)
    dz = da * a * (1 - a)
    return da, dz, dz * x, dz


@wrong("chain_rule", "takes z for a", "z stands where a has to")
def _(x, w, b, y):
    z = w * x + b
    da = 2 * (_a(x, w, b) - y)
    dz = da * z * (1 - z)
    return da, dz, x * dz, dz


@wrong("chain_rule", "does not multiply by da", "This is da/dz alone")
def _(x, w, b, y):
    a = _a(x, w, b)
    return 2 * (a - y), a * (1 - a), a * (1 - a) * x, a * (1 - a)


@wrong("chain_rule", "leaves out the sigmoid", "dz is da unchanged")
def _(x, w, b, y):
    da = 2 * (_a(x, w, b) - y)
    dz = da
    return da, dz, dz * x, dz


@wrong("chain_rule", "multiplies by w for dw", "multiplied by w")
def _(x, w, b, y):
    a = _a(x, w, b)
    da = 2 * (a - y)
    dz = da * a * (1 - a)
    return da, dz, dz * w, dz


@wrong("chain_rule", "takes 1 for db", "dz/db alone")
def _(x, w, b, y):
    a = _a(x, w, b)
    da = 2 * (a - y)
    dz = da * (a - a * a)
    return da, dz, dz * x, 1


@wrong("chain_rule", "multiplies by b for db", "multiplied by b")
def _(x, w, b, y):
    a = _a(x, w, b)
    da = 2 * (a - y)
    dz = da * (a - a * a)
    return da, dz, dz * x, dz * b


@wrong("chain_rule", "leaves y out", "y is left out")
def _(x, w, b, y):
    a = 1 / (1 + np.exp(-(w * x + b)))
    da = 2 * a
    dz = da * a * (1 - a)
    return da, dz, dz * x, dz


@wrong("chain_rule", "keeps the square", "The square is still there")
def _(x, w, b, y):
    a = 1 / (1 + np.exp(-(w * x + b)))
    da = 2 * (a - y) ** 2
    dz = da * a * (1 - a)
    return da, dz, dz * x, dz


@wrong("chain_rule", "forgets brackets", "a * 1 - a is (a * 1) - a")
def _(x, w, b, y):
    a = 1 / (1 + np.exp(-(w * x + b)))
    da = 2 * (a - y)
    dz = da * a * 1 - a
    return da, dz, dz * x, dz


@wrong("chain_rule", "keeps b in the slope of w", "b falls away")
def _(x, w, b, y):
    a = 1 / (1 + np.exp(-(w * x + b)))
    da = 2 * (a - y)
    dz = da * a * (1 - a)
    return da, dz, dz * (x + b), dz


# -- 6 dz = p - y ------------------------------------------------------------------------------------


@wrong("loss_backward", "forgets the 1/N", "1/N is missing")
def _(p, y):
    return np.subtract(p, y)


@wrong("loss_backward", "takes y - p", "sign is wrong")
def _(p, y):
    return (y - p) / p.shape[0]


@wrong("loss_backward", "divides by the number of classes", "number of classes")
def _(p, y):
    return (p - y) / p.shape[1]


@wrong("loss_backward", "divides by all numbers", "all numbers of p")
def _(p, y):
    return (p - y) / np.size(p)


@wrong("loss_backward", "multiplies by the slope of softmax", "has cancelled")
def _(p, y):
    return (p - y) * (p * (1 - p)) / len(p)


@wrong("loss_backward", "stops at the probabilities", "stops at the probabilities")
def _(p, y):
    dp = np.zeros_like(p)
    dp[y == 1] = -1 / p[y == 1]
    return dp / len(p)


@wrong("loss_backward", "averages over the batch", "averaged into one")
def _(p, y):
    return np.mean(p - y, axis=0)


@wrong("loss_backward", "forgets the brackets", "Brackets are missing")
def _(p, y):
    return p - y / y.shape[0]


@wrong("loss_backward", "takes the slope of squares", "a 2 too many")
def _(p, y):
    return 2 / len(p) * (p - y)


@wrong("loss_backward", "divides by 100", "100 stands where the number of rows has to")
def _(p, y):
    return (p - y) / 100


@wrong("loss_backward", "divides with //", "into whole numbers")
def _(p, y):
    return (p - y) // len(p)


@wrong("loss_backward", "takes the mean of all", "one number, the mean of all")
def _(p, y):
    return np.mean(p - y)


@wrong("loss_backward", "adds up the classes", "classes are added up")
def _(p, y):
    return np.sum(p - y, axis=1) / len(p)


# -- 7 dense, backward -------------------------------------------------------------------------------


@wrong("dense_backward", "divides by N again", "so is db")
def _(x, W, dz):
    n = x.shape[0]
    return 1 / n * np.dot(x.T, dz), 1 / n * np.sum(dz, axis=0), np.dot(dz, W.T)


@wrong("dense_backward", "averages db alone", "db is a mean over the rows")
def _(x, W, dz):
    return x.T @ dz, dz.mean(axis=0), dz @ W.T


@wrong("dense_backward", "returns dW transposed", "dW is turned round")
def _(x, W, dz):
    return dz.T @ x, dz.sum(axis=0), dz @ W.T


@wrong("dense_backward", "sums db over the wrong axis", "summed along the rows")
def _(x, W, dz):
    return x.T @ dz, dz.sum(axis=1), dz @ W.T


@wrong("dense_backward", "forgets the axis of db", "one number for all units")
def _(x, W, dz):
    return x.T @ dz, np.sum(dz), dz @ W.T


@wrong("dense_backward", "keeps the axis of db", "leave out keepdims")
def _(x, W, dz):
    return x.T @ dz, np.sum(dz, axis=0, keepdims=True), dz @ W.T


@wrong("dense_backward", "writes = for += in a loop over the pictures", "only the last picture's share")
def _(x, W, dz):
    for n in range(len(x)):
        dW = np.outer(x[n], dz[n])
        db = dz[n]
    return dW, db, dz @ W.T


@wrong("dense_backward", "reshapes W in place of turning it", "reshaped where it has to be turned")
def _(x, W, dz):
    return x.T @ dz, dz.sum(axis=0), dz @ W.reshape(W.shape[1], W.shape[0])


@wrong("dense_backward", "multiplies dx by the sigmoid's slope", "slope as well")
def _(x, W, dz):
    return x.T @ dz, dz.sum(0), dz @ W.T * (x - x**2)


@wrong("dense_backward", "computes dx in columns", "dx is turned round")
def _(x, W, dz):
    return x.T @ dz, dz.sum(0), W @ dz.T


@wrong("dense_backward", "returns dx first", "the order is dW, db, dx")
def _(x, W, dz):
    return dz @ W.T, x.T @ dz, dz.sum(axis=0)


# -- 8 the whole backward pass -----------------------------------------------------------------------


@wrong("backward", "forgets the slopes", "No sigmoid's slope")
def _(x, y, a1, a2, p, weights):
    W1, _, W2, _, W3, _ = weights
    dW3, db3, d = dense_backward(a2, W3, loss_backward(p, y))
    dW2, db2, d = dense_backward(a1, W2, d)
    dW1, db1, d = dense_backward(x, W1, d)
    return dW1, db1, dW2, db2, dW3, db3


@wrong("backward", "forgets the first slope", "first sigmoid is missing")
def _(x, y, a1, a2, p, weights):
    _, _, W2, _, W3, _ = weights
    dz3 = (p - y) / len(x)
    dz2 = dz3 @ W3.T * a2 * (1 - a2)
    dz1 = dz2 @ W2.T
    return [x.T @ dz1, dz1.sum(0), a1.T @ dz2, dz2.sum(0), a2.T @ dz3, dz3.sum(0)]


@wrong("backward", "forgets the 1/N", "too large by N")
def _(x, y, a1, a2, p, weights):
    W1, _, W2, _, W3, _ = weights
    dW3, db3, da2 = dense_backward(a2, W3, p - y)
    dW2, db2, da1 = dense_backward(a1, W2, da2 * slope(a2))
    dW1, db1, _ = dense_backward(x, W1, da1 * slope(a1))
    return dW1, db1, dW2, db2, dW3, db3


@wrong("backward", "exchanges the arguments of loss_backward", "All signs are wrong")
def _(x, y, a1, a2, p, weights):
    W1, _, W2, _, W3, _ = weights
    dW3, db3, da2 = dense_backward(a2, W3, loss_backward(y, p))
    dW2, db2, da1 = dense_backward(a1, W2, da2 * slope(a2))
    dW1, db1, _ = dense_backward(x, W1, da1 * slope(a1))
    return dW1, db1, dW2, db2, dW3, db3


@wrong("backward", "returns the last layer's first", "from the last layer to the first")
def _(x, y, a1, a2, p, weights):
    W1, _, W2, _, W3, _ = weights
    dW3, db3, da2 = dense_backward(a2, W3, loss_backward(p, y))
    dW2, db2, da1 = dense_backward(a1, W2, da2 * slope(a2))
    dW1, db1, _ = dense_backward(x, W1, da1 * slope(a1))
    return dW3, db3, dW2, db2, dW1, db1


@wrong("backward", "takes each layer's output for its input", "what the layer gave")
def _(x, y, a1, a2, p, weights):
    dz3 = loss_backward(p, y)
    da2 = dense_backward(a2, weights[4], dz3)[2]
    dz2 = da2 * slope(a2)
    da1 = dense_backward(a1, weights[2], dz2)[2]
    dz1 = da1 * slope(a1)
    return a1.T @ dz1, dz1.sum(0), a2.T @ dz2, dz2.sum(0), p.T @ dz3, dz3.sum(0)


@wrong("backward", "takes the slope of sigmoid(a)", "sigmoid is taken once more")
def _(x, y, a1, a2, p, weights):
    def prime(z):
        s = 1 / (1 + np.exp(-z))
        return s * (1 - s)

    W1, _, W2, _, W3, _ = weights
    dW3, db3, da2 = dense_backward(a2, W3, loss_backward(p, y))
    dW2, db2, da1 = dense_backward(a1, W2, da2 * prime(a2))
    dW1, db1, _ = dense_backward(x, W1, da1 * prime(a1))
    return dW1, db1, dW2, db2, dW3, db3


@wrong("backward", "multiplies by the slope behind softmax too", "p - y has the slope of softmax")
def _(x, y, a1, a2, p, weights):
    W1, _, W2, _, W3, _ = weights
    dW3, db3, da2 = dense_backward(a2, W3, loss_backward(p, y) * p * (1 - p))
    dW2, db2, da1 = dense_backward(a1, W2, da2 * slope(a2))
    dW1, db1, _ = dense_backward(x, W1, da1 * slope(a1))
    return dW1, db1, dW2, db2, dW3, db3


@wrong("backward", "takes the slope of da2", "not of da2; and da2")
def _(x, y, a1, a2, p, weights):
    W1, W2, W3 = weights[::2]
    dW3, db3, da2 = dense_backward(a2, W3, loss_backward(p, y))
    dW2, db2, da1 = dense_backward(a1, W2, slope(da2))
    dW1, db1, _ = dense_backward(x, W1, slope(da1))
    return dW1, db1, dW2, db2, dW3, db3


@wrong("backward", "multiplies by the slope of da2", "da2 * slope(a2)")
def _(x, y, a1, a2, p, weights):
    W1, W2, W3 = weights[::2]
    dW3, db3, da2 = dense_backward(a2, W3, loss_backward(p, y))
    dW2, db2, da1 = dense_backward(a1, W2, da2 * slope(da2))
    dW1, db1, _ = dense_backward(x, W1, da1 * slope(da1))
    return dW1, db1, dW2, db2, dW3, db3


@wrong("backward", "takes the slope alone", "slope alone: multiply da2")
def _(x, y, a1, a2, p, weights):
    W1, W2, W3 = weights[::2]
    dW3, db3, _ = dense_backward(a2, W3, loss_backward(p, y))
    dW2, db2, _ = dense_backward(a1, W2, slope(a2))
    dW1, db1, _ = dense_backward(x, W1, slope(a1))
    return dW1, db1, dW2, db2, dW3, db3


@wrong("backward", "adds the slope", "are added: multiply")
def _(x, y, a1, a2, p, weights):
    W1, W2, W3 = weights[::2]
    dW3, db3, da2 = dense_backward(a2, W3, loss_backward(p, y))
    dW2, db2, da1 = dense_backward(a1, W2, da2 + slope(a2))
    dW1, db1, _ = dense_backward(x, W1, da1 + slope(a1))
    return dW1, db1, dW2, db2, dW3, db3


@wrong("backward", "averages dW1 alone", "dW1 is too small by N")
def _(x, y, a1, a2, p, weights):
    W1, W2, W3 = weights[::2]
    dW3, db3, da2 = dense_backward(a2, W3, loss_backward(p, y))
    dW2, db2, da1 = dense_backward(a1, W2, da2 * slope(a2))
    dW1, db1, _ = dense_backward(x, W1, da1 * slope(a1))
    return dW1 / len(x), db1, dW2, db2, dW3, db3


# -- 9 a check of gradients --------------------------------------------------------------------------


@wrong("numerical_gradient", "looks at one side", "compares w + h with w itself")
def _(loss, w, h):
    dw, middle = np.zeros_like(w), loss(w)
    for i in np.ndindex(w.shape):
        w[i] += h
        dw[i] = (loss(w) - middle) / h
        w[i] -= h
    return dw


@wrong("numerical_gradient", "goes back by h only once", "compares w + h with w itself, and then divides by 2 h")
def _(loss, w, h):
    dw = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        w[i] = w[i] + h
        up = loss(w)
        w[i] = w[i] - h
        down = loss(w)
        dw[i] = (up - down) / (2 * h)
    return dw


@wrong("numerical_gradient", "divides by h", "twice too large")
def _(loss, w, h):
    dw = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[i] += h
        down[i] -= h
        dw[i] = (loss(up) - loss(down)) / h
    return dw


@wrong("numerical_gradient", "writes / 2 * h", "Brackets are missing")
def _(loss, w, h):
    dw = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        up, down = w.copy(), w.copy()
        up[i] += h
        down[i] -= h
        dw[i] = (loss(up) - loss(down)) / 2 * h
    return dw


@wrong("numerical_gradient", "does not put w back", "stays at w - h")
def _(loss, w, h):
    dw = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        w[i] += h
        up = loss(w)
        w[i] -= 2 * h
        down = loss(w)
        dw[i] = (up - down) / (2 * h)
    return dw


@wrong("numerical_gradient", "copies by =", "makes no copy")
def _(loss, w, h):
    dw = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        up = w
        down = w
        up[i] += h
        down[i] -= h
        dw[i] = (loss(up) - loss(down)) / (2 * h)
    return dw


@wrong("numerical_gradient", "changes all weights at once", "gives one number")
def _(loss, w, h):
    return (loss(w + h) - loss(w - h)) / (2 * h)


@wrong("numerical_gradient", "changes a row at once", "whole row is changed")
def _(loss, w, h):
    dw = np.zeros_like(w)
    for i in range(len(w)):
        row = w[i].copy()
        w[i] = row + h
        up = loss(w)
        w[i] = row - h
        dw[i] = (up - loss(w)) / (2 * h)
        w[i] = row
    return dw


@wrong("numerical_gradient", "has an h of its own", "the argument h has to")
def _(loss, w, h):
    h, dw = 0.01, np.zeros_like(w)
    for i in np.ndindex(w.shape):
        kept = w[i]
        w[i] = kept + h
        above = loss(w)
        w[i] = kept - h
        dw[i] = (above - loss(w)) / (2 * h)
        w[i] = kept
    return dw


@wrong("numerical_gradient", "divides the second loss alone", "only the second loss is divided")
def _(loss, w, h):
    dw = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        kept = w[i]
        w[i] = kept + h
        above = loss(w)
        w[i] = kept - h
        below = loss(w)
        w[i] = kept
        dw[i] = above - below / (2 * h)
    return dw


@wrong("numerical_gradient", "divides by the square of h", "not by h²")
def _(loss, w, h):
    dw = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        kept = w[i]
        w[i] = kept + h
        above = loss(w)
        w[i] = kept - h
        below = loss(w)
        w[i] = kept
        dw[i] = (above - below) / h**2
    return dw


# -- 10 SGD, with momentum ---------------------------------------------------------------------------


@wrong("sgd", "binds the names anew", "w and m are as they were")
def _(w, g, m, learning_rate=0.01, momentum=0.9):
    m = momentum * m - learning_rate * g
    w = w + m
    return w, m


@wrong("sgd", "goes uphill", "slope is added")
def _(w, g, m, learning_rate=0.01, momentum=0.9):
    m *= momentum
    m += learning_rate * g
    w += m


@wrong("sgd", "writes it as PyTorch does", "PyTorch's form")
def _(w, g, m, learning_rate=0.01, momentum=0.9):
    m[:] = momentum * m + g
    w -= learning_rate * m


@wrong("sgd", "averages the gradient", "1 - momentum")
def _(w, g, m, learning_rate=0.01, momentum=0.9):
    m[...] = momentum * m - (1 - momentum) * learning_rate * g
    w[...] = w + m


@wrong("sgd", "keeps a mean of slopes, as a course does", "running mean of the slopes")
def _(w, g, m, learning_rate=0.01, momentum=0.9):
    m *= momentum
    m += (1 - momentum) * g
    w -= learning_rate * m


@wrong("sgd", "moves w before m", "moves by the old m")
def _(w, g, m, learning_rate=0.01, momentum=0.9):
    w += m
    m[...] = momentum * m - learning_rate * g


@wrong("sgd", "leaves momentum out", "plain SGD")
def _(w, g, m, learning_rate=0.01, momentum=0.9):
    m[...] = -learning_rate * g
    w += m


@wrong("sgd", "takes Nesterov's step", "Nesterov")
def _(w, g, m, learning_rate=0.01, momentum=0.9):
    m[...] = momentum * m - learning_rate * g
    w[...] = w + momentum * m - learning_rate * g


@wrong("sgd", "writes the defaults as numbers", "those of the defaults")
def _(w, g, m, learning_rate=0.01, momentum=0.9):
    m[...] = 0.9 * m - 0.01 * g
    w[...] = w + m


@wrong("sgd", "writes 0.9 for momentum", "where the argument momentum has to")
def _(w, g, m, learning_rate=0.01, momentum=0.9):
    m[...] = 0.9 * m - learning_rate * g
    w[...] = w + m


# -- 11 RMSprop and Adam -----------------------------------------------------------------------------


@wrong("rmsprop", "puts epsilon outside of the root", "epsilon is outside")
def _(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    v *= rho
    v += (1 - rho) * g * g
    w -= learning_rate * g / (np.sqrt(v) + epsilon)


@wrong("rmsprop", "leaves epsilon out of the root's brackets", "epsilon is left out, or brackets are missing")
def _(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    v[...] = rho * v + (1 - rho) * g * g
    w[...] = w - learning_rate * g / np.sqrt(v) + epsilon


@wrong("rmsprop", "exchanges rho and 1 - rho", "are exchanged")
def _(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    v[...] = (1 - rho) * v + rho * g**2
    w -= learning_rate * g / np.sqrt(v + epsilon)


@wrong("rmsprop", "does not square", "should take up g²")
def _(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    v[...] = rho * v + (1 - rho) * g
    w -= learning_rate * g / np.sqrt(np.maximum(v, 0) + epsilon)


@wrong("rmsprop", "forgets the root", "root is missing")
def _(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    v[...] = rho * v + (1 - rho) * g**2
    w -= learning_rate * g / (v + epsilon)


@wrong("rmsprop", "adds squares up, as Adagrad", "That is Adagrad")
def _(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    v += g**2
    w -= learning_rate * g / np.sqrt(v + epsilon)


@wrong("rmsprop", "binds v anew", "v is as it was")
def _(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    v = rho * v + (1 - rho) * g**2
    w -= learning_rate * g / np.sqrt(v + epsilon)


@wrong("rmsprop", "writes the defaults as numbers", "those of the defaults")
def _(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    v[...] = 0.9 * v + 0.1 * g**2
    w[...] = w - 0.001 * g / np.sqrt(v + 1e-7)


@wrong("rmsprop", "writes epsilon as a number", "where the argument epsilon has to")
def _(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    v[...] = rho * v + (1 - rho) * g**2
    w[...] = w - learning_rate * g / np.sqrt(v + 0.0000001)


@wrong("rmsprop", "writes w -= w - step", "subtracts w itself")
def _(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    v[...] = rho * v + (1 - rho) * g**2
    w -= w - learning_rate * g / np.sqrt(v + epsilon)


@wrong("adam", "forgets the correction", "nothing makes up for it")
def _(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    w -= learning_rate * m / (np.sqrt(v) + epsilon)


@wrong("adam", "follows the paper", "as in the paper")
def _(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
    w -= learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)


@wrong("adam", "puts epsilon into the root", "inside of the root, as in RMSprop")
def _(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    w -= rate * m / np.sqrt(v + epsilon)


@wrong("adam", "raises t", "that of the next step")
def _(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    t += 1
    rate = learning_rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    w -= rate * m / (np.sqrt(v) + epsilon)


@wrong("adam", "exchanges the betas", "beta_1 and beta_2 are exchanged")
def _(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    rate = learning_rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    m[...] = beta_2 * m + (1 - beta_2) * g
    v[...] = beta_1 * v + (1 - beta_1) * g**2
    w -= rate * m / (np.sqrt(v) + epsilon)


@wrong("adam", "writes 3 for t", "where the argument t has to")
def _(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    w -= learning_rate * np.sqrt(1 - beta_2**3) / (1 - beta_1**3) * m / (np.sqrt(v) + epsilon)


@wrong("adam", "exchanges the betas of the rate", "exchanged in the rate")
def _(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    rate = learning_rate * np.sqrt(1 - beta_1**t) / (1 - beta_2**t)
    w -= rate * m / (np.sqrt(v) + epsilon)


@wrong("adam", "takes the power of 1 - beta", "belongs to beta alone")
def _(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    rate = learning_rate * np.sqrt((1 - beta_2) ** t) / (1 - beta_1) ** t
    w -= rate * m / (np.sqrt(v) + epsilon)


@wrong("adam", "multiplies beta by t", "not `*`")
def _(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    rate = learning_rate * np.sqrt(1 - beta_2 * t) / (1 - beta_1 * t)
    w -= rate * m / (np.sqrt(v) + epsilon)


@wrong("adam", "corrects m in place", "spoilt for the next step")
def _(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    m /= 1 - beta_1**t
    v /= 1 - beta_2**t
    w -= learning_rate * m / (np.sqrt(v) + epsilon)


@wrong("adam", "writes w -= w - step", "subtracts w itself")
def _(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    w -= w - rate * m / (np.sqrt(v) + epsilon)


# -- 12 the loop: an epoch ---------------------------------------------------------------------------


def _step(xb, yb, weights, velocities):
    a1, a2, z3 = forward(xb, weights)
    p, l = softmax_crossentropy(z3, yb)
    for w, g, v in zip(weights, whole_backward(xb, yb, a1, a2, p, weights), velocities, strict=True):
        rmsprop(w, g, v)
    return l, p.argmax(axis=1) == yb.argmax(axis=1)


@wrong("epoch", "averages the batches' means", "mean of the batches' means")
def _(x, y, order, weights, velocities, batch_size=512):
    losses, accuracies = [], []
    for i in range(0, len(order), batch_size):
        l, hits = _step(x[order[i : i + batch_size]], y[order[i : i + batch_size]], weights, velocities)
        losses.append(l.mean())
        accuracies.append(hits.mean())
    return np.mean(losses), np.mean(accuracies)


@wrong("epoch", "adds means up, and divides by all digits", "added up and then divided by the number of digits")
def _(x, y, order, weights, velocities, batch_size=512):
    loss, hits = 0, 0
    for i in range(0, len(order), batch_size):
        l, right = _step(x[order[i : i + batch_size]], y[order[i : i + batch_size]], weights, velocities)
        loss, hits = loss + l.mean(), hits + right.sum()
    return loss / len(order), hits / len(order)


@wrong("epoch", "forgets the axis of argmax", "with axis=1")
def _(x, y, order, weights, velocities, batch_size=512):
    loss, hits = 0, 0
    for i in range(0, len(order), batch_size):
        xb, yb = x[order[i : i + batch_size]], y[order[i : i + batch_size]]
        a1, a2, z3 = forward(xb, weights)
        p, l = softmax_crossentropy(z3, yb)
        loss, hits = loss + l.sum(), hits + np.sum(np.argmax(p) == np.argmax(yb))
        for w, g, v in zip(weights, whole_backward(xb, yb, a1, a2, p, weights), velocities, strict=True):
            rmsprop(w, g, v)
    return loss / len(order), hits / len(order)


@wrong("epoch", "leaves out the last batch", "last batch is left out")
def _(x, y, order, weights, velocities, batch_size=512):
    loss, hits, seen = 0, 0, 0
    for k in range(len(order) // batch_size):
        rows = order[k * batch_size : (k + 1) * batch_size]
        l, right = _step(x[rows], y[rows], weights, velocities)
        loss, hits, seen = loss + l.sum(), hits + right.sum(), seen + len(rows)
    return loss / seen, hits / seen


@wrong("epoch", "does not shuffle", "one after the other, as they lie")
def _(x, y, order, weights, velocities, batch_size=512):
    loss, hits = 0, 0
    for i in range(0, len(order), batch_size):
        stop = min(i + batch_size, len(order))
        l, right = _step(x[i:stop], y[i:stop], weights, velocities)
        loss, hits = loss + l.sum(), hits + right.sum()
    return loss / len(order), hits / len(order)


@wrong("epoch", "shuffles x and not y", "y is not, so the pictures get the labels of others")
def _(x, y, order, weights, velocities, batch_size=512):
    x = x[order]
    loss, hits = 0, 0
    for i in range(0, len(x), batch_size):
        l, right = _step(x[i : i + batch_size], y[i : i + batch_size][: len(x) - i], weights, velocities)
        loss, hits = loss + l.sum(), hits + right.sum()
    return loss / len(x), hits / len(x)


@wrong("epoch", "measures after each step", "after its own step")
def _(x, y, order, weights, velocities, batch_size=512):
    loss, hits = 0, 0
    for i in range(0, len(order), batch_size):
        xb, yb = x[order[i : i + batch_size]], y[order[i : i + batch_size]]
        _step(xb, yb, weights, velocities)
        p, l = softmax_crossentropy(forward(xb, weights)[-1], yb)
        loss, hits = loss + l.sum(), hits + (p.argmax(1) == yb.argmax(1)).sum()
    return loss / len(order), hits / len(order)


@wrong("epoch", "returns within the loop", "Only the first batch")  # noqa: RET503
def _(x, y, order, weights, velocities, batch_size=512):
    loss, hits = 0, 0
    for i in range(0, len(order), batch_size):
        rows = order[i : i + batch_size]
        l, right = _step(x[rows], y[rows], weights, velocities)
        loss, hits = loss + l.sum(), hits + right.sum()
        return loss / len(rows), hits / len(rows)


@wrong("epoch", "never takes a step", "weights have not moved")
def _(x, y, order, weights, velocities, batch_size=512):
    p, l = softmax_crossentropy(forward(x[order], weights)[-1], y[order])
    return l.mean(), (p.argmax(1) == y[order].argmax(1)).mean()


@wrong("epoch", "returns sums", "not yet divided by their number")
def _(x, y, order, weights, velocities, batch_size=512):
    loss, hits = 0, 0
    for i in range(0, len(order), batch_size):
        l, right = _step(x[order[i : i + batch_size]], y[order[i : i + batch_size]], weights, velocities)
        loss, hits = loss + l.sum(), hits + right.sum()
    return loss, hits


def epoch_by(measure, step=rmsprop, wanted=lambda gradients: gradients):
    """An epoch that adds measure(p, l, y) to loss and hits, and takes these steps."""

    def epoch(x, y, order, weights, velocities, batch_size=512):
        loss = hits = 0.0
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            a1, a2, z3 = forward(x[rows], weights)
            p, l = softmax_crossentropy(z3, y[rows])
            more, right = measure(p, l, y[rows])
            loss, hits = loss + more, hits + right
            gradients = whole_backward(x[rows], y[rows], a1, a2, p, weights)
            for w, g, v in wanted(list(zip(weights, gradients, velocities, strict=True))):
                step(w, g, v)
        return loss / len(order), hits / len(order)

    return epoch


def right_measure(p, l, y):
    return l.sum(), (p.argmax(axis=1) == y.argmax(axis=1)).sum()


def plain_sgd(w, g, v):
    w -= 0.01 * g


wrong("epoch", "never counts a hit", "No digit counts as right")(epoch_by(lambda p, l, y: (l.sum(), 0)))
wrong("epoch", "compares p with y", "No digit counts as right")(epoch_by(lambda p, l, y: (l.sum(), (p == y).sum())))
wrong("epoch", "adds shares to hits", "adds its share of right answers")(
    epoch_by(lambda p, l, y: (l.sum(), (p.argmax(axis=1) == y.argmax(axis=1)).mean()))
)
wrong("epoch", "steps by SGD", "v of W1, v of b1, v of W2, v of b2, v of W3, v of b3 did not change")(
    epoch_by(right_measure, plain_sgd)
)
wrong("epoch", "takes the step after the loop over the weights", "Only b3 and v of b3 changed")(
    epoch_by(right_measure, wanted=lambda arrays: arrays[-1:])
)
wrong("epoch", "leaves out the last bias", "b3, v of b3 did not change")(
    epoch_by(right_measure, wanted=lambda arrays: arrays[:-1])
)


@wrong("epoch", "sets the loss in place of adding", "Only the last batch's loss is kept")
def _(x, y, order, weights, velocities, batch_size=512):
    hits = 0.0
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        a1, a2, z3 = forward(x[rows], weights)
        p, l = softmax_crossentropy(z3, y[rows])
        loss = l.sum()
        hits += (p.argmax(axis=1) == y[rows].argmax(axis=1)).sum()
        for w, g, v in zip(weights, whole_backward(x[rows], y[rows], a1, a2, p, weights), velocities, strict=True):
            rmsprop(w, g, v)
    return loss / len(order), hits / len(order)
