// How a net learns: forward, backward and four optimizers, as tinydnn/layers/, tinydnn/losses/ and tinydnn/optimizers/
// compute them. Everything is of one digit: x (inputs), z and a (units). A batch is one digit after the other.

// f'(z) of a = f(z), and where f is so flat that a unit hardly learns, as `tinydnn train --watch` counts it.
const SLOPES = {
  sigmoid: {slope: (z, a) => a * (1 - a), flat: a => a <= 0.01 || a >= 0.99},
  tanh: {slope: (z, a) => 1 - a * a, flat: a => Math.abs(a) >= 0.98},
  relu: {slope: z => Number(z > 0), flat: a => a === 0},
  linear: {slope: () => 1, flat: () => false},
};

// Each takes step number t, from 1: it changes all weights w by their gradient g, and its own slots.
const OPTIMIZERS = {
  sgd: {
    rate: 0.01, slots: 0, formula: "w = w − rate · g",
    step(w, g, rate) {
      for (let i = 0; i < w.length; i++) w[i] -= rate * g[i];
    },
  },
  momentum: {
    rate: 0.01, slots: 1, formula: "m = 0.9 m − rate · g, w = w + m",
    step(w, g, rate, t, m) {
      for (let i = 0; i < w.length; i++) {
        m[i] = 0.9 * m[i] - rate * g[i];
        w[i] += m[i];
      }
    },
  },
  rmsprop: {
    rate: 0.001, slots: 1, formula: "v = 0.9 v + 0.1 g², w = w − rate · g / √(v + 1e-7)",
    step(w, g, rate, t, v) {
      for (let i = 0; i < w.length; i++) {
        v[i] = 0.9 * v[i] + 0.1 * g[i] * g[i];
        w[i] -= rate * g[i] / Math.sqrt(v[i] + 1e-7);
      }
    },
  },
  adam: {
    rate: 0.001, slots: 2, formula: "m = 0.9 m + 0.1 g, v = 0.999 v + 0.001 g², w = w − rate · √(1 − 0.999ᵗ) / (1 − 0.9ᵗ) · m / (√v + 1e-7)",
    step(w, g, rate, t, m, v) {
      const corrected = rate * Math.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t);  // as if m and v had not begun at 0
      for (let i = 0; i < w.length; i++) {
        m[i] += 0.1 * (g[i] - m[i]);
        v[i] += 0.001 * (g[i] * g[i] - v[i]);
        w[i] -= corrected * m[i] / (Math.sqrt(v[i]) + 1e-7);
      }
    },
  },
};

// Dense layers, the last of them with softmax and cross-entropy.
class LearningNet {
  // units: of the input and of each layer, as [784, 16, 10]; scale: what grey values are multiplied by.
  constructor(units, activation, scale, random) {
    Object.assign(this, {units, activation, scale});
    const count = units.slice(1).reduce((sum, n, i) => sum + (units[i] + 1) * n, 0);
    this.w = new Float64Array(count), this.g = new Float64Array(count);  // all weights, and their gradient
    this.layers = this.views(this.w), this.gradients = this.views(this.g);
    for (const {W, inputs, units} of this.layers) {
      const limit = Math.sqrt(6 / (inputs + units));  // Glorot's; b stays 0
      for (let i = 0; i < W.length; i++) W[i] = limit * (2 * random() - 1);
    }
  }

  // W, row by row (inputs, units), and b of each layer, where they lie in a vector of all weights.
  views(flat) {
    let used = 0;
    const take = n => flat.subarray(used, used += n);
    return this.units.slice(1).map((units, i) =>
      ({inputs: this.units[i], units, W: take(this.units[i] * units), b: take(units)}));
  }

  // {x, z, a} of each layer for 784 grey values; the last a are the probabilities p.
  forward(pixels) {
    let x = new Float64Array(pixels.length);
    for (let i = 0; i < x.length; i++) x[i] = pixels[i] * this.scale;
    return this.layers.map((layer, i) => {
      const z = affine(x, layer), a = activate(z, i < this.layers.length - 1 ? this.activation : "softmax", []);
      const trace = {x, z, a};
      x = a;
      return trace;
    });
  }

  // Add dz and da to the traces, and dW and db to the gradients, for one of N digits of a batch.
  backward(traces, label, N = 1) {
    let dz = traces.at(-1).a.map((p, j) => (p - (j === label)) / N);  // through the mean, cross-entropy and softmax
    for (let i = traces.length - 1; i >= 0; i--) {
      const trace = traces[i], {dW, db} = {dW: this.gradients[i].W, db: this.gradients[i].b};
      trace.dz = dz;
      addOuter(dW, trace.x, dz);
      for (let j = 0; j < dz.length; j++) db[j] += dz[j];
      if (i === 0) break;  // no weights lie before the input
      const before = traces[i - 1], {slope} = SLOPES[this.activation];
      before.da = towardsInput(dz, this.layers[i]);
      dz = before.da.map((da, j) => da * slope(before.z[j], before.a[j]));
    }
  }

  // The gradient of the digits' mean loss, in g. Returns that loss, and the share of the digits that were recognised.
  gradient(digits) {
    this.g.fill(0);
    let loss = 0, hits = 0;
    for (const {pixels, label} of digits) {
      const traces = this.forward(pixels);
      this.backward(traces, label, digits.length);
      loss += crossentropy(traces.at(-1).z, label), hits += largest(traces.at(-1).a) === label;
    }
    return {loss: loss / digits.length, accuracy: hits / digits.length};
  }

  // The same two figures, and which share of the first layer's outputs is saturated; nothing is learned.
  evaluate(digits) {
    const {flat} = SLOPES[this.activation];
    let loss = 0, hits = 0, saturated = 0;
    for (const {pixels, label} of digits) {
      const traces = this.forward(pixels), [{a}] = traces;
      loss += crossentropy(traces.at(-1).z, label), hits += largest(traces.at(-1).a) === label;
      for (let j = 0; j < a.length; j++) saturated += flat(a[j]);
    }
    return {loss: loss / digits.length, accuracy: hits / digits.length, saturated: saturated / digits.length / this.units[1]};
  }
}

// l = log(sum of exp(z)) - z of the right class, which is -log(p) of it
function crossentropy(z, label) {
  const max = Math.max(...z);
  return max + Math.log(z.reduce((sum, v) => sum + Math.exp(v - max), 0)) - z[label];
}

const largest = values => values.indexOf(Math.max(...values));

// dW += outer product of x and dz; over a batch that is dW = x.T @ dz
function addOuter(dW, x, dz) {
  const units = dz.length;
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue;
    for (let j = 0; j < units; j++) dW[i * units + j] += x[i] * dz[j];
  }
}

// dx = dz @ W.T, which is da of the layer before
function towardsInput(dz, {W, inputs, units}) {
  const dx = new Float64Array(inputs);
  for (let i = 0; i < inputs; i++) for (let j = 0; j < units; j++) dx[i] += W[i * units + j] * dz[j];
  return dx;
}

// Random numbers from 0 to 1 by Mulberry32: the same seed, the same numbers.
class Random {
  constructor(seed) {
    this.state = seed;
  }

  next() {
    this.state = this.state + 0x6D2B79F5 | 0;
    let t = Math.imul(this.state ^ this.state >>> 15, 1 | this.state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  }

  // Numbers from 0 to n - 1 in any order.
  permutation(n) {
    const order = Uint32Array.from({length: n}, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(this.next() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}
