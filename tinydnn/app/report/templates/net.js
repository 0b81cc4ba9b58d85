"use strict";

// The trained net, as tinydnn/layers/ and tinydnn/activations.py compute it, for one digit and in float64.

const ACTIVATIONS = {
  linear: z => z,
  sigmoid: z => z.map(v => 0.5 * Math.tanh(0.5 * v) + 0.5),
  tanh: z => z.map(Math.tanh),
  relu: z => z.map(v => Math.max(v, 0)),
  softmax: z => {
    const max = Math.max(...z);
    const e = z.map(v => Math.exp(v - max));
    const sum = e.reduce((a, b) => a + b);
    return e.map(v => v / sum);
  },
};

function decodeWeights(base64, dtype) {
  const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0));
  return dtype === "float64" ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer);
}

class Net {
  constructor({layers, weights, dtype}) {
    const flat = decodeWeights(weights, dtype);
    let used = 0;
    const take = n => flat.subarray(used, used += n);
    this.layers = layers.map(layer => layer.kind !== "dense" ? layer : {
      ...layer,
      W: take(layer.inputs * layer.units),  // row by row, (inputs, units)
      b: layer.bias ? take(layer.units) : new Float32Array(layer.units),
    });
  }

  // What each layer puts out for 784 grey values 0 to 255: [{kind, name, values}], the probabilities last.
  forward(pixels) {
    let x = Float64Array.from(pixels);
    return this.layers.map(layer => {
      if (layer.kind === "rescaling") x = x.map(v => v * layer.scale + layer.offset);
      if (layer.kind === "dense") x = affine(x, layer);
      if (layer.activation) x = ACTIVATIONS[layer.activation](x);
      return {kind: layer.kind, name: layer.name, values: x};
    });
  }
}

// z = x @ W + b
function affine(x, {W, b, units}) {
  const z = Float64Array.from(b);
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue;
    for (let j = 0; j < units; j++) z[j] += x[i] * W[i * units + j];
  }
  return z;
}
