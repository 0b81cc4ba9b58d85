// The tab "Train": controls, the loop, and what it shows.

const BUDGET = 8;  // milliseconds of a frame for steps, so that drawing has the other half
const TELL_EVERY = 200;  // milliseconds from one change of the texts to the next, so that one can read them

class TrainTab {
  constructor(root, {digits, tests}) {
    Object.assign(this, {root, digits, tests, running: false, digit: 0, chosen: {layer: 0, unit: 0}});
    this.form = root.querySelector("form");
    const kind = {width: 300, height: 195, training: "batches", validation: "new digits"};
    this.charts = {
      accuracy: new Chart("accuracy", "step", {range: [0, 1], ...kind}),
      loss: new Chart("loss", "step", {range: [0, Math.log(10)], ...kind}),  // to that of ten equal probabilities
    };
    for (const [name, {card}] of Object.entries(this.charts)) this.part(name).replaceChildren(card);
    this.write("counts", `${digits.length.toLocaleString("en")} digits, ${tests.length} new ones to test it with`);
    const does = {run: () => this.running ? this.stop() : this.run(), step: () => this.single(), back: () => this.back(),
                  anew: () => this.anew(), next: () => this.show(this.digit + 1), hardest: () => this.show(this.hardest())};
    for (const [name, act] of Object.entries(does)) this.part(name).addEventListener("click", act);
    this.form.addEventListener("change", event => this.changed(event.target.name));
    this.form.addEventListener("submit", event => event.preventDefault());
    document.addEventListener("visibilitychange", () => document.hidden && this.stop());
    this.anew();
  }

  part(name) {
    return this.root.querySelector(`[data-part=${name}]`);
  }

  // A text that stays the same is not written again, so that a screen reader does not say it again.
  write(name, text) {
    if (this.part(name).textContent !== text) this.part(name).textContent = text;
  }

  get settings() {
    const {hidden, activation, input, optimizer, rate, batch, seed} = Object.fromEntries(new FormData(this.form));
    return {
      hidden: hidden.split(",").filter(Boolean).map(Number), activation, scaled: input === "scaled", optimizer,
      rate: Number(rate), batchSize: Number(batch), seed: Number(seed),
    };
  }

  // Learning rate, batch size and pace hold from the next step on; for anything else the training starts anew.
  changed(name) {
    if (name === "optimizer") this.form.elements.rate.value = OPTIMIZERS[this.form.elements.optimizer.value].rate;
    if (!["rate", "batch", "pace"].includes(name)) this.anew();
  }

  anew() {
    this.stop();
    this.training = new Training(this.digits, this.tests, this.settings);
    const {net} = this.training;
    this.names = net.layers.map((_, i) => i ? `dense_${i}` : "dense");
    this.chosen = {layer: 0, unit: Math.min(this.chosen.unit, net.units[1] - 1)};
    this.build();
    const {hidden, scaled, activation} = this.settings;
    this.part("raw").hidden = scaled || !hidden.length || !["sigmoid", "tanh"].includes(activation);
    this.write("formula", this.training.optimizer.formula);
    this.draw(true);
  }

  // -- running --------------------------------------------------------------------------------------

  run() {
    this.training.keep();
    this.running = true;
    this.part("run").textContent = "Stop";
    this.last = 0;
    const frame = now => {
      if (this.training.diverged) return this.stop();
      this.pending = requestAnimationFrame(frame);
      const pace = this.form.elements.pace.value;
      if (pace === "slow" && now - this.last < 200) return;
      this.last = now;
      const {batchSize, rate} = this.settings, until = performance.now() + BUDGET;
      do this.training.advance(batchSize, rate); while (pace === "fast" && performance.now() < until);
      this.draw(performance.now() - this.told > TELL_EVERY);
    };
    this.pending = requestAnimationFrame(frame);
  }

  stop() {
    if (!this.running) return;
    this.running = false;
    cancelAnimationFrame(this.pending);
    this.part("run").textContent = "Run";
    this.look();
  }

  single() {
    this.stop();
    this.training.keep();
    const {batchSize, rate} = this.settings;
    this.training.step(batchSize, rate);
    this.look();
  }

  back() {
    this.stop();
    this.training.back();
    this.draw(true);
    this.say();
  }

  // Measure, draw everything, and say so.
  look() {
    if (this.training.since.length) this.training.look();
    this.draw(true);
    this.say();
  }

  say() {
    const {steps, measured} = this.training;
    this.write("said", `Step ${steps}: ${percent(measured.accuracy)} of the new digits are recognised.`);
  }

  // -- one digit's way ------------------------------------------------------------------------------

  show(digit) {
    this.digit = digit % this.digits.length;
    this.draw(true);
  }

  // The digit with the largest loss.
  hardest() {
    const losses = this.digits.map(({pixels, label}) => crossentropy(this.training.net.forward(pixels).at(-1).z, label));
    return losses.indexOf(Math.max(...losses));
  }

  choose(layer, unit) {
    this.chosen = {layer, unit};
    this.draw(true);
  }

  // The parts of the picture for this net: two rows with arrows, and the weights of the first layer.
  build() {
    const {net} = this.training, last = net.layers.length - 1;
    const box = (i, name, words, labels) => new Cells(name, words, unit => this.choose(i, unit), labels);
    this.input = {x: new Cells("x", "the digit"), dx: new Cells("dx")};
    const steps = [{forward: this.input.x.element, backward: this.input.dx.element}];
    this.cells = net.layers.map((_, i) => {
      const name = this.names[i], labels = i === last ? [..."0123456789"] : [];
      const made = {z: box(i, "z", name, labels), dz: box(i, "dz", name, labels)};
      steps.push({forward: arrow("· W + b"), backward: arrow("· Wᵀ")}, {forward: made.z.element, backward: made.dz.element});
      if (i < last) {
        const f = CURVES[net.activation], {slope} = SLOPES[net.activation];
        Object.assign(made, {a: box(i, "a", name), da: box(i, "da", name),
                             f: new Curve(net.activation, z => f(z)), slope: new Curve("its slope", z => slope(z, f(z)))});
        steps.push({forward: arrow(made.f.picture, net.activation), backward: arrow(made.slope.picture, "· slope")});
      } else {
        // y stands in place of da, which softmax and cross-entropy together do without
        Object.assign(made, {a: box(i, "p", "probabilities", labels), da: box(i, "y", "what it is", labels)});
        steps.push({forward: arrow("softmax"), backward: arrow("p − y")});
      }
      steps.push({forward: made.a.element, backward: made.da.element});
      return made;
    });
    this.loss = element("output", {class: "node loss"});
    steps.push({forward: arrow("−log p")}, {forward: this.loss});
    flow(this.part("way"), steps, net.layers.length > 2 ? "4.6rem" : "6.75rem");

    this.weights = Array.from({length: net.units[1]}, (_, j) => {
      const canvas = element("canvas", {"aria-hidden": true}), words = last ? `unit ${j}` : `digit ${j}`;
      const button = element("button", {type: "button", "aria-label": `weights of ${words}`, title: words}, canvas);
      button.addEventListener("click", () => this.choose(0, j));
      return {canvas, button};
    });
    const across = net.units[1] === 10 ? [5, 5] : net.units[1] > 16 ? [8, 8] : [Math.min(net.units[1], 8), 4];
    ["--across", "--across-narrow"].forEach((name, i) => this.part("weights").style.setProperty(name, across[i]));
    this.part("weights").replaceChildren(...this.weights.map(({button}) => button));
  }

  // -- drawing --------------------------------------------------------------------------------------

  // texts: whether numbers and sums change too.
  draw(texts) {
    const {net} = this.training, {pixels, label} = this.digits[this.digit], traces = net.forward(pixels), [first] = net.layers;
    net.backward(traces, label);  // also into g, which the next step begins anew
    this.input.x.show(traces[0].x);
    this.input.dx.show(towardsInput(traces[0].dz, first));
    this.cells.forEach((made, i) => {
      const {z, a, dz, da} = traces[i];
      made.z.show(z), made.dz.show(dz), made.a.show(a, 1);
      made.da.show(da ?? a.map((_, j) => Number(j === label)));
      made.f?.show(z), made.slope?.show(z);
    });
    const limit = extreme(first.W);
    this.weights.forEach(({canvas}, j) => paint(canvas, weightsOf(first, j), SIDE, SIDE, limit));
    if (texts) this.tell(traces, label);
  }

  tell(traces, label) {
    const {net, steps, epoch, measured, curves, snapshots, diverged} = this.training, {layer, unit} = this.chosen;
    this.told = performance.now();
    this.charts.accuracy.show(curves.step, curves.accuracy, curves.testAccuracy);
    this.charts.loss.show(curves.step, curves.loss, curves.testLoss);

    const {z, a: p} = traces.at(-1), digit = largest(p), ofDigit = layer === net.layers.length - 1 ? `, for the digit ${unit}` : "";
    const texts = {
      "at-step": String(steps), "at-epoch": String(epoch),
      "new-accuracy": percent(measured.accuracy), "new-loss": number(measured.loss, 3),
      saturated: net.layers.length > 1 ? percent(measured.saturated) : "–",
      digit: `A ${label}, ${digit === label ? "recognised" : `taken for a ${digit}`} with ${percent(p[digit])}`,
      unit: `Unit ${unit} of ${this.names[layer]}${ofDigit}`,
    };
    for (const [name, text] of Object.entries(texts)) this.write(name, text);
    this.part("back").disabled = !snapshots.length;
    this.part("diverged").hidden = !diverged;

    this.input.x.tell(null), this.input.dx.tell(null);
    this.cells.forEach((made, i) => {
      for (const kind of ["z", "a", "dz", "da"]) made[kind].tell(i === layer ? unit : null);
    });
    const l = number(crossentropy(z, label), 3);
    this.loss.replaceChildren(element("b", {}, l), element("span", {}, `l = −log p of ${label}`));
    this.weights.forEach(({button}, j) => button.setAttribute("aria-pressed", layer === 0 && unit === j));
    this.part("forward-sum").replaceChildren(...forwardSum(net, traces, layer, unit));
    this.part("backward-sum").replaceChildren(...backwardSum(net, traces, label, layer, unit));
  }
}
