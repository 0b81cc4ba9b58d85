"""Everything in place, no allocation in the update. train_step changes the arrays you give it."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: right
# mistake: none
# shows: never
import numpy as np

ms = []

def step(params, images, labels):
    if len(ms) == 0:
        for p in params:
            ms.append(np.zeros_like(p))
    n = images.shape[0]
    a = [images.reshape(n, 784).astype(np.float32)]
    np.divide(a[0], 255.0, out=a[0])
    for i in range(3):
        z = np.matmul(a[i], params[2*i])
        z += params[2*i+1]
        if i == 2:
            z -= z.max(axis=1, keepdims=True)
            np.exp(z, out=z)
            z /= z.sum(axis=1, keepdims=True)
        else:
            np.negative(z, out=z)
            np.exp(z, out=z)
            z += 1.0
            np.reciprocal(z, out=z)
        a.append(z)
    delta = a[3]
    delta -= labels.astype(np.float32)
    delta /= n
    grads = [None] * 6
    for i in (2, 1, 0):
        grads[2*i] = np.matmul(a[i].T, delta)
        grads[2*i+1] = np.add.reduce(delta, axis=0)
        if i > 0:
            delta = np.matmul(delta, params[2*i].T)
            delta *= a[i]
            delta *= 1.0 - a[i]
    for p, m, g in zip(params, ms, grads):
        m *= 0.9
        m += 0.1 * g * g
        p -= 0.001 * g / np.sqrt(m + 1e-7)
