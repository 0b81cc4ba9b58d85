"use strict";

// The trained net, as tinydnn/layers/ and tinydnn/activations/ compute it, for one digit and in float64.

const cut = (v, low, high) => Math.min(Math.max(v, low), high);
const softplus = v => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));

// P(z) of the normal distribution: 1/2 + p(z) (z + z³/3 + z⁵/15 + …), Marsaglia's series.
function normal(z) {
  let sum = z;
  for (let n = 3, term = z; n < 400; n += 2) sum += term *= z * z / n;
  return Math.abs(z) > 9 ? Number(z > 0) : 0.5 + sum * Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

// a from each z, and from the activation's numbers.
const CURVES = {
  linear: v => v,
  sigmoid: v => 0.5 * Math.tanh(0.5 * v) + 0.5,
  hard_sigmoid: v => cut(v / 6 + 0.5, 0, 1),
  tanh: v => Math.tanh(v),
  softsign: v => v / (1 + Math.abs(v)),
  exponential: v => Math.exp(v),
  relu: v => Math.max(v, 0),
  relu6: v => cut(v, 0, 6),
  leaky_relu: (v, slope) => v > 0 ? v : slope * v,
  threshold_relu: (v, slope, largest, threshold) => v <= threshold ? slope * (v - threshold) : Math.min(v, largest ?? v),
  elu: (v, alpha) => v > 0 ? v : alpha * Math.expm1(v),
  selu: v => 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * Math.expm1(v)),
  softplus,
  silu: v => v / (1 + Math.exp(-v)),
  hard_silu: v => v * cut(v / 6 + 0.5, 0, 1),
  mish: v => v * Math.tanh(softplus(v)),
  gelu: v => v * normal(v * Math.fround(Math.SQRT1_2) / Math.SQRT1_2),  // TensorFlow's sqrt(1/2) is that of float32
};

// Of a whole layer.
const ROWS = {
  softmax: z => {
    const max = Math.max(...z);
    const e = z.map(v => Math.exp(v - max));
    const sum = e.reduce((a, b) => a + b);
    return e.map(v => v / sum);
  },
  log_softmax: z => {
    const max = Math.max(...z);
    const log = Math.log(z.reduce((sum, v) => sum + Math.exp(v - max), 0));
    return z.map(v => v - max - log);
  },
};

function activate(z, name, numbers) {
  return name in ROWS ? ROWS[name](z) : z.map(v => CURVES[name](v, ...numbers));
}

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
      if (layer.activation) x = activate(x, layer.activation, layer.numbers);
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
