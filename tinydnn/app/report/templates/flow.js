// The way through a net: a row forward to the right, and below it a row backward to the left; in a narrow window a column
// downward, and beside it one upward.

// steps: [{forward, backward, weights}] of elements, from the input to the loss; every second one holds arrows.
// node: how wide their pictures are.
function flow(container, steps, node) {
  const columns = steps.map((_, i) => i % 2 ? "minmax(1.5rem, 1fr)" : "auto").join(" ");
  container.style.setProperty("--columns", columns), container.style.setProperty("--node", node);
  const placed = (row, order) => order.filter(i => steps[i][row]).map(i => {
    steps[i][row].classList.add(row);
    steps[i][row].style.setProperty("--at", i + 1);
    return steps[i][row];
  });
  const there = steps.map((_, i) => i), back = [...there].reverse();  // as they are computed, and as Tab goes
  container.replaceChildren(...placed("forward", there), ...placed("backward", back), ...placed("weights", back));
}

// What stands above the arrow, or in a narrow window beside it, and what below.
const arrow = (above = "", below = "") => element("div", {class: "arrow"}, element("span", {class: "above"}, above),
  element("span", {class: "line", "aria-hidden": true}), element("span", {class: "below"}, below));

// Numbers of a layer as a picture; where units can be chosen, by a click or with the arrow keys.
class Cells {
  // choose(unit): what a choice does; labels: what stands in the cells.
  constructor(name, words = "", choose = null, labels = []) {
    this.choose = choose;
    this.canvas = element("canvas", choose ? {"aria-hidden": true} : {role: "img", "aria-label": `${name} ${words}`});
    this.mark = element("span", {class: "mark"});
    this.labels = labels.map(text => element("span", {}, text));
    this.box = element("div", {class: "cells"}, this.canvas,
                       element("div", {class: "in-cells", "aria-hidden": true}, ...this.labels), this.mark);
    this.range = element("span", {});
    this.element = element("figure", {class: "node"}, this.box,
                           element("figcaption", {}, element("b", {}, name), ` ${words}`, element("br", {}), this.range));
    if (!choose) return;
    const slider = {tabindex: 0, role: "slider", "aria-label": `units of ${name}, ${words}`};
    for (const [key, value] of Object.entries(slider)) this.box.setAttribute(key, value);
    this.box.addEventListener("click", event => {
      const {left, top, width, height} = this.canvas.getBoundingClientRect();
      const column = Math.floor((event.clientX - left) / width * this.columns);
      const row = Math.floor((event.clientY - top) / height * this.rows);
      choose(cut(row * this.columns + column, 0, this.values.length - 1));
    });
    this.box.addEventListener("keydown", event => {
      const move = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns}[event.key];
      if (!move) return;
      event.preventDefault();
      choose(cut(this.chosen + move, 0, this.values.length - 1));
    });
  }

  show(values, limit) {
    [this.rows, this.columns] = nearSquare(values.length);
    Object.assign(this, {values, limit: limit ?? extreme(values)});
    paint(this.canvas, values, this.rows, this.columns, this.limit);
  }

  // The range of the numbers, and the chosen one, in words.
  tell(chosen) {
    this.chosen = chosen ?? 0;
    const brief = v => number(v, Math.abs(v) < 100 ? 2 : 3);
    this.range.textContent = `${brief(Math.min(...this.values))} to ${brief(Math.max(...this.values))}`;
    this.labels.forEach((label, i) => label.classList.toggle("on-dark", Math.abs(this.values[i]) > this.limit / 2));
    this.mark.hidden = chosen === null;
    if (chosen !== null) {
      this.mark.style.cssText = `width: ${100 / this.columns}%; height: ${100 / this.rows}%;` +
        `left: ${chosen % this.columns * 100 / this.columns}%; top: ${Math.floor(chosen / this.columns) * 100 / this.rows}%`;
    }
    if (!this.choose) return;
    const words = `unit ${this.chosen}: ${number(this.values[this.chosen], 3)}`;
    const said = {now: this.chosen, min: 0, max: this.values.length - 1, text: words};
    for (const [name, value] of Object.entries(said)) this.box.setAttribute(`aria-value${name}`, value);
  }
}

// An activation, or its slope, with a dot for each unit at its z; beyond the edges there are only dots.
class Curve {
  static FAR = 6;

  constructor(name, f) {
    this.f = f;
    const at = Array.from({length: 61}, (_, i) => (i / 30 - 1) * Curve.FAR), values = at.map(f);
    const low = Math.min(...values), high = Math.max(...values);
    this.x = z => 4 + (cut(z, -Curve.FAR, Curve.FAR) / Curve.FAR + 1) * 36;
    this.y = z => 44 - (this.f(cut(z, -Curve.FAR, Curve.FAR)) - low) / (high - low || 1) * 40;
    this.dots = svg("path", {class: "dots"});
    this.picture = svg("svg", {class: "curve", viewBox: "0 0 80 48", role: "img",
                               "aria-label": `${name}, with a dot for each unit`});
    this.picture.append(svg("line", {class: "grid", x1: 40, x2: 40, y1: 2, y2: 46}),
                        svg("polyline", {points: at.map(z => `${this.x(z)},${this.y(z)}`).join(" ")}), this.dots);
  }

  show(z) {
    this.dots.setAttribute("d", Array.from(z, v => `M${this.x(v).toFixed(1)},${this.y(v).toFixed(1)}h0`).join(""));
  }
}
