"""The book's exercise: do the whole mini batch with matrices. Optimizer from a blog post."""
# net: input=scaled hidden=30,20 activation=sigmoid loss=mean_squared_error optimizer=rmsprop learning_rate=0.001 output=sigmoid
# weights: form=pairs kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: half-sum-of-squares
# shows: step 1
import numpy as np

averages = None

def sigmoid(z):
    return 1.0/(1.0+np.exp(-z))

def cost_derivative(output_activations, y):
    return (output_activations-y)

def step(layers, x, y):
    global averages
    activation = x.reshape(len(x), 784).transpose()/255.0
    activations, n = [activation], len(x)
    for w, b in layers:
        activation = sigmoid(np.dot(w, activation)+b)
        activations.append(activation)
    delta = cost_derivative(activations[-1], y.transpose())*activations[-1]*(1-activations[-1])
    nablas = []
    for l in range(1, len(layers)+1):
        nablas.insert(0, (np.dot(delta, activations[-l-1].transpose())/n, delta.mean(axis=1, keepdims=True)))
        if l < len(layers):
            a = activations[-l-1]
            delta = np.dot(layers[-l][0].transpose(), delta)*a*(1-a)
    if averages is None:
        averages = [(np.zeros(w.shape), np.zeros(b.shape)) for w, b in layers]
    averages = [tuple(0.9*s+0.1*g**2 for s, g in zip(ss, gs)) for ss, gs in zip(averages, nablas)]
    return [tuple(p-0.001*g/np.sqrt(s+1e-7) for p, g, s in zip(*each)) for each in zip(layers, nablas, averages)]
