"""The page of a run in a real browser: what it shows is what the engine computes, and it fetches nothing."""

import html
import json
import re
import shlex
import shutil
from contextlib import contextmanager

import numpy as np
import pytest
from browsers import find, wait_for
from commands import command, small_data
from PIL import Image, ImageDraw
from tolerances import DRAWN_DIGIT, PAGE_PROBABILITY, SAME_FLOAT64

import tinydnn as keras
from tinydnn import activations, layers
from tinydnn.app import report
from tinydnn.app.images import load_digit
from tinydnn.app.report import page_data
from tinydnn.app.run_folder import load_model

pytestmark = pytest.mark.xdist_group("the page and the browser")

MOST_OPAQUE = 0.45  # style.css: a cell of the confusion matrix
SEVEN = [(70, 60), (200, 60), (120, 230)]  # on a pad of 280 x 280


def draw(page, points):
    """With the mouse, on the pad."""
    from selenium.webdriver.common.action_chains import ActionChains

    (pad,) = find(page, "#pad")
    page.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", pad)
    size = pad.size
    scaled = [
        (x * size["width"] / 280 - size["width"] / 2, y * size["height"] / 280 - size["height"] / 2) for x, y in points
    ]
    actions = ActionChains(page, duration=20)
    actions.move_to_element_with_offset(pad, *map(round, scaled[0])).click_and_hold()
    for x, y in scaled[1:]:
        actions.move_to_element_with_offset(pad, round(x), round(y))
    actions.release().perform()


def test_it_opens_without_an_error_and_fetches_nothing(page, folder):
    assert [entry for entry in page.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    urls = [each["params"]["request"]["url"] for each in events if each["method"] == "Network.requestWillBeSent"]
    assert (folder / "report.html").as_uri() in urls
    assert {url.partition(":")[0] for url in urls} <= {"file", "data"}
    assert {url for url in urls if url.startswith("file:")} == {(folder / "report.html").as_uri()}


def test_it_is_forbidden_to_fetch(page):
    """Even a script that tried to could not."""
    blocked = page.execute_async_script(
        "const done = arguments[0]; fetch('http://127.0.0.1:9/').then(() => done('sent'), error => done(String(error)))"
    )
    assert "Failed to fetch" in blocked
    assert any("Content Security Policy" in entry["message"] for entry in page.get_log("browser"))


def test_it_is_small(folder):
    assert (folder / "report.html").stat().st_size < 5_000_000


def test_five_hundred_digits_get_the_engines_probabilities(page, folder, mnist):
    _, (x, _) = mnist
    expected = load_model(folder).predict(x[:500], verbose=0)
    found = page.execute_script(
        "return arguments[0].map(digit => Array.from(net.forward(digit).at(-1).values))",
        x[:500].reshape(500, -1).tolist(),
    )
    np.testing.assert_allclose(found, expected, rtol=0, atol=PAGE_PROBABILITY)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_kind_of_layer_is_computed_as_the_engine_does(page, dtype, rng):
    model = keras.Sequential([
        keras.Input((28, 28), dtype=dtype),
        layers.Rescaling(1 / 255, offset=-0.25, dtype=dtype),
        layers.Flatten(dtype=dtype),
        layers.Dropout(0.5, dtype=dtype),
        layers.Dense(9, "tanh", dtype=dtype),
        layers.Dense(8, "sigmoid", dtype=dtype),
        layers.Dense(7, "relu", use_bias=False, dtype=dtype),
        layers.Dense(6, dtype=dtype),
        layers.Activation("tanh", dtype=dtype),
        layers.Dense(10, dtype=dtype),
        layers.Activation("softmax", dtype=dtype),
    ])  # fmt: skip
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    digits = rng.integers(0, 256, (20, 28, 28))
    found = page.execute_script(
        "const net = new Net(arguments[0]); return arguments[1].map(x => Array.from(net.forward(x).at(-1).values))",
        page_data.net(model),
        digits.reshape(20, -1).tolist(),
    )
    tolerance = SAME_FLOAT64 if dtype == "float64" else PAGE_PROBABILITY
    np.testing.assert_allclose(found, model.predict(digits, verbose=0), rtol=0, atol=tolerance)


def test_every_activation_is_computed_as_the_engine_does(page, rng):
    digits = rng.integers(0, 256, (20, 28, 28))
    last = [layers.Activation(name, dtype="float64") for name in activations.OFFERED]
    last += [layers.ReLU(2, threshold=0.5, dtype="float64"), layers.ReLU(2, 0.1, 0.5, dtype="float64")]
    last += [layers.ELU(0.5, dtype="float64"), layers.LeakyReLU(0.1, dtype="float64")]
    for layer in last:
        model = keras.Sequential([keras.Input((28, 28), dtype="float64"), layers.Flatten(dtype="float64")])
        model.add(layers.Rescaling(1 / 255, dtype="float64"))
        model.add(layers.Dense(10, dtype="float64"))
        model.add(layer)
        model.set_weights([rng.normal(size=weight.shape) / 4 for weight in model.get_weights()])
        found = page.execute_script(
            "const net = new Net(arguments[0]); return arguments[1].map(x => Array.from(net.forward(x).at(-1).values))",
            page_data.net(model),
            digits.reshape(20, -1).tolist(),
        )
        expected = model.predict(digits, verbose=0)
        np.testing.assert_allclose(found, expected, rtol=SAME_FLOAT64, atol=SAME_FLOAT64, err_msg=layer.activation.name)


def test_a_drawn_seven_is_a_seven(page):
    (answer,) = find(page, "#answer")
    assert answer.text == "Nothing is drawn."
    draw(page, SEVEN)
    assert answer.text.startswith("This is a 7: ")
    numbers = [float(each.text.removesuffix(" %")) for each in find(page, "#bars .number")]
    assert len(numbers) == 10
    assert np.argmax(numbers) == 7
    captions = [each.text for each in find(page, "#layers figcaption")]
    assert [caption.split(":")[0] for caption in captions] == ["input", "dense", "dense_1", "dense_2"]
    assert "324 numbers" in captions[1]
    find(page, "#clear")[0].click()
    assert answer.text == "Nothing is drawn."


def test_the_keyboard_draws_too(page):
    from selenium.webdriver.common.keys import Keys

    (pad,) = find(page, "#pad")
    (pen,) = find(page, "#pen")
    pad.send_keys(Keys.ARROW_DOWN)  # the pen is up
    assert find(page, "#answer")[0].text == "Nothing is drawn."
    assert pen.is_displayed()
    before = pen.location["x"]
    pad.send_keys(Keys.ARROW_RIGHT)
    assert pen.location["x"] > before
    pad.send_keys(Keys.ARROW_LEFT)
    pad.send_keys(" ", *[Keys.ARROW_DOWN] * 15, " ", Keys.ARROW_LEFT)
    assert find(page, "#answer")[0].text.startswith("This is a 1: ")


def test_a_finger_draws_too(page):
    """Touch, as a phone sends it."""
    (pad,) = find(page, "#pad")
    page.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", pad)
    box = page.execute_script(
        "const r = arguments[0].getBoundingClientRect(); return [r.left, r.top, r.width / 280]", pad
    )
    places = [{"x": box[0] + x * box[2], "y": box[1] + y * box[2]} for x, y in SEVEN]
    for kind, points in [
        ("touchStart", places[:1]),
        ("touchMove", places[1:2]),
        ("touchMove", places[2:]),
        ("touchEnd", []),
    ]:
        page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert find(page, "#answer")[0].text.startswith("This is a 7: ")


def test_what_is_drawn_is_prepared_as_an_image_file_is(page, tmp_path):
    draw(page, SEVEN)
    found = np.array(page.execute_script("return Array.from(pad.digit())")).reshape(28, 28)
    image = Image.new("L", (280, 280), 255)
    pen = ImageDraw.Draw(image)
    pen.line(SEVEN, fill=0, width=22, joint="curve")
    for x, y in SEVEN:  # round ends
        pen.ellipse((x - 11, y - 11, x + 11, y + 11), fill=0)
    image.save(tmp_path / "seven.png")
    assert np.abs(found - load_digit(tmp_path / "seven.png").astype(float)).mean() < DRAWN_DIGIT
    mass = found / found.sum()
    centre = (mass.sum(axis=1) @ np.arange(28), mass.sum(axis=0) @ np.arange(28))
    assert np.abs(np.array(centre) - 14).max() <= 0.5


def test_a_test_digit_can_be_taken_instead(page):
    (button,) = find(page, "#example")
    button.click()
    first = find(page, "#answer")[0].text
    button.click()
    assert first.endswith("(test digit 0, a 7)")
    assert find(page, "#answer")[0].text.endswith("(test digit 1, a 2)")


def test_a_cell_shows_its_digits(page, folder, mnist):
    _, (x, y) = mnist
    p = load_model(folder).predict(x, verbose=0)
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (y, p.argmax(axis=1)), 1)
    cells = find(page, "[data-cell]")
    assert {cell.get_attribute("data-cell"): int(cell.text) for cell in cells} == {
        f"{i},{j}": int(n) for (i, j), n in np.ndenumerate(counts) if n
    }
    wrong = max((n, i, j) for (i, j), n in np.ndenumerate(counts) if i != j)
    for count, i, j in [wrong, (counts[3, 3], 3, 3)]:
        (cell,) = find(page, f"[data-cell='{i},{j}']")
        page.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", cell)
        cell.click()
        assert cell.get_attribute("aria-pressed") == "true"
        assert len(find(page, "[data-cell][aria-pressed=true]")) == 1
        shown = find(page, "#cell li")
        assert len(shown) == min(count, 40)
        title = find(page, "#cell h3")[0].text
        assert title.startswith(f"Digit {i}, recognised" if i == j else f"Digit {i}, taken for {j}")
        least = p[(y == i) & (p.argmax(axis=1) == j)][:, j].min()
        assert float(shown[0].text.removesuffix(" %")) == pytest.approx(100 * least, abs=0.051)


def test_the_digits_on_the_page_are_the_test_digits(page, mnist):
    _, (x, y) = mnist
    digits, first = page.execute_async_script(
        "const done = arguments[0]; readDigits(data.sprite, 60).then(all => done([data.digits, Array.from(all[50])]))"
    )
    np.testing.assert_array_equal(np.reshape(first, (28, 28)), x[digits[50]["number"]])
    assert all(digit["label"] == y[digit["number"]] for digit in digits)


def test_the_hardest_cases_are_there(page, folder, mnist):
    _, (x, y) = mnist
    p = load_model(folder).predict(x, verbose=0)
    right = p.argmax(axis=1) == y
    hardest = np.flatnonzero(right)[p.max(axis=1)[right].argmin()]
    surest = np.flatnonzero(~right)[p.max(axis=1)[~right].argmax()]
    data = page.execute_script("return data")
    assert data["digits"][data["cases"]["hardest"][0]]["number"] == hardest
    assert data["digits"][data["cases"]["confident"][0]]["number"] == surest
    lists = find(page, ".case-list")
    assert len(lists) == 3
    assert len(find(page, ".case")) == 36
    assert len(find(page, ".case .label")) == 36


def test_curves_tell_the_values_of_an_epoch(page, folder):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    history = json.loads((folder / "history.json").read_text())
    chart, legend = find(page, "#charts svg")[0], find(page, "#charts .legend")[0]
    assert legend.text.startswith("epoch 4:")
    chart.send_keys(Keys.ARROW_LEFT)
    assert legend.text.startswith("epoch 3:")
    for name in ("accuracy", "val_accuracy"):
        assert f"{history[name][2]:.4f}" in legend.text
    page.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", chart)
    ActionChains(page).move_to_element_with_offset(chart, -chart.size["width"] // 2 + 60, 0).perform()
    assert legend.text.startswith("epoch 1:")


def test_the_microscope_has_every_tensor_and_keras_next_to_it(page):
    pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")
    nodes = {each.get_attribute("data-tensor"): each for each in find(page, "#tensors [data-tensor]")}
    found = page.execute_script("return data.microscope.tensors")
    assert sorted(nodes) == sorted(each["name"] for each in found)
    assert {"x", "dense/z", "dense/a", "dense_2/dz", "dense/dW", "dense_1/db", "loss"} <= nodes.keys()
    assert "Keras 3." in find(page, "#microscope p")[0].text
    assert all(each["difference"] for each in found)
    page.execute_script("arguments[0].click()", nodes["dense_1/dW"])
    (card,) = find(page, ".tensor")
    assert card.text.startswith("dense_1/dW")
    assert "dW = x.T @ dz" in card.text
    (tensor,) = [each for each in found if each["name"] == "dense_1/dW"]
    assert f"{tensor['largest']['keras']:.5g}"[:6] in card.text


def test_the_step_goes_forward_in_one_row_and_back_in_another(page):
    """Each gradient stands below what it is the gradient of, and those of weights below both."""
    place = page.execute_script(
        "return Object.fromEntries([...document.querySelectorAll('#tensors [data-tensor]')].map(node => {"
        "const box = node.getBoundingClientRect(); return [node.dataset.tensor, [box.left, box.top]]}))"
    )
    row = ("x", "rescaling/y", "dense/z", "dense/a", "dense_1/z", "dense_1/a", "dense_2/z", "dense_2/a", "l", "loss")
    lefts = [place[name][0] for name in row]
    assert lefts == sorted(set(lefts))
    assert len({place[name][1] for name in row}) == 1
    below = {"dense/dz": "dense/z", "dense/da": "dense/a", "dense_2/dz": "dense_2/z", "y": "dense_2/a"}
    for gradient, tensor in below.items():
        assert place[gradient][0] == pytest.approx(place[tensor][0], abs=1)
        assert place[gradient][1] == place["dense/dz"][1] > place[tensor][1]
    assert place["dense_1/dW"][0] == pytest.approx(place["dense_1/z"][0], abs=1)
    assert place["dense_1/kernel change"][1] > place["dense_1/kernel velocity"][1] > place["dense_1/dW"][1]


def test_what_people_look_for_comes_first(page):
    order = page.execute_script("return [...document.querySelectorAll('#this > section')].map(each => each.id)")
    assert order == ["draw", "confusion", "cases", "curves", "weights", "microscope", "figures", "run"]
    links = [each.get_attribute("href").partition("#")[2] for each in find(page, "nav a")]
    assert links == order


def test_on_a_phone_the_answer_stands_beside_the_pad(page):
    with phone(page):
        pad, answer, bars = (find(page, selector)[0].rect for selector in (".pad", "#answer", "#bars"))
        assert answer["x"] >= pad["x"] + pad["width"]
        assert bars["y"] + bars["height"] <= pad["y"] + pad["height"] + 20
        assert bars["x"] + bars["width"] <= 390


@contextmanager
def phone(page):
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    )
    try:
        yield
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_ticks_are_numbers_that_one_would_choose(page):
    ticks = page.execute_script(
        "return [[0.8449, 0.9659], [0, 1], [0, 2.4], [1, 20], [0, 1570]]"
        ".map(([low, high]) => ticks(low, high).map(({text}) => text))"
    )
    assert ticks == [
        ["0.86", "0.88", "0.90", "0.92", "0.94", "0.96"], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"],
        ["0.0", "0.5", "1.0", "1.5", "2.0"], ["5", "10", "15", "20"], ["0", "500", "1000", "1500"],
    ]  # fmt: skip


@pytest.mark.parametrize("tab", ["this", "train"])
def test_nothing_is_wider_than_the_window(page, tab):
    page.execute_script("document.getElementById(`tab-${arguments[0]}`).click()", tab)
    if tab == "train":
        wait_for(page, "training instanceof TrainTab")
    wide = "return document.documentElement.scrollWidth"
    assert page.execute_script(wide) <= 1280
    with phone(page):
        assert page.execute_script(wide) <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(page, scheme):
    """Contrast as WCAG 2 asks for it, 4.5 to 1."""
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    names = ("--ground", "--card", "--text", "--quiet", "--accent", "--second", "--alarm")
    colours = dict(
        zip(
            names,
            page.execute_script(
                "const style = getComputedStyle(document.documentElement);"
                "return arguments[0].map(name => style.getPropertyValue(name).trim())",
                names,
            ),
            strict=True,
        )
    )
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    light = {name: luminance(colour) for name, colour in colours.items() if name != "--alarm"}
    assert (light["--ground"] > 0.5) == (scheme == "light")
    for ground in ("--ground", "--card"):
        for text in ("--text", "--quiet", "--accent", "--second"):
            assert contrast(light[ground], light[text]) >= 4.5, (scheme, ground, text)
    alarm = np.array([int(part) for part in colours["--alarm"].split(",")])
    for share in np.linspace(0, MOST_OPAQUE, 10):  # of a cell of the confusion matrix
        card = np.array([int(colours["--card"][i : i + 2], 16) for i in (1, 3, 5)])
        cell = luminance("#" + "".join(f"{round(part):02x}" for part in card + share * (alarm - card)))
        assert contrast(cell, light["--text"]) >= 4.5, (scheme, share)


def contrast(a, b):
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def luminance(colour):
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_everything_has_a_name_for_a_screen_reader(page):
    page.execute_script("document.getElementById('tab-train').click()")
    wait_for(page, "training instanceof TrainTab")
    unnamed = page.execute_script("""
        const named = each => each.getAttribute("aria-label") || each.getAttribute("aria-labelledby") || each.alt ||
            each.textContent.trim() || each.closest("label");
        const kinds = "img, canvas, button, a, svg, select, input, [role]:not([role=status]), section > h2";
        return [...document.querySelectorAll(kinds)].filter(each => !each.closest("[aria-hidden]"))
            .filter(each => !named(each)).map(each => each.outerHTML.slice(0, 80))
    """)
    assert unnamed == []
    assert page.execute_script("return document.documentElement.lang") == "en"
    assert len(find(page, "h1")) == 1
    broken = page.execute_script(
        "return [...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.querySelector(a.hash)).length"
    )
    assert broken == 0


# -- without a browser -------------------------------------------------------------------------------


def test_the_figures_are_files_too(folder):
    names = sorted(path.name for path in (folder / "figures").iterdir())
    assert names == [
        "01-training-digits.png", "02-test-digits.png", "03-balance.png", "04-accuracy.png", "05-loss.png",
        "06-biases-dense.png", "07-biases-dense_1.png", "08-biases-dense_2.png", "09-right.png", "10-wrong.png",
        "11-hardest-right.png", "12-mistakes.png", "13-neurons.png", "14-confusion.png", "15-errors.png",
    ]  # fmt: skip
    for name in names:
        with Image.open(folder / "figures" / name) as image:
            assert image.width == (1100 if "neurons" in name else 880)
            assert len(image.convert("L").getcolors()) > 2


def test_no_figure_is_on_the_page_twice(folder):
    """What the page draws itself, curves, weights, the confusion matrix and the hardest cases, are files alone."""
    page = (folder / "report.html").read_text()
    shown = re.findall(r"<figcaption>(\d+)\. ", page)
    assert shown == ["1", "2", "3", "6", "7", "8", "9", "10"]
    sources = re.findall(r"data:image/png;base64,[\w+/=]+", page)
    assert len(sources) == len(set(sources)) == len(shown) + 2  # and the digits of both tabs


def test_times_are_said_as_people_say_them():
    for seconds, words in [
        (0.4321, "0.43 s"), (5.008, "5 s"), (6.377, "6.4 s"), (11.871, "12 s"), (59.4, "59 s"), (59.7, "1 min 0 s"),
        (185.2, "3 min 5 s"), (3599.6, "1 h 0 min"), (7830, "2 h 10 min"),
    ]:  # fmt: skip
        assert report.duration(seconds) == words


def test_the_command_on_the_page_makes_the_run_again(folder, tmp_path):
    page = (folder / "report.html").read_text()
    repeat = shlex.split(html.unescape(page.split("<pre><code>")[1].split("</code>")[0]))
    assert repeat[:2] == ["tinydnn", "train"]
    done = command(*repeat[1:], "--out", tmp_path / "again")
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(load_model(tmp_path / "again").parameters, load_model(folder).parameters)


@pytest.mark.parametrize(
    "options", [["--hidden", "none"], ["--hidden", "5", "--dtype", "float64", "--activation", "tanh"]]
)
def test_other_nets_have_a_page_too(options, tmp_path):
    folder = tmp_path / "run"
    done = command(
        "train", *options, "--epochs", 1, "--data", small_data(tmp_path), "--out", folder, "--report", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["folder"] == str(folder)
    first = (folder / "report.html").read_text()
    assert command("report", folder).returncode == 0
    assert (folder / "report.html").read_text() == first


def test_no_run_no_page(tmp_path):
    done = command("report", tmp_path)
    assert done.returncode == 1
    assert "no run.json" in done.stderr


DAMAGED = (
    "",
    "[1]",
    '{"loss": []}',
    '{"loss": [1.0]}',
    '{"loss": [1.0], "accuracy": []}',
    '{"loss": 3, "accuracy": ["a"]}',
)


@pytest.mark.parametrize("log", DAMAGED)
def test_a_damaged_log_is_named(folder, tmp_path, log):
    for name in ("run.json", "model.keras"):
        shutil.copy(folder / name, tmp_path / name)
    (tmp_path / "history.json").write_text(log)
    done = command("report", tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "history.json: expected" in done.stderr


def test_a_run_without_a_whole_epoch_has_no_page_yet(folder, tmp_path):
    for name in ("run.json", "model.keras"):
        shutil.copy(folder / name, tmp_path / name)
    for write in (lambda: None, lambda: (tmp_path / "history.json").write_text("{}")):
        write()
        done = command("report", tmp_path)
        assert done.returncode == 1
        assert f"go on with `tinydnn train --resume {tmp_path}`" in done.stderr


def test_a_run_of_a_gpu_has_a_page_where_there_is_none(folder, tmp_path):
    for path in folder.glob("*.*"):
        shutil.copy(path, tmp_path / path.name)
    description = json.loads((folder / "run.json").read_text())
    description["settings"] |= {"device": "gpu", "threads": 1}
    (tmp_path / "run.json").write_text(json.dumps(description))
    done = command("report", tmp_path, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "--device gpu" in (tmp_path / "report.html").read_text()


def test_a_digit_that_no_test_digit_is(tmp_path):
    (x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
    some, data = y_test[:200] != 3, tmp_path / "some digits.npz"
    np.savez(data, x_train=x[:300], y_train=y[:300], x_test=x_test[:200][some], y_test=y_test[:200][some])
    done = command("train", "--hidden", "none", "--epochs", 1, "--data", data, "--out", tmp_path / "run", "--report")
    assert done.returncode == 0, done.stderr
    row = (tmp_path / "run" / "report.html").read_text().split('<th scope="row">3</th>')[-1].partition("</tr>")[0]
    assert row.endswith("<td>–</td>")
    assert f"--data '{data}'" in html.unescape((tmp_path / "run" / "report.html").read_text())


def test_figures_are_numbered_as_on_the_page_and_old_ones_go(tmp_path):
    command("train", "--hidden", "none", "--epochs", 1, "--data", small_data(tmp_path), "--out", tmp_path / "run")
    (tmp_path / "run" / "figures").mkdir()
    (tmp_path / "run" / "figures" / "10-left-over.png").touch()
    (tmp_path / "run" / "figures" / "mine.png").touch()
    assert command("report", tmp_path / "run").returncode == 0
    names = sorted(path.name for path in (tmp_path / "run" / "figures").iterdir())
    assert [int(name[:2]) for name in names[:-1]] == list(range(1, len(names)))
    assert names[-1] == "mine.png"
    assert "10-left-over.png" not in names


def test_a_matplotlibrc_changes_no_figure_and_needs_no_display_and_no_latex(tmp_path, monkeypatch):
    data = small_data(tmp_path)
    settings = "image.origin: lower\ntext.usetex: True\nfont.size: 40\nsavefig.transparent: True\nsavefig.bbox: tight\n"
    options = ["train", "--hidden", 8, "--epochs", 1, "--seed", 7, "--data", data, "--watch", "--report"]
    assert command(*options, "--out", tmp_path / "plain").returncode == 0
    (tmp_path / "matplotlibrc").write_text(settings + "backend: TkAgg\n")
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path / "matplotlibrc"))
    monkeypatch.setenv("MPLBACKEND", "QtAgg")
    done = command(*options, "--out", tmp_path / "own")
    assert done.returncode == 0, done.stderr
    pictures = sorted(path.relative_to(tmp_path / "plain") for path in (tmp_path / "plain").rglob("*.png"))
    assert len(pictures) > 10
    for path in pictures:
        assert (tmp_path / "own" / path).read_bytes() == (tmp_path / "plain" / path).read_bytes(), path


def test_a_name_with_markup_in_it_stays_text(tmp_path):
    folder = tmp_path / "<i>run"
    data = small_data(tmp_path).rename(tmp_path / "<img src=x>.npz")
    assert (
        command("train", "--hidden", "none", "--epochs", 1, "--data", data, "--out", folder, "--report").returncode == 0
    )
    page = (folder / "report.html").read_text()
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page
