// Elements, numbers and pictures that all parts of the page use.

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function svg(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// A number with so many digits; very small and very large ones as 1.2e-7.
function number(v, digits) {
  const size = Math.abs(v);
  return v !== 0 && (size < 1e-3 || size >= 1e6) ? v.toExponential(digits - 1) : String(Number(v.toPrecision(digits)));
}

const percent = p => (100 * p).toFixed(p > 0 && p < 0.0995 ? 2 : 1) + " %";

// Paint numbers as a picture: in one shade, or from blue over white to orange if some are negative. The limit is the
// number that gets the full shade, by default the largest.
function paint(canvas, values, rows, columns, limit = extreme(values)) {
  if (canvas.width !== columns || canvas.height !== rows) canvas.width = columns, canvas.height = rows;
  const context = canvas.getContext("2d"), image = context.createImageData(columns, rows), rgba = image.data;
  const signed = values.some(v => v < 0);
  for (let i = 0; i < values.length; i++) {
    const v = values[i] / (limit || 1), away = Math.min(Math.abs(v), 1);
    const full = !signed ? INK : v < 0 ? NEGATIVE : POSITIVE;
    for (let colour = 0; colour < 3; colour++) rgba[4 * i + colour] = 255 + (full[colour] - 255) * away;
    rgba[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

const INK = [20, 24, 28], NEGATIVE = [0, 90, 150], POSITIVE = [200, 80, 0];

// The largest size of a number.
const extreme = values => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

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

const thumbnail = (pixels, words) =>
  paint(element("canvas", {role: "img", "aria-label": words}), pixels, SIDE, SIDE);

// The grey values of each digit of a sprite.
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

// A unit's weights, a column of W.
function weightsOf({W, inputs, units}, unit) {
  const weights = new Float64Array(inputs);
  for (let i = 0; i < inputs; i++) weights[i] = W[i * units + unit];
  return weights;
}
