// A unit's sums, term by term: forward z from the inputs, and backward da from the next layer.

const MOST_TERMS = 16, LARGEST_TERMS = 10;  // all of so many, or only the largest

// Terms as rows of a table, the others summed up in one; each has a bar as long as it is large.
function sumTable(heads, terms, rest) {
  const size = extreme(terms.map(term => term.product)) || 1;
  const order = terms.map((_, i) => i), shown = new Set(order.sort((i, j) =>
    Math.abs(terms[j].product) - Math.abs(terms[i].product)).slice(0, terms.length > MOST_TERMS ? LARGEST_TERMS : MOST_TERMS));
  const rows = terms.filter((_, i) => shown.has(i)).map(({name, left, right, product}) => element("tr", {},
    element("th", {scope: "row"}, name), element("td", {}, number(left, 3)), element("td", {}, number(right, 3)),
    element("td", {}, number(product, 3)),
    element("td", {class: "term"}, element("span", {class: product < 0 ? "negative" : "positive", style: `--size: ${Math.abs(product) / size}`}))));
  const others = terms.filter((_, i) => !shown.has(i));
  if (others.length) rest = [[`${others.length} smaller ones`, others.reduce((sum, {product}) => sum + product, 0)], ...rest];
  return element("table", {class: "sum"},
    element("thead", {}, element("tr", {}, ...heads.map(head => element("th", {scope: "col"}, head)), element("td", {}))),
    element("tbody", {}, ...rows, ...rest.map(([name, value]) => element("tr", {class: "rest"},
      element("th", {scope: "row", colspan: 3}, name), element("td", {}, number(value, 3)), element("td", {})))));
}

const pixelName = i => `${Math.floor(i / SIDE)}, ${i % SIDE}`;

// z = x @ W + b and a = f(z) of unit j of layer i
function forwardSum(net, traces, i, j) {
  const {x, z, a} = traces[i], layer = net.layers[i], w = weightsOf(layer, j), products = x.map((v, k) => v * w[k]);
  const terms = Array.from(x, (left, k) => ({name: i ? `unit ${k}` : pixelName(k), left, right: w[k], product: products[k]}))
    .filter(({left}) => left !== 0);
  const last = i === net.layers.length - 1, formula = last ? "p = softmax of all z" : `a = ${net.activation}(z)`;
  return [
    element("h3", {}, "Forward: z = x · W + b"),
    ...(i ? [] : [pictures([x, "x"], "·", [w, `W of unit ${j}`], "=", [products, "products"])]),
    sumTable([i ? "of" : "row, column", i ? "a" : "x", "W", "product"], terms, [["b", layer.b[j]], ["z, their sum", z[j]]]),
    element("p", {}, `${formula} = `, element("b", {}, number(a[j], 4))),
  ];
}

// da = dz @ W.T of the next layer, dz = da · f'(z) and dW = x · dz of unit j of layer i
function backwardSum(net, traces, label, i, j) {
  const {x, z, a, dz, da} = traces[i], dW = x.map(v => v * dz[j]), last = i === net.layers.length - 1;
  const parts = [element("h3", {}, last ? "Backward: dz = p − y" : "Backward: da = dz · W of the next layer, dz = da · f′(z)")];
  if (last) {
    parts.push(element("p", {}, `dz = ${number(a[j], 4)} − ${Number(j === label)} = `, element("b", {}, number(dz[j], 4))));
  } else {
    const next = net.layers[i + 1], terms = Array.from(traces[i + 1].dz, (left, k) =>
      ({name: `unit ${k}`, left, right: next.W[j * next.units + k], product: left * next.W[j * next.units + k]}));
    const slope = SLOPES[net.activation].slope(z[j], a[j]);
    parts.push(sumTable(["of", "dz", "W", "product"], terms, [["da, their sum", da[j]]]),
               element("p", {}, `dz = ${number(da[j], 3)} · ${number(slope, 3)} = `, element("b", {}, number(dz[j], 4)),
                       ", the second factor being the slope at z"));
  }
  if (i === 0) parts.push(pictures([x, "x"], "·", number(dz[j], 3), "=", [dW, "dW"]));
  const from = Math.min(...dW), to = Math.max(...dW);
  parts.push(element("p", {}, `dW = x · dz is ${number(from, 2)} to ${number(to, 2)}, and db = dz. A step subtracts them from W and b, times the learning rate, as its optimizer weighs them.`));
  return parts;
}

// Pictures of 28 x 28 numbers, and what stands between them.
function pictures(...parts) {
  return element("div", {class: "equation"}, ...parts.map(part => typeof part === "string" ? element("span", {}, part) :
    element("figure", {}, paint(element("canvas", {role: "img", "aria-label": part[1]}), part[0], SIDE, SIDE),
            element("figcaption", {}, part[1]))));
}
