// Learning curves as SVG: training as dots, validation as a line; below, the values of the point that is chosen.

const EDGE = {left: 52, right: 16, top: 10, bottom: 34};

// Some four round numbers between two others, and how to write them: 0.86, 0.88, 0.9 or 0, 50, 100.
function ticks(low, high, count = 4) {
  const rough = (high - low || 1) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [5, 2, 1].find(times => times * power <= rough * 1.5);
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({length: last - first + 1}, (_, k) => (first + k) * step)
    .map(value => ({value, text: step < 1e4 ? value.toFixed(places) : number(value, 2)}));
}

const exact = v => v < 1e4 ? v.toFixed(4) : number(v, 5);

class Chart {
  // of: what a point belongs to, as "epoch"; range: values that are in the picture even if no point has them.
  constructor(name, of, {range = [], width = 480, height = 260, training = "training", validation = "validation"} = {}) {
    Object.assign(this, {name, of, range, width, height, names: {training, validation}, chosen: null});
    this.picture = svg("svg", {viewBox: `0 0 ${width} ${height}`, tabindex: 0, role: "slider",
                               "aria-label": `${name} of each ${of}`});
    this.values = element("p", {class: "legend"});
    this.card = element("div", {class: "card chart"}, element("h3", {}, name), this.picture, this.values);
    this.picture.addEventListener("pointermove", event => this.choose(this.nearest(event)));
    for (const end of ["pointerleave", "blur"]) this.picture.addEventListener(end, () => this.choose(null));
    this.picture.addEventListener("keydown", event => {
      const move = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (move) event.preventDefault(), this.choose((this.chosen ?? this.at.length - 1) + move);
    });
    this.show([], [], []);
  }

  // at: the epoch or step of each point.
  show(at, training, validation = []) {
    Object.assign(this, {at, training, validation});
    const {width, height} = this;
    const all = [...training, ...validation, ...this.range], low = Math.min(...all), high = Math.max(...all);
    const room = (high - low || 1) * 0.05, first = at[0] ?? 0, length = (at.at(-1) ?? 1) - first;
    this.x = step => EDGE.left + (length ? (step - first) / length : 0.5) * (width - EDGE.left - EDGE.right);
    const y = v => height - EDGE.bottom - (v - low + room) / (high - low + 2 * room) * (height - EDGE.top - EDGE.bottom);
    const text = (x, y, anchor, words) => svg("text", {x, y, "text-anchor": anchor}, words);
    const inRows = (all.length ? ticks(low, high) : []).flatMap(({value, text: words}) => [
      svg("line", {class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value)}),
      text(EDGE.left - 6, y(value) + 4, "end", words)]);
    const whole = at.length ? ticks(first, first + length, width / 80).filter(({value}) => Number.isInteger(value)) : [];
    const line = validation.map((v, i) => `${this.x(at[i])},${y(v)}`);
    this.pointer = svg("line", {class: "pointer", y1: EDGE.top, y2: height - EDGE.bottom});
    this.picture.replaceChildren(
      ...inRows, ...whole.map(({value}) => text(this.x(value), height - 18, "middle", String(value))),
      text(width / 2, height - 2, "middle", this.of),
      svg("polyline", {class: "validation", points: [...line, ...line.slice(-1)].join(" ")}),  // so that one point is seen, too
      svg("path", {class: "training", d: training.map((v, i) => `M${this.x(at[i])},${y(v)}h0`).join("")}),  // dots
      this.pointer);
    this.choose(this.chosen);
  }

  nearest(event) {
    const box = this.picture.getBoundingClientRect(), x = (event.clientX - box.left) * this.width / box.width;
    const away = this.at.map(step => Math.abs(this.x(step) - x));
    return away.indexOf(Math.min(...away));
  }

  // Show the values of a point; null is the last one, whichever that is.
  choose(i) {
    this.chosen = i === null ? null : Math.min(Math.max(i, 0), this.at.length - 1);
    const at = this.chosen ?? this.at.length - 1;
    this.pointer.style.display = at < 0 ? "none" : "";
    if (at < 0) return this.values.replaceChildren("Nothing yet.");
    this.pointer.setAttribute("x1", this.x(this.at[at]));
    this.pointer.setAttribute("x2", this.x(this.at[at]));
    this.values.replaceChildren(`${this.of} ${this.at[at]}: `, element("span", {class: "dot"}), ` ${this.names.training} `,
                                element("b", {}, exact(this.training[at])));
    if (this.validation.length) this.values.append(" · ", element("span", {class: "dash"}), ` ${this.names.validation} `,
                                                   element("b", {}, exact(this.validation[at])));
    const said = {min: this.at[0], max: this.at.at(-1), now: this.at[at], text: this.values.textContent};
    for (const [name, value] of Object.entries(said)) this.picture.setAttribute(`aria-value${name}`, value);
  }
}
