"""zs, activations, deltas: three lists."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: sigmoid-derivative-from-z
# shows: step 1
import numpy as np

def sigmoid_prime(s):
    return s*(1.0-s)

second_moment = []

def step(weights, x, y):
    zs, activations = [], [x.reshape(len(x), 784)/255.0]
    for w, b in zip(weights[0::2], weights[1::2]):
        zs.append(activations[-1] @ w+b)
        activations.append(1.0/(1.0+np.exp(-zs[-1])))
    out = np.exp(zs[-1])
    out = out/out.sum(axis=1, keepdims=True)
    deltas = [(out-y)/len(y)]
    for l in (2, 1):
        deltas.insert(0, deltas[0] @ weights[2*l].T*sigmoid_prime(zs[l-1]))
    nabla = []
    for delta, activation in zip(deltas, activations):
        nabla += [activation.T @ delta, delta.sum(axis=0)]
    if not second_moment:
        second_moment.extend(np.zeros_like(n) for n in nabla)
    for i in range(6):
        second_moment[i] = 0.9*second_moment[i]+0.1*nabla[i]**2
    return [w-0.001*n/np.sqrt(s+1e-7) for w, n, s in zip(weights, nabla, second_moment)]
