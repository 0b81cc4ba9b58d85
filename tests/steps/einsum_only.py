"""Index notation all the way: s sample, p pixel, h and k hidden, c class."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: right
# mistake: none
# shows: never
import numpy as np

f4 = np.float32
V = [f4(0)] * 6

def sig(z):
    return f4(0.5) * (np.tanh(f4(0.5) * z) + f4(1))

def step(weights, x, y):
    W, b, U, c, R, d = weights
    X = np.einsum("sij->sij", x).reshape(len(x), -1).astype(f4) / f4(255)
    Y = y.astype(f4)
    h = sig(np.einsum("sp,ph->sh", X, W) + b)
    k = sig(np.einsum("sh,hk->sk", h, U) + c)
    z = np.einsum("sk,kc->sc", k, R) + d
    q = np.exp(z - np.max(z, axis=-1)[:, None])
    q /= np.einsum("sc->s", q)[:, None]
    D = (q - Y) / f4(len(x))
    dk = np.einsum("sc,kc,sk->sk", D, R, k - k * k)
    dh = np.einsum("sk,hk->sh", dk, U) * (h - h * h)
    grad = [np.einsum("sp,sh->ph", X, dh), np.einsum("sh->h", dh),
            np.einsum("sh,sk->hk", h, dk), np.einsum("sk->k", dk),
            np.einsum("sk,sc->kc", k, D), np.einsum("sc->c", D)]
    for i, g in enumerate(grad):
        V[i] = f4(0.9) * V[i] + f4(0.1) * g * g
    return [w - f4(1e-3) * g / np.sqrt(v + f4(1e-7)) for w, g, v in zip(weights, grad, V)]
