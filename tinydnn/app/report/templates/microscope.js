// The first step of the run, every tensor of it: forward, backward, and what happens to the weights.

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

// A column for each tensor of the forward pass; below dense/z stands dense/dz, below them all gradients and changes of dense.
function showStep(tensors) {
  const shown = document.getElementById("tensor");
  const node = (tensor, words = "") => {
    const values = tensor.sample, picture = values.length === 1 ? element("b", {}, number(values[0], 3)) :
      paint(element("canvas", {"aria-hidden": true}), values, ...nearSquare(values.length));
    const button = element("button", {type: "button", class: "node", "aria-pressed": false, "data-tensor": tensor.name},
                           picture, element("span", {}, words || tensor.name));
    button.addEventListener("click", () => {
      document.querySelector("#tensors [aria-pressed=true]")?.setAttribute("aria-pressed", false);
      button.setAttribute("aria-pressed", true);
      shown.replaceChildren(tensorCard(tensor));
    });
    return button;
  };
  const isForward = ({name, kind}) => ["x", "y", "z", "a", "l", "loss"].includes(kind) && name !== "y";
  const forward = tensors.filter(isForward), others = new Set(tensors.filter(tensor => !isForward(tensor)));
  const take = test => [...others].filter(test).map(tensor => (others.delete(tensor), tensor));
  const columns = forward.map(tensor => {
    const [layer, kind] = tensor.name.split("/");
    return {tensor, below: take(({name}) => name === `${layer}/d${kind}`), of: kind === "z" ? layer : null};
  });
  const end = columns.findIndex(({tensor}) => tensor.name === "l"), free = !columns[end - 1].below.length;
  columns[free ? end - 1 : end].below = take(({name}) => name === "y");  // the backward pass begins at the targets
  const steps = columns.flatMap(({tensor, below, of}, i) => {
    const changes = take(({name}) => of && name.startsWith(`${of}/`));
    const step = {forward: node(tensor)};
    if (below.length) step.backward = node(below[0]);
    if (changes.length) step.weights = element("div", {}, ...changes.map(each => node(each, each.name.slice(of.length + 1))));
    const between = {forward: arrow()};
    if (below.length && i && columns[i - 1].below.length) between.backward = arrow();
    return i ? [between, step] : [step];
  });
  if (others.size) steps.at(-1).weights = element("div", {}, ...[...others].map(each => node(each)));
  flow(document.getElementById("tensors"), steps, "4rem");
  document.querySelector('#tensors .backward[data-tensor$="/dz"]').click();
}
