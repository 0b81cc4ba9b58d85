"""The book of the engine says what is so: its snippets, links, places in Keras, and its step by hand."""

import ast
import importlib.util
import math
import re
from pathlib import Path

import book
import draw
import numpy as np
import pytest

import tinydnn
from tinydnn.engine.data import split
from tinydnn.inspect import net
from tinydnn.inspect.microscope import dissect

PAGE = Path(book.BOOK).read_text(encoding="utf-8")
CHAPTERS = dict(re.findall(r"^## ([1-9]\d*|[A-Z]) .*\n((?:.*\n)*?)(?=## |\Z)", PAGE, re.MULTILINE))
ONE_WEIGHT, STEP = ("1", "2"), ("3", "4", "5", "6", "8", "9")  # chapters that compute by hand
EXERCISES = range(1, 10)  # chapters of what a learner writes; the rest is the engine's

KERAS_PLACE = re.compile(r"`keras/(src/[\w/]+\.py)`, `([\w.]+)`")


def of_chapters(pattern):
    """What the pattern finds, as parameters named after their chapter."""
    return [
        pytest.param(*found.groups(), id=f"{number}-{i}")
        for number, chapter in CHAPTERS.items()
        for i, found in enumerate(pattern.finditer(chapter))
    ]


# -- the page is what scripts/book.py would write ----------------------------------------------------


@pytest.mark.parametrize(("snippet", "_", "printed"), of_chapters(book.SNIPPET))
def test_a_snippet_prints_what_the_page_says(snippet, _, printed):
    assert book.printed(snippet) == printed
    imported = re.findall(r"^(?:import|from) (\w+)", snippet, re.MULTILINE)
    assert set(imported) <= {"numpy", "tinydnn"}
    assert len(snippet.splitlines()) <= 20


@pytest.mark.parametrize(("code", "path", "line"), of_chapters(book.LINK))
def test_a_link_leads_to_the_line_that_it_quotes(code, path, line):
    assert int(line) == book.line_of(code, path)


def test_no_snippet_and_no_link_is_overlooked():
    assert len(book.SNIPPET.findall(PAGE)) == PAGE.count("```python") == len(of_chapters(book.SNIPPET))
    assert len(book.LINK.findall(PAGE)) == PAGE.count("#L") == len(of_chapters(book.LINK))


def test_what_scripts_book_writes(monkeypatch, tmp_path):
    (tmp_path / "one.py").write_text("first\nsecond  # twice\nthird  # twice\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "program.py").write_text("print('it ran')\n")
    monkeypatch.setattr(book, "ROOT", str(tmp_path))
    page = "[`{}`](../one.py#L1)\n\n```python\nprint({})\n```\n\n```\n{}```\n"
    assert book.written(page.format("second", "1 + 1", "3\n")) == page.format("second", "1 + 1", "2\n").replace(
        "#L1", "#L2"
    )
    program = "```\n$ python docs/program.py\n{}```\n\n```\n$ python elsewhere.py\nas it was\n```\n"
    assert book.written(program.format("old\n")) == program.format("it ran\n")
    for code, snippet, message in [
        ("fourth", "1", r"\[`fourth`\]\(../one.py\): no line of the file"),
        ("twice", "1", "lines 2, 3 have this code"),
        ("first", "1 / 0", "(?s)This snippet fails.*ZeroDivisionError"),
    ]:
        with pytest.raises(book.BookError, match=message):
            book.written(page.format(code, snippet, ""))
    with pytest.raises(book.BookError, match=r"two.py\): there is no such file"):
        book.line_of("first", "two.py")
    with pytest.raises(book.BookError, match=r"(?s)docs/two.py fails:.*No such file"):
        book.written("```\n$ python docs/two.py\n```\n")


# -- every chapter has all its parts -----------------------------------------------------------------


def anchor(title):
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def test_links_to_other_pages_lead_somewhere():
    for target, place in re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", book.LINK.sub("", PAGE)):
        path = Path(book.BOOK).parent / target
        titles = re.findall(r"^#+ (.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert not place or place in map(anchor, titles), (target, place)


def test_the_chapters_are_those_of_the_contents():
    titles = re.findall(r"^## (.*)", PAGE.split("## Contents\n")[1], re.MULTILINE)
    anchors = [anchor(title) for title in titles]
    contents = PAGE.split("## Contents\n")[1].split("\n## ")[0]
    assert re.findall(r"- \[(.*)\]\(#(.*)\)", contents) == list(zip(titles, anchors, strict=True))
    numbers = [title.split()[0] for title in titles if title != "The net of this book"]
    chapters = [str(number) for number in range(14)]  # chapter 0 is the file, as a whole
    assert numbers == ["0", *CHAPTERS] == [*chapters, "A", "B"]


@pytest.mark.parametrize("number", CHAPTERS)
def test_a_chapter_has_all_its_parts(number):
    chapter = CHAPTERS[number]
    idea, *parts = re.split(r"^### ", chapter, flags=re.MULTILINE)
    assert len(idea.split()) > 30
    parts = {title: text for title, _, text in (part.partition("\n") for part in parts)}
    parts.pop("Derived for 784-324-36-10", None)
    by_hand = ["By hand"] if number in ONE_WEIGHT + STEP else []
    assert list(parts) == ["The formula", *by_hand, "In tinydnn", "In Keras", "Run it", "A question"]
    assert "```\n" in parts["The formula"]
    assert book.LINK.search(parts["In tinydnn"])
    assert KERAS_PLACE.search(parts["In Keras"]) or "Keras has no such" in parts["In Keras"]
    assert len(book.SNIPPET.findall(parts["Run it"])) == 1
    question, _, exercise = parts["A question"].partition("\n</details>\n\n")
    assert re.fullmatch(r"\n.*\?\n\n<details><summary>Answer</summary>\n\n.*\n", question, re.DOTALL)
    topics = r"Exercise: \[?`tinydnn course`(?:\]\(course.md\))?, .*\.\n+"
    assert re.fullmatch(topics if number in map(str, EXERCISES) else "", exercise)


# -- places in Keras ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "name"), of_chapters(KERAS_PLACE))
def test_a_place_in_keras_is_there(path, name):
    keras = importlib.util.find_spec("keras")  # only its source is read: to import it takes seconds
    if keras is None:
        pytest.skip("install the extra `keras`, as scripts/test.py does")
    source = (Path(keras.origin).parent / path).read_text(encoding="utf-8")
    scope = ast.parse(source)
    for part in name.split("."):
        defined = (ast.ClassDef, ast.FunctionDef)
        scope = next((node for node in scope.body if isinstance(node, defined) and node.name == part), None)
        assert scope is not None, f"{path} has no {name}"


# -- the step by hand --------------------------------------------------------------------------------


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def matmul(a, b):
    return [[sum(u * v for u, v in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def each(function, *matrices):
    return [[function(*numbers) for numbers in zip(*rows, strict=True)] for rows in zip(*matrices, strict=True)]


def transposed(a):
    return [list(column) for column in zip(*a, strict=True)]


def forward(x, y, W1, b1, W2, b2):
    """The tensors of a forward pass by their names in the book, in plain numbers."""
    z1 = [[z + b for z, b in zip(row, b1, strict=True)] for row in matmul(x, W1)]
    a1 = each(sigmoid, z1)
    z2 = [[z + b for z, b in zip(row, b2, strict=True)] for row in matmul(a1, W2)]
    s = [[z - max(row) for z in row] for row in z2]
    e = each(math.exp, s)
    t = [sum(row) for row in e]
    p = [[number / total for number in row] for row, total in zip(e, t, strict=True)]
    l = [-sum(yk * math.log(pk) for yk, pk in zip(*rows, strict=True)) for rows in zip(y, p, strict=True)]
    return {"z1": z1, "a1": a1, "z2": z2, "s": s, "e": e, "t": t, "p": p, "l": l, "loss": sum(l) / len(l)}


def backward(x, y, W2, a1, p):
    """The gradients."""
    dz2 = each(lambda p, y: (p - y) / len(x), p, y)
    da1 = matmul(dz2, transposed(W2))
    dz1 = each(lambda da, a: da * a * (1 - a), da1, a1)
    found = {"dz2": dz2, "da1": da1, "dz1": dz1}
    for layer, inputs, dz in (("1", x, dz1), ("2", a1, dz2)):
        found |= {f"dW{layer}": matmul(transposed(inputs), dz), f"db{layer}": [sum(c) for c in transposed(dz)]}
    return found


def flat(name, tensor):
    """A tensor's numbers by the names that they have on the page: W1[0, 1]."""
    if not isinstance(tensor, list):
        return {name: tensor}
    if not isinstance(tensor[0], list):
        return {f"{name}[{i}]": number for i, number in enumerate(tensor)}
    return {f"{name}[{i}, {j}]": number for i, row in enumerate(tensor) for j, number in enumerate(row)}


def numbers_of_the_step():
    """Every number of the step, by the name that it has on the page."""
    net_of_this_book = PAGE.split("\n## The net of this book")[1].split("\n## ")[0]
    given = re.findall(r"^(\w\d?) += (\[.*?\])(?:  .*)?$", net_of_this_book, re.MULTILINE)
    x, y, *weights = [ast.literal_eval(value) for _, value in given]
    assert [name for name, _ in given] == ["x", "y", "W1", "b1", "W2", "b2"]
    tensors = forward(x, y, *weights)
    tensors |= backward(x, y, weights[2], tensors["a1"], tensors["p"])
    found = {}
    for name, tensor in [*zip(["W1", "b1", "W2", "b2"], weights, strict=True), *tensors.items()]:
        found |= flat(name, tensor)
    after = []
    for name, weight in zip(["W1", "b1", "W2", "b2"], weights, strict=True):
        changed = {}
        for index, w in flat("", weight).items():
            g = found[f"d{name}{index}"]
            v = 0.9 * 0 + (1 - 0.9) * g**2
            change = -0.001 * g / math.sqrt(v + 1e-7)
            changed[index] = w + change
            found |= {f"{name}{index} v": v, f"{name}{index} change": change, f"{name}{index} after": w + change}
        new = list(changed.values())
        after.append([new[:2], new[2:]] if name[0] == "W" else new)
    for name, tensor in forward(x, y, *after).items():
        found |= flat(f"new {name}", tensor)
    return found


NUMBERS = numbers_of_the_step()
TABLES, FIRST_TABLES = (
    "".join(CHAPTERS[number].split("### By hand")[1].split("### In tinydnn")[0] for number in numbers)
    for numbers in (STEP, ONE_WEIGHT)
)
ROW = r"^" + r"\| `([^`]*)` " * 3 + r"\|$"
CALCULATED = re.findall(ROW, TABLES, re.MULTILINE)
UPDATED = re.findall(r"^" + r"\| `([^`]*)` " * 6 + r"\|$", TABLES, re.MULTILINE)
UPDATE = "`v = 0.1 * g * g`, `change = -0.001 * g / sqrt(v + 1e-7)`, `after = before + change`"


def known(i):
    """The numbers, without signs, that a reader has who has come to row i of the tables."""
    weights = [each for row in UPDATED for each in (row[1], row[5])]
    after = [f"{value:.6g}" for name, value in NUMBERS.items() if name.startswith("new z2")]  # which the text gives
    before = [*weights, *after, *(value for *_, value in CALCULATED[:i]), "1", "2", "0.5", "0"]
    return {number.lstrip("-") for number in before}


def agrees(expression, printed, tolerance, **names):
    """Whether a calculator that is given the page's rounded numbers comes to the page's result."""
    value = eval(expression, {"exp": math.exp, "log": math.log, "sqrt": math.sqrt, **names})
    return math.isclose(value, float(printed), rel_tol=1e-5, abs_tol=tolerance)


@pytest.mark.parametrize("i", range(len(CALCULATED)), ids=[name for name, *_ in CALCULATED])
def test_a_number_by_hand(i):
    name, expression, printed = CALCULATED[i]
    assert f"{NUMBERS[name]:.6g}" == printed
    assert agrees(expression, printed, 2e-6)  # numbers around 1, of six digits, added up
    assert set(re.findall(r"\d+\.?\d*(?:e-\d+)?", expression)) <= known(i)


@pytest.mark.parametrize(("name", "before", "g", "v", "change", "after"), UPDATED, ids=[row[0] for row in UPDATED])
def test_an_update_by_hand(name, before, g, v, change, after):
    assert TABLES.count(UPDATE) == 1
    names = name, f"d{name}", f"{name} v", f"{name} change", f"{name} after"
    assert [f"{NUMBERS[each]:.6g}" for each in names] == [before, g, v, change, after]
    row = {"g": float(g), "v": float(v), "before": float(before), "change": float(change)}
    for formula, printed in zip(re.findall(r"= (.*?)`", UPDATE), (v, change, after), strict=True):
        assert agrees(formula, printed, 0, **row)


@pytest.mark.parametrize(("name", "expression", "printed"), re.findall(ROW, FIRST_TABLES, re.MULTILINE))
def test_a_number_of_one_weight(name, expression, printed):
    assert agrees(expression, printed, 2e-6)


def test_the_way_of_one_weight_is_what_its_chapters_compute():
    model = draw.one_weight(1.0)
    x, y = np.array(draw.ONE_X), np.array(draw.ONE_Y)
    values = {name: value for name, _, value in re.findall(ROW, FIRST_TABLES, re.MULTILINE)}
    step = {tensor.name.split("/")[-1]: tensor.value.ravel() for tensor in dissect(model, x, y)}
    assert f"{step['loss'][0]:.5f}" == values["L(-2)"]
    assert [f"{value:.6f}" for value in step["dW"]] == [values["dw"]]
    assert [f"{2 * value:.6f}" for value in step["dz"]] == [values["dz[0]"], values["dz[1]"]]
    assert float(values["g"]) == pytest.approx(step["dW"][0], abs=1e-4)
    assert float(values["w"]) == pytest.approx(model.get_weights()[0][0, 0], abs=1e-4)


def test_the_tables_have_every_number_of_the_step():
    weights = {name for name in NUMBERS if name[0] in "Wb"}
    in_updates = {f"{row[0]}{kind}" for row in UPDATED for kind in ("", " v", " change", " after")}
    left_out = {name for name in NUMBERS if re.match("new [^l]", name)}  # computed as before the step
    assert in_updates == weights
    assert {name for name, *_ in CALCULATED} == NUMBERS.keys() - weights - left_out
    assert len(CALCULATED) + len(UPDATED) == TABLES.count("\n| `")


# -- figures in the text -----------------------------------------------------------------------------------


def training_digits():
    (x, y), _ = tinydnn.datasets.mnist.load_data()
    return split(x, tinydnn.utils.to_categorical(y), 0.2)[:2]


@pytest.mark.parametrize(("input", "loss"), [("scaled", 2.417), ("raw", 2.432)])
def test_the_loss_before_the_first_step(input, loss):
    tinydnn.utils.set_random_seed(42)
    model = net.make_model(net.Settings(input=input))
    (x, y), _ = tinydnn.datasets.mnist.load_data()
    assert model.evaluate(x, tinydnn.utils.to_categorical(y), verbose=0)[0] == pytest.approx(loss, abs=0.0005)
    assert f"{loss}" in PAGE


def test_the_last_layers_gradients_are_much_larger_than_the_firsts():
    tinydnn.utils.set_random_seed(42)
    model = net.make_model(net.Settings(input="scaled"))
    x, y = training_digits()
    of_layer = [np.sqrt(np.mean(each.value**2)) for each in dissect(model, x[:512], y[:512]) if each.name[-2:] == "dW"]
    assert f"{of_layer[0] / of_layer[-1]:.0f} times as large as those of the first layer" in " ".join(PAGE.split())


def test_the_pixels_that_are_never_written_on():
    x, _ = training_digits()
    unused = int((x.max(axis=0) == 0).sum())
    assert (unused, unused * 324) == (68, 22_032)
    assert "68 of the 784 pixels are always 0, so 22,032 of the 266,410 weights" in " ".join(PAGE.split())


def test_most_gradients_are_smaller_than_epsilons_root_after_a_few_epochs():
    tinydnn.utils.set_random_seed(42)
    model = net.make_model(net.Settings(input="scaled"))
    x, y = training_digits()
    model.fit(x, y, batch_size=512, epochs=5, verbose=0)
    gradients = [each.value for each in dissect(model, x[:512], y[:512]) if each.name.endswith(("/dW", "/db"))]
    small = np.mean(np.abs(np.concatenate([each.ravel() for each in gradients])) < 0.000316)
    assert small > 0.9
