"""Adam with the powers of beta as variables (as TensorFlow 1 did), kernels regularised with l2(0.001)."""
# net: input=scaled hidden=60 activation=relu loss=categorical_crossentropy optimizer=adam learning_rate=0.001 l2=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

class AdamState:
    beta1_power = 0.9
    beta2_power = 0.999
    m = [0, 0, 0, 0]
    v = [0, 0, 0, 0]

adam = AdamState()

def step(weights, x, y):
    W1, b1, W2, b2 = weights
    x = x.reshape(len(x), -1) / 255
    z = x @ W1 + b1
    h = (z + np.abs(z)) / 2
    logits = h @ W2 + b2
    p = 1 / np.exp(logits[:, None, :] - logits[:, :, None]).sum(axis=2)
    g2 = (p - y) / len(y)
    g1 = g2 @ W2.T * (1 + np.sign(z)) / 2
    grads = [x.T @ g1 + 0.002 * W1, g1.sum(0), h.T @ g2 + 0.002 * W2, g2.sum(0)]
    lr = 0.001 * np.sqrt(1 - adam.beta2_power) / (1 - adam.beta1_power)
    result = []
    for i in range(4):
        adam.m[i] = adam.m[i] * 0.9 + grads[i] * (1 - 0.9)
        adam.v[i] = adam.v[i] * 0.999 + grads[i] ** 2 * (1 - 0.999)
        result.append(weights[i] - adam.m[i] * lr / (np.sqrt(adam.v[i]) + 1e-7))
    adam.beta1_power *= 0.9
    adam.beta2_power *= 0.999
    return result
