// What the page does with the run's data.

const data = JSON.parse(document.getElementById("data").textContent);
const net = new Net(data.net);

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
    confident: "Mistaken, and sure of it: the surest first",
    unsure: "Narrowly mistaken: the least sure first",
    hardest: "Just recognised: the least sure first",
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

// -- how it learned -------------------------------------------------------------------------------

for (const name of ["accuracy", "loss"]) {
  const curve = new Chart(name, "epoch");
  curve.show(data.history[name].map((_, i) => i + 1), data.history[name], data.history[`val_${name}`]);
  document.getElementById("charts").append(curve.card);
}

const first = net.layers.find(({kind}) => kind === "dense");
if (first?.inputs === SIDE * SIDE) {
  const sizes = Float64Array.from(first.W, Math.abs).sort();
  const limit = sizes[Math.floor(0.995 * sizes.length)];  // or outliers leave the rest pale
  const sheet = document.getElementById("unit-weights");
  sheet.style.setProperty("--size", first.units > 100 ? "clamp(1.3rem, 4vw, 2.1rem)" : "4rem");
  sheet.append(...Array.from({length: first.units}, (_, j) =>
    paint(element("canvas", {title: `unit ${j}`, "aria-hidden": true}), weightsOf(first, j), SIDE, SIDE, limit)));
} else {
  document.getElementById("weights").remove();
}

showStep(data.microscope.tensors);

// -- tabs -----------------------------------------------------------------------------------------

const tabs = [...document.querySelectorAll("[role=tab]")];
let training, opening;  // the tab "Train", once it was opened, and while it is

function openTab(tab) {
  for (const each of tabs) {
    each.setAttribute("aria-selected", each === tab);
    each.tabIndex = each === tab ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = each !== tab;
  }
  if (tab.id === "tab-train") opening ??= openTraining();
  else training?.stop();
}

async function openTraining() {
  const {labels, tests, ...sprite} = data.practice, digits = (await readDigits(sprite, labels.length))
    .map((pixels, i) => ({pixels, label: labels[i]}));
  training = new TrainTab(document.getElementById("train"), {digits: digits.slice(tests), tests: digits.slice(0, tests)});
}

// A link leads to its section, and the tab that has it.
function follow() {
  const target = document.getElementById(location.hash.slice(1)), panel = target?.closest("[role=tabpanel]");
  const tab = tabs.find(each => each.getAttribute("aria-controls") === (panel?.id ?? "this"));
  openTab(tab);
  if (target !== panel) target?.scrollIntoView();
}

document.querySelector("[role=tablist]").hidden = false;
for (const [i, tab] of tabs.entries()) {
  tab.addEventListener("click", () => {
    history.replaceState(null, "", `#${tab.getAttribute("aria-controls")}`);
    openTab(tab);
  });
  tab.addEventListener("keydown", event => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const other = tabs[(i + 1) % tabs.length];
    other.focus(), other.click();
  });
}
window.addEventListener("hashchange", follow);
if (location.hash) follow();

// The digits come last, as decoding an image takes a moment.
readDigits(data.sprite, data.digits.length).then(digits => {
  for (const button of document.querySelectorAll("[data-cell]")) {
    button.addEventListener("click", () => showCell(button, digits));
  }
  const count = cell => Number(cell.textContent), mistakes = [...document.querySelectorAll("[data-cell].wrong")];
  if (mistakes.length) showCell(mistakes.reduce((most, each) => count(each) > count(most) ? each : most), digits);
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
