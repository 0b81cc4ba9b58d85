"""Is the digit even? One output neuron, binary cross entropy."""
# net: input=scaled hidden=32 activation=relu loss=binary_crossentropy optimizer=sgd learning_rate=0.1 outputs=1
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

counter = 0

def step(weights, x, y):
    global counter
    w_h, b_h, w_o, b_o = weights
    m = x.shape[0]
    x = x.reshape(m, -1) / 255
    # forward
    z_h = np.dot(x, w_h) + b_h
    a_h = z_h * (z_h > 0)
    y_hat = 1 / (1 + np.exp(-(np.dot(a_h, w_o) + b_o)))
    if counter % 100 == 99:
        print("loss", -np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)))
    counter += 1
    # backward
    dz_o = (y_hat - y) / m
    dw_o = np.dot(a_h.T, dz_o)
    db_o = np.sum(dz_o, axis=0)
    dz_h = np.dot(dz_o, w_o.T)
    dz_h[z_h <= 0] = 0
    dw_h = np.dot(x.T, dz_h)
    db_h = np.sum(dz_h, axis=0)
    # update
    return [w_h - 0.1 * dw_h, b_h - 0.1 * db_h, w_o - 0.1 * dw_o, b_o - 0.1 * db_o]
