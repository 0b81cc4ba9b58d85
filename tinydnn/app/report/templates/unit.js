// A unit's sums, term by term: forward z from the inputs, and backward da from the next layer.

const MOST_TERMS = 16, LARGEST_TERMS = 10;  // all of so many, or only the largest

// A table of terms {name, left, right}, each with its product and a bar as long as that is large. The others of many
// terms are summed up. Below stand the ends, [name, number].
function sumTable(heads, terms, ends) {
  const products = terms.map(({left, right}) => left * right), size = extreme(products) || 1;
  const order = [...terms.keys()].sort((i, j) => Math.abs(products[j]) - Math.abs(products[i]));
  const others = terms.length > MOST_TERMS ? order.splice(LARGEST_TERMS) : [];
  const smaller = [`${others.length} smaller ones`, others.reduce((sum, i) => sum + products[i], 0)];

  const cell = (...children) => element("td", {}, ...children);
  const name = (text, attributes = {}) => element("th", {scope: "row", ...attributes}, text);
  const bar = v => element("span", {class: v < 0 ? "term negative" : "term", style: `--size: ${Math.abs(v) / size}`});
  const rows = order.sort((i, j) => i - j).map(i => element("tr", {}, name(terms[i].name), cell(number(terms[i].left, 3)),
    cell(number(terms[i].right, 3)), cell(number(products[i], 3)), cell(bar(products[i]))));
  const rest = (others.length ? [smaller, ...ends] : ends).map(([text, value]) =>
    element("tr", {class: "rest"}, name(text, {colspan: 3}), cell(number(value, 3)), cell()));
  return element("table", {class: "sum"},
    element("thead", {}, element("tr", {}, ...heads.map(head => element("th", {scope: "col"}, head)), cell())),
    element("tbody", {}, ...rows, ...rest));
}

// z = x @ W + b and a = f(z) of unit j of layer i
function forwardSum(net, traces, i, j) {
  const {x, z, a} = traces[i], layer = net.layers[i], w = weightsOf(layer, j), isLast = i === net.layers.length - 1;
  const pixel = k => `${Math.floor(k / SIDE)}, ${k % SIDE}`;
  const terms = Array.from(x, (left, k) => ({name: i ? `unit ${k}` : pixel(k), left, right: w[k]}));
  const heads = i ? ["of", "a", "W", "product"] : ["row, column", "x", "W", "product"];
  return [
    element("h3", {}, "Forward: z = x · W + b"),
    ...(i ? [] : [equation([x, "x"], "·", [w, `W of unit ${j}`], "=", [x.map((v, k) => v * w[k]), "products"])]),
    sumTable(heads, terms.filter(({left}) => left !== 0), [["b", layer.b[j]], ["z, their sum", z[j]]]),
    element("p", {}, isLast ? "p = softmax of all z = " : `a = ${net.activation}(z) = `, element("b", {}, number(a[j], 4))),
  ];
}

// dz, from da = dz @ W.T of the next layer, and dW = x · dz of unit j of layer i
function backwardSum(net, traces, label, i, j) {
  const {x, z, a, dz, da} = traces[i], next = net.layers[i + 1], parts = [];
  const result = element("b", {}, number(dz[j], 4));
  if (!next) {
    parts.push(element("h3", {}, "Backward: dz = p − y"),
               element("p", {}, `dz = ${number(a[j], 4)} − ${Number(j === label)} = `, result));
  } else {
    const terms = Array.from(traces[i + 1].dz, (left, k) => ({name: `unit ${k}`, left, right: next.W[j * next.units + k]}));
    const slope = SLOPES[net.activation].slope(z[j], a[j]);
    parts.push(element("h3", {}, "Backward: da = dz · W of the next layer, dz = da · f′(z)"),
               sumTable(["of", "dz", "W", "product"], terms, [["da, their sum", da[j]]]),
               element("p", {}, `dz = ${number(da[j], 3)} · ${number(slope, 3)} = `, result, "; the second factor is the slope at z"));
  }
  const dW = x.map(v => v * dz[j]);
  if (i === 0) parts.push(equation([x, "x"], "·", number(dz[j], 3), "=", [dW, "dW"]));
  parts.push(element("p", {}, `dW = x · dz is ${number(Math.min(...dW), 2)} to ${number(Math.max(...dW), 2)}, and db = dz. ` +
    "A step moves W and b against them, as far as the optimizer says."));
  return parts;
}

// Pictures of 28 x 28 numbers, [numbers, name], and what stands between them.
function equation(...parts) {
  return element("div", {class: "equation"}, ...parts.map(part => {
    if (typeof part === "string") return element("span", {}, part);
    const [values, name] = part, canvas = element("canvas", {role: "img", "aria-label": name});
    return element("figure", {}, paint(canvas, values, SIDE, SIDE), element("figcaption", {}, name));
  }));
}
