// Learning curves as SVG: training as dots, validation as a line; below, the values of the epoch pointed at.

const WIDTH = 480, HEIGHT = 260, EDGE = {left: 48, right: 10, top: 10, bottom: 34};

function svg(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function chart(name, training, validation = []) {
  const all = [...training, ...validation], epochs = training.length;
  const low = Math.min(...all), high = Math.max(...all), room = (high - low || 1) * 0.05;
  const x = i => EDGE.left + (epochs > 1 ? i / (epochs - 1) : 0.5) * (WIDTH - EDGE.left - EDGE.right);
  const y = v => HEIGHT - EDGE.bottom - (v - low + room) / (high - low + 2 * room) * (HEIGHT - EDGE.top - EDGE.bottom);

  const picture = svg("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, tabindex: 0, role: "slider",
                              "aria-label": `${name} of each epoch`, "aria-valuemin": 1, "aria-valuemax": epochs});
  for (let k = 0; k <= 4; k++) {
    const value = low + k / 4 * (high - low);
    picture.append(svg("line", {class: "grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value)}));
    picture.append(svg("text", {x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end"}, value.toFixed(high < 2 ? 3 : 1)));
  }
  const every = Math.ceil(epochs / 10);
  for (let i = 0; i < epochs; i += every) {
    picture.append(svg("text", {x: x(i), y: HEIGHT - 18, "text-anchor": "middle"}, i + 1));
  }
  picture.append(svg("text", {x: WIDTH / 2, y: HEIGHT - 2, "text-anchor": "middle"}, "epoch"));
  const points = validation.map((v, i) => `${x(i)},${y(v)}`).join(" ");
  if (points) picture.append(svg("polyline", {class: "validation", points}));
  training.forEach((v, i) => picture.append(svg("circle", {class: "training", cx: x(i), cy: y(v), r: 4})));
  const pointer = svg("line", {class: "pointer", y1: EDGE.top, y2: HEIGHT - EDGE.bottom});
  picture.append(pointer);

  const values = element("p", {class: "legend"});
  let chosen = epochs - 1;
  const choose = i => {
    chosen = Math.min(Math.max(i, 0), epochs - 1);
    pointer.setAttribute("x1", x(chosen));
    pointer.setAttribute("x2", x(chosen));
    values.replaceChildren(`epoch ${chosen + 1}: `, element("span", {class: "dot"}), " training ",
                           element("b", {}, training[chosen].toFixed(4)));
    if (points) values.append(" · ", element("span", {class: "dash"}), " validation ",
                              element("b", {}, validation[chosen].toFixed(4)));
    picture.setAttribute("aria-valuenow", chosen + 1);
    picture.setAttribute("aria-valuetext", values.textContent);
  };
  picture.addEventListener("pointermove", event => {
    const box = picture.getBoundingClientRect();
    const at = (event.clientX - box.left) * WIDTH / box.width;
    choose(Math.round((at - EDGE.left) / (WIDTH - EDGE.left - EDGE.right) * (epochs - 1)));
  });
  picture.addEventListener("keydown", event => {
    const move = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (move) event.preventDefault(), choose(chosen + move);
  });
  choose(chosen);
  return element("div", {class: "card"}, element("h3", {}, name), picture, values);
}
