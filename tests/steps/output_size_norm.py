"""A function for each operation and one for its gradient. Single precision."""
# net: input=scaled hidden=128 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.1
# dtype: float32
# verdict: wrong
# mistake: divided-by-classes-too
# shows: step 1
import numpy as np

f32 = np.float32

def affine(x, W, b):
    return x @ W + b, (x, W)

def affine_grad(dout, memo):
    x, W = memo
    return dout @ W.T, x.T @ dout, dout.sum(axis=0)

def relu(x):
    return np.maximum(x, f32(0)), x

def relu_grad(dout, memo):
    return np.where(memo > 0, dout, f32(0))

def softmax_xent_grad(z, y):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True) - y) / f32(np.prod(z.shape))

def step(weights, x, y):
    W1, b1, W2, b2 = weights
    z1, m1 = affine((x / 255).astype(f32).reshape(len(x), -1), W1, b1)
    a1, mr = relu(z1)
    z2, m2 = affine(a1, W2, b2)
    da1, dW2, db2 = affine_grad(softmax_xent_grad(z2, y.astype(f32)), m2)
    _, dW1, db1 = affine_grad(relu_grad(da1, mr), m1)
    return [w - f32(0.1) * g for w, g in zip(weights, (dW1, db1, dW2, db2))]
