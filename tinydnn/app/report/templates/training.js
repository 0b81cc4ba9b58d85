// A training on the page: batches, averages, and snapshots to go back to.

class Training {
  static KEPT = 20;  // snapshots
  static AT_ONCE = 75;  // test digits of a look
  static POINTS = 150;  // of a curve, before every other one goes

  // digits, tests: [{pixels, label}]; settings: {hidden, activation, scaled, optimizer, seed}
  constructor(digits, tests, {hidden, activation, scaled, optimizer, seed}) {
    this.digits = digits, this.tests = tests, this.optimizer = OPTIMIZERS[optimizer];
    this.random = new Random(seed);
    this.net = new LearningNet([SIDE * SIDE, ...hidden, 10], activation, scaled ? 1 / 255 : 1, () => this.random.next());
    this.slots = Array.from({length: this.optimizer.slots}, () => new Float64Array(this.net.w.length));
    this.steps = 0, this.epoch = 0, this.at = digits.length;  // an epoch's order is made when it begins
    this.every = 10, this.since = [];  // a point of the curves for so many steps; the steps after the last one
    this.curves = {step: [], loss: [], accuracy: [], testLoss: [], testAccuracy: []};
    this.measured = this.net.evaluate(tests);
    this.snapshots = [], this.diverged = false;
  }

  // Train on the next digits of the epoch's order. A step out of float32's range is not taken, as `fit` refuses it.
  step(batchSize, rate) {
    if (this.diverged) return;
    if (this.at >= this.digits.length) this.order = this.random.permutation(this.digits.length), this.at = 0, this.epoch++;
    const batch = Array.from(this.order.subarray(this.at, this.at += batchSize), i => this.digits[i]);
    const {loss, accuracy} = this.net.gradient(batch), before = this.net.w.slice();
    this.optimizer.step(this.net.w, this.net.g, rate, this.steps + 1, ...this.slots);
    if (!this.net.w.every(v => Number.isFinite(Math.fround(v)))) {
      this.net.w.set(before);
      this.diverged = true;
      return;
    }
    this.steps++;
    this.since.push({loss, accuracy});
  }

  // A step, or a part of a look when one is due: in a frame there is time for either.
  advance(batchSize, rate) {
    if (this.since.length < this.every) return this.step(batchSize, rate);
    this.begun ??= this.looking();
    this.begun.next();
  }

  look() {
    for (const _ of this.looking());
  }

  // A point of the curves: means of the last steps' batches, and the test digits as the weights are now, part by part.
  *looking() {
    const {curves, since, tests} = this, mean = name => since.reduce((sum, each) => sum + each[name], 0) / since.length;
    const measured = {loss: 0, accuracy: 0, saturated: 0};
    for (let i = 0; i < tests.length; i += Training.AT_ONCE) {
      if (i) yield;
      const part = tests.slice(i, i + Training.AT_ONCE), found = this.net.evaluate(part);
      for (const name of Object.keys(measured)) measured[name] += found[name] * part.length / tests.length;
    }
    curves.step.push(this.steps);
    curves.loss.push(mean("loss")), curves.accuracy.push(mean("accuracy"));
    curves.testLoss.push(measured.loss), curves.testAccuracy.push(measured.accuracy);
    Object.assign(this, {measured, since: [], begun: null});
    if (curves.step.length >= Training.POINTS) this.thin();
  }

  // Make one point of each two.
  thin() {
    for (const [name, values] of Object.entries(this.curves)) {
      const pairs = values.filter((_, i) => i % 2 === 1);
      const means = pairs.map((v, i) => (values[2 * i] + v) / 2);
      this.curves[name] = name === "loss" || name === "accuracy" ? means : pairs;
    }
    this.every *= 2;
  }

  keep() {
    const {steps, epoch, at, order, every, measured, diverged} = this;
    this.snapshots.push({
      w: this.net.w.slice(), slots: this.slots.map(slot => slot.slice()), random: this.random.state,
      curves: Object.fromEntries(Object.entries(this.curves).map(([name, values]) => [name, [...values]])),
      since: [...this.since], fields: {steps, epoch, at, order, every, measured, diverged},
    });
    if (this.snapshots.length > Training.KEPT) this.snapshots.shift();
  }

  // To the last snapshot, which is the one taken before the last step or run.
  back() {
    const {w, slots, random, curves, since, fields} = this.snapshots.pop();
    this.net.w.set(w);
    slots.forEach((slot, i) => this.slots[i].set(slot));
    this.random.state = random;
    Object.assign(this, fields, {curves, since, begun: null});
  }
}
