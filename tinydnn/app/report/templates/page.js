// What the page does with the run's data.

const data = JSON.parse(document.getElementById("data").textContent);
const net = new Net(data.net);

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// A number with so many digits; very small and very large ones as 1.2e-7.
function number(v, digits) {
  const size = Math.abs(v);
  return v !== 0 && (size < 1e-3 || size >= 1e6) ? v.toExponential(digits - 1) : String(Number(v.toPrecision(digits)));
}

const percent = p => (100 * p).toFixed(p > 0 && p < 0.0995 ? 2 : 1) + " %";

// Paint numbers as a picture: in one shade, or from blue over white to orange if some are negative.
function paint(canvas, values, rows, columns) {
  canvas.width = columns, canvas.height = rows;
  const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
  const limit = values.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0) || 1;
  const signed = values.some(v => v < 0);
  for (let i = 0; i < rows * columns; i++) {
    const v = i < values.length ? values[i] / limit : 0, away = Math.abs(v);
    const full = signed ? (v < 0 ? [0, 90, 150] : [200, 80, 0]) : [20, 24, 28];
    const shade = full.map(colour => 255 + (colour - 255) * away);
    image.data.set([...shade, i < values.length ? 255 : 0], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// The most nearly square shape: 324 numbers are 18 x 18, 10 are 2 x 5.
function nearSquare(n) {
  const root = Math.floor(Math.sqrt(n));
  for (let rows = root; rows * 3 > root; rows--) if (n % rows === 0) return [rows, n / rows];
  return [root, Math.ceil(n / root)];
}

function bars(container, probabilities, label) {
  container.replaceChildren(...[...probabilities].flatMap((p, digit) => [
    element("span", digit === label ? {class: "label"} : {}, String(digit)),
    element("span", {class: "track"}, element("div", {class: "bar", style: `width: ${Math.max(0, Math.min(1, p)) * 100}%`})),
    element("span", {class: "number"}, percent(p)),
  ]));
  return container;
}

// -- draw a digit ---------------------------------------------------------------------------------

function answer(pixels) {
  const text = document.getElementById("answer"), pictures = document.getElementById("layers");
  if (!pixels) {
    text.textContent = "Nothing is drawn.";
    bars(document.getElementById("bars"), new Array(10).fill(0));
    pictures.replaceChildren();
    return;
  }
  const outputs = net.forward(pixels), probabilities = outputs.at(-1).values;
  const digit = probabilities.indexOf(Math.max(...probabilities));
  text.textContent = `This is a ${digit}: ${percent(probabilities[digit])}`;
  bars(document.getElementById("bars"), probabilities);
  const shown = [{name: "input", values: pixels}, ...outputs.filter(({kind}) => kind !== "rescaling")];
  pictures.replaceChildren(...shown.map(({name, values}) => {
    const caption = `${name}: ${values.length} numbers, ${number(Math.min(...values), 3)} to ${number(Math.max(...values), 3)}`;
    const canvas = paint(element("canvas", {role: "img", "aria-label": caption}), [...values], ...nearSquare(values.length));
    return element("figure", {}, canvas, element("figcaption", {}, caption));
  }));
}

function showPen({x, y, down}) {
  const pen = document.getElementById("pen"), state = document.getElementById("pen-state");
  pen.style.left = `${x / 2.8}%`, pen.style.top = `${y / 2.8}%`;
  pen.classList.toggle("down", down);
  const words = down ? "pen down" : "pen up";
  if (state.textContent !== words) state.textContent = words;
}

const pad = new Pad(document.getElementById("pad"), () => answer(pad.digit()), showPen);
pad.clear();
document.getElementById("clear").addEventListener("click", () => pad.clear());

// -- test digits ----------------------------------------------------------------------------------

// The grey values of each digit of the sprite.
async function readDigits({source, columns}, count) {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = element("canvas", {width: image.width, height: image.height});
  const context = canvas.getContext("2d", {willReadFrequently: true});
  context.drawImage(image, 0, 0);
  return Array.from({length: count}, (_, i) => {
    const {data: rgba} = context.getImageData(i % columns * SIDE, Math.floor(i / columns) * SIDE, SIDE, SIDE);
    return Uint8Array.from({length: SIDE * SIDE}, (_, k) => rgba[4 * k]);
  });
}

const thumbnail = (pixels, words) =>
  paint(element("canvas", {role: "img", "aria-label": words}), [...pixels], SIDE, SIDE);

const takenFor = digit => digit.p.indexOf(Math.max(...digit.p));

function showCell(button, digits) {
  document.querySelector("[data-cell][aria-pressed=true]")?.setAttribute("aria-pressed", false);
  button.setAttribute("aria-pressed", true);
  const [label, predicted] = button.dataset.cell.split(",").map(Number);
  const shown = data.cells[button.dataset.cell], total = data.confusion[label][predicted];
  const what = label === predicted ? `Digit ${label}, recognised` : `Digit ${label}, taken for ${predicted}`;
  const count = shown.length < total ? `${shown.length} of ${total}` : `${total}`;
  const items = shown.map(i => {
    const sure = percent(data.digits[i].p[predicted]);
    return element("li", {}, thumbnail(digits[i], `test digit ${data.digits[i].number}, ${sure}`), element("span", {}, sure));
  });
  document.getElementById("cell").replaceChildren(
    element("h3", {}, `${what}: ${count}, with the probability of ${predicted}`), element("ul", {class: "digits"}, ...items));
}

function showCases(digits) {
  const titles = {
    hardest: "Just recognised: the least sure first",
    confident: "Mistaken, and sure of it: the surest first",
    unsure: "Narrowly mistaken: the least sure first",
  };
  for (const [kind, title] of Object.entries(titles)) {
    const items = data.cases[kind].map(i => {
      const digit = data.digits[i], predicted = takenFor(digit);
      const words = predicted === digit.label ? `a ${digit.label}, recognised` : `a ${digit.label}, taken for ${predicted}`;
      return element("li", {class: "card case"}, thumbnail(digits[i], `test digit ${digit.number}`),
                     element("p", {}, words), bars(element("div", {class: "bars"}), digit.p, digit.label));
    });
    const list = items.length ? element("ul", {class: "case-list"}, ...items) : element("p", {}, "There is none.");
    document.getElementById("case-lists").append(element("h3", {}, title), list);
  }
}

// -- learning curves and the microscope -----------------------------------------------------------

for (const name of ["accuracy", "loss"]) {
  document.getElementById("charts").append(chart(name, data.history[name], data.history[`val_${name}`]));
}

function tensorCard(tensor) {
  const {formula, difference, largest} = tensor;
  const rows = [
    ["shape", tensor.shape.join(" × ") || "a number"],
    ["least, most", `${number(tensor.min, 3)}, ${number(tensor.max, 3)}`],
    ["mean", number(tensor.mean, 3)],
    ["the largest", number(largest.tinydnn, 7) + (largest.index.length ? ` at [${largest.index}]` : "")],
  ];
  if (largest.keras !== null) rows.push(["Keras' there", number(largest.keras, 7)]);
  if (tensor.slopes.length) rows.push(["loss' slope", number(tensor.slopes[0].slope, 7)]);  // along the same weight
  if (difference) rows.push(["apart", difference.absolute === null ? "not comparable" : `${number(difference.absolute, 2)} at most`]);
  return element("article", {class: "card tensor"},
    element("h3", {}, tensor.name), element("p", {}, element("code", {}, formula.text)),
    element("p", {class: "place"}, `${formula.file}:${formula.line}`),
    paint(element("canvas", {role: "img", "aria-label": `a part of ${tensor.name}`}), tensor.sample, ...nearSquare(tensor.sample.length)),
    element("table", {}, ...rows.map(([name, value]) =>
      element("tr", {}, element("th", {scope: "row"}, name), element("td", {}, String(value))))));
}

document.getElementById("tensors").append(...data.microscope.tensors.map(tensorCard));

// The digits come last, as decoding an image takes a moment.
readDigits(data.sprite, data.digits.length).then(digits => {
  for (const button of document.querySelectorAll("[data-cell]")) {
    button.addEventListener("click", () => showCell(button, digits));
  }
  showCases(digits);
  let next = 0;
  document.getElementById("example").addEventListener("click", () => {
    const {number, label} = data.digits[next], pixels = digits[next];
    next = (next + 1) % data.examples;
    const ink = element("canvas", {width: SIDE, height: SIDE}), context = ink.getContext("2d");
    const rgba = context.createImageData(SIDE, SIDE);
    pixels.forEach((grey, i) => rgba.data[4 * i + 3] = grey);
    context.putImageData(rgba, 0, 0);
    pad.show(ink);
    answer(pixels);
    document.getElementById("answer").append(` (test digit ${number}, a ${label})`);
  });
  document.body.dataset.ready = "";
});
