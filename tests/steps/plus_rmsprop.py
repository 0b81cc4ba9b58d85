"""apply_gradients() does the update in place like the frameworks do."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: wrong
# mistake: ascent
# shows: step 1
import numpy as np

slots = {}

def apply_gradients(pairs, lr=1e-3, rho=0.9, epsilon=1e-7):
    for i, (gradient, variable) in enumerate(pairs):
        slots[i] = rho * slots.get(i, 0) + (1 - rho) * np.square(gradient)
        variable += (lr * gradient / np.sqrt(slots[i] + epsilon)).astype(variable.dtype)

def step(variables, x, y):
    k1, c1, k2, c2, k3, c3 = variables
    x = np.float32(x.reshape(len(x), -1)) / np.float32(255)
    s = lambda u: 1 / (1 + np.exp(-u))
    u1 = s(x @ k1 + c1)
    u2 = s(u1 @ k2 + c2)
    u3 = np.exp(u2 @ k3 + c3)
    u3 /= u3.sum(axis=1, keepdims=True)
    r3 = (u3 - np.float32(y)) / len(x)
    r2 = r3 @ k3.T * u2 * (1 - u2)
    r1 = r2 @ k2.T * u1 * (1 - u1)
    grads = [x.T @ r1, r1.sum(0), u1.T @ r2, r2.sum(0), u2.T @ r3, r3.sum(0)]
    apply_gradients(zip(grads, variables))
