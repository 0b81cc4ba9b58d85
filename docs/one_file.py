"""A neural network that reads handwritten digits, in plain NumPy. It prints the log that Keras prints for these lines:

    keras.utils.set_random_seed(42)
    model = keras.Sequential([Dense(324, "sigmoid"), Dense(36, "sigmoid"), Dense(10, "softmax")])
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=512, epochs=3, validation_split=0.2)  # the digits as load_digits returns them

Each layer computes z = x @ W + b and passes on a, its activation of z. dz is the gradient of the loss with respect
to z, and has the same shape as z; likewise dW and db. N is the number of digits in a batch.
"""

import random
import sys
from pathlib import Path

import numpy as np  # np.exp and the like compute on the GPU when they are given CuPy's arrays


def load_digits(path, dtype):
    """The 60,000 training digits: pixels x (60000, 784) from 0 to 1, and one-hot labels y (60000, 10)."""
    with np.load(path) as file:
        images, labels = file["x_train"], file["y_train"]  # (60000, 28, 28) of 0 to 255, and (60000,) of 0 to 9
    x = images.reshape(len(images), 784).astype(dtype) * np.float32(1 / 255)  # float32 even in float64, as in Keras
    return x, np.eye(10, dtype=dtype)[labels]  # label 3 becomes 0 0 0 1 0 0 0 0 0 0


def sigmoid(z):
    """1 / (1 + exp(-z)), written so that nothing overflows."""
    return (np.tanh(z / 2) + 1) / 2


def forward(x, weights):
    """From pixels to z3: for each digit one number per class, the larger the likelier."""
    W1, b1, W2, b2, W3, b3 = weights
    a1 = sigmoid(x @ W1 + b1)  # (N, 784) @ (784, 324) + (324,) -> (N, 324)
    a2 = sigmoid(a1 @ W2 + b2)  # (N, 324) @ (324, 36) + (36,) -> (N, 36)
    return a1, a2, a2 @ W3 + b3  # (N, 36) @ (36, 10) + (10,) -> (N, 10)


def softmax_crossentropy(z, y):
    """The probability p (N, 10) of each class, and the loss l (N,) of each digit: -log(p of the right class)."""
    s = z - z.max(axis=1, keepdims=True)  # changes neither p nor l, and keeps exp from overflowing
    total = np.exp(s).sum(axis=1, keepdims=True)  # (N, 1)
    p = np.exp(s) / total
    return p, (y * (np.log(total) - s)).sum(axis=1)  # log(total) - s is -log(p), but finite even where p is 0


def dense_backward(x, W, dz):
    """From dz (N, units) of z = x @ W + b: dW (inputs, units), db (units,) and dx (N, inputs)."""
    return x.T @ dz, dz.sum(axis=0), dz @ W.T


def backward(x, y, a1, a2, p, weights):
    """The gradients of the batch's mean loss, by the chain rule, from the last layer back to the first."""
    W1, _, W2, _, W3, _ = weights
    dz3 = (p - y) / len(x)  # (N, 10): through mean, cross-entropy and softmax in one step
    dW3, db3, da2 = dense_backward(a2, W3, dz3)  # (36, 10), (10,), (N, 36)
    dW2, db2, da1 = dense_backward(a1, W2, da2 * a2 * (1 - a2))  # the sigmoid's slope is a * (1 - a)
    dW1, db1, _ = dense_backward(x, W1, da1 * a1 * (1 - a1))  # nobody learns from the pixels' own gradient
    return dW1, db1, dW2, db2, dW3, db3


def rmsprop(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    """Move the weights w against their gradient g, divided by its recent size; v is a running mean of g²."""
    v[...] = rho * v + (1 - rho) * g**2
    w -= learning_rate * g / np.sqrt(v + epsilon)  # Keras has epsilon inside the root


def epoch(x, y, order, weights, velocities, batch_size=512):
    """Take a step for each batch of the digits in this order; the weights move. Return the mean loss and accuracy."""
    loss = hits = 0.0
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]  # of 48,000: 93 batches of 512, then one of 384
        a1, a2, z3 = forward(x[rows], weights)
        p, l = softmax_crossentropy(z3, y[rows])
        loss += float(l.sum())  # Keras logs each batch as it was before its own update
        hits += float((p.argmax(axis=1) == y[rows].argmax(axis=1)).sum())
        for w, g, v in zip(weights, backward(x[rows], y[rows], a1, a2, p, weights), velocities, strict=True):
            rmsprop(w, g, v)
    return loss / len(order), hits / len(order)


def train(x, y, epochs, xp=np, seed=42):
    """Train on the first 80 % of the digits and validate on the rest. Return the weights, and the log of each epoch."""
    n, logs = int(len(x) * 0.8), []  # 48,000
    weights = [xp.asarray(w) for w in initial_weights(seed, x.dtype)]  # xp is NumPy or CuPy
    velocities = [xp.zeros_like(w) for w in weights]
    order = xp.asarray(shuffled(n, seed))  # once seeded, Keras takes the digits in the same order in every epoch
    for number in range(1, epochs + 1):
        loss, accuracy = epoch(x, y, order, weights, velocities)
        p, l = softmax_crossentropy(forward(x[n:], weights)[-1], y[n:])
        val_accuracy = float((p.argmax(axis=1) == y[n:].argmax(axis=1)).mean())
        logs.append({"accuracy": accuracy, "loss": loss, "val_accuracy": val_accuracy, "val_loss": float(l.mean())})
        figures = (f"{name}: {value:{'.4f' if value > 1e-3 else '.4e'}}" for name, value in logs[-1].items())
        print(f"Epoch {number}/{epochs}", " - ".join(figures), sep="\n")
    return weights, logs


# Appendix: what Keras on TensorFlow draws from a seed.
def philox(n, key, first=0, upper=(0, 0)):
    """n random 32-bit words by Philox4x32-10: ten rounds mix each counter (four words) with the key (two words)."""
    x0 = np.arange(first, first + (n + 3) // 4, dtype=np.uint64)  # the lowest word of each counter
    x1, (x2, x3), (k0, k1) = 0, upper, key
    for _ in range(10):
        m0, m1 = x0 * 0xD2511F53, x2 * 0xCD9E8D57  # 64 bits: // 2**32 gives the upper half, % 2**32 the lower
        x0, x1, x2, x3 = (m1 // 2**32) ^ x1 ^ k0, m1 % 2**32, (m0 // 2**32) ^ x3 ^ k1, m0 % 2**32
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return np.stack([x0, x1, x2, x3], axis=1).ravel()[:n]


def initial_weights(seed, dtype):
    """[W1, b1, W2, b2, W3, b3]: W uniform between -limit and limit, from its own seed, which is scrambled; b zero."""
    weights, layer_seeds = [], random.Random(seed)
    for inputs, units in [(784, 324), (324, 36), (36, 10)]:
        k0, k1, c2, c3 = philox(4, (0x3EC8F720, 0x02461E29), first=layer_seeds.randint(1, 10**9)).tolist()
        if dtype == "float32":
            u = philox(inputs * units, (k0, k1), upper=(c2, c3)) % 2**23 / 2**23  # from 0 to 1, by 23 bits of a word
        else:
            high, low = philox(2 * inputs * units, (k0, k1), upper=(c2, c3)).reshape(-1, 2).T
            u = (high % 2**20 * 2**32 + low) / 2**52  # by 52 bits of two words
        limit = np.float32(np.sqrt(6 / (inputs + units)))  # Glorot's; float32 even in float64
        weights += [2 * limit * u.astype(dtype).reshape(inputs, units) - limit, np.zeros(units, dtype)]
    return weights


def shuffled(n, seed):
    """0 to n - 1 in random order, by Fisher and Yates: swap each with a random one at or after its place."""
    order = list(range(n))
    for i, word in enumerate(philox(n - 1, (seed, 0)).tolist()):  # seed: 1 to 2**31 - 2
        j = i + word % (n - i)
        order[i], order[j] = order[j], order[i]
    return np.array(order)


if __name__ == "__main__":  # python docs/one_file.py [cupy] [float64] [EPOCHS] [PATH of another mnist.npz]
    xp, dtype, epochs, path = np, "float32", 3, Path(__file__).parent.parent / "tinydnn" / "datasets" / "mnist.npz"
    try:
        for word in sys.argv[1:]:
            if word == "cupy":
                import cupy as xp
            elif word == "float64":
                dtype = word
            elif word.isdecimal() and int(word) > 0:
                epochs = int(word)
            else:
                path = word
        x, y = (xp.asarray(array) for array in load_digits(path, dtype))
    except Exception as error:
        sys.exit(f"Expected [cupy] [float64] [EPOCHS] [PATH]. Received: {' '.join(sys.argv[1:])} ({error})")
    train(x, y, epochs, xp)
