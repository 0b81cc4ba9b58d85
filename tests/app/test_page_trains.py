"""The tab "Train" in a real browser: its steps are the engine's, and it does what its controls say."""

import itertools

import numpy as np
import pytest
from browsers import find, wait_for
from tolerances import PAGE_STEP

import tinydnn as keras
from tinydnn import layers, optimizers

pytestmark = pytest.mark.xdist_group("the page and the browser")

OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(),
    "momentum": lambda: optimizers.SGD(momentum=0.9),
    "rmsprop": lambda: optimizers.RMSprop(),
    "adam": lambda: optimizers.Adam(),
}


@pytest.fixture(scope="module")
def opened(browser, folder):
    """The page with the tab opened, once."""
    browser.get("about:blank")
    browser.get((folder / "report.html").as_uri() + "#train")
    wait_for(browser, "'ready' in document.body.dataset && training instanceof TrainTab")
    return browser


@pytest.fixture
def tab(opened):
    """The tab, with the settings that it has at first, before the first step."""
    opened.execute_script("""
        document.getElementById("tab-train").click();
        training.stop(), training.form.reset();
        training.digit = 0, training.chosen = {layer: 0, unit: 0}, training.anew();
    """)
    return opened


def part(tab, name):
    return find(tab, f"[data-part={name}]")[0]


def click(tab, name):
    button = part(tab, name)
    tab.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", button)
    button.click()


def choose(tab, name, value):
    from selenium.webdriver.support.ui import Select

    Select(find(tab, f"#train [name={name}]")[0]).select_by_visible_text(value)


def state(tab):
    """What a training is made of: the step, all weights, and all slots."""
    return tab.execute_script(
        "const {steps, net, slots} = training.training;return [steps, Array.from(net.w), slots.map(v => Array.from(v))]"
    )


def compiled(hidden, activation, scaled, optimizer, dtype):
    model = keras.Sequential([
        keras.Input((28, 28), dtype=dtype),
        layers.Rescaling(1 / 255 if scaled else 1, dtype=dtype),
        layers.Reshape((784,), dtype=dtype),
        *(layers.Dense(units, activation, dtype=dtype) for units in hidden),
        layers.Dense(10, "softmax", dtype=dtype),
    ])  # fmt: skip
    model.compile(OPTIMIZERS[optimizer](), "categorical_crossentropy")
    return model


def flat(model):
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_its_steps_are_the_engines(opened, optimizer, dtype, mnist):
    """From the same weights, on the same batch: every activation, one and two hidden layers and none.

    On raw grey values a rounding grows within a few steps, so there it is one step in float64.
    """
    (x, y), _ = mnist
    x, y, rate = x[:32], y[:32], OPTIMIZERS[optimizer]().learning_rate
    digits = [{"pixels": row, "label": int(label)} for row, label in zip(x.reshape(32, -1).tolist(), y, strict=True)]
    cases = [([7], True, 5), ([6, 5], True, 5), ([], True, 5)] + [([7], False, 1)] * (dtype == "float64")
    for activation, (hidden, scaled, steps) in itertools.product(("sigmoid", "tanh", "relu", "linear"), cases):
        model = compiled(hidden, activation, scaled, optimizer, dtype)
        settings = {"hidden": hidden, "activation": activation, "scaled": scaled, "optimizer": optimizer, "seed": 1}
        script = """
            const [digits, settings, w, rate, steps] = arguments, one = new Training(digits, digits, settings);
            one.net.w.set(w);
            for (let i = 0; i < steps; i++) one.step(digits.length, rate);
            return [Array.from(one.net.w), one.since.map(({loss}) => loss)];
        """
        found, losses = opened.execute_script(script, digits, settings, flat(model).tolist(), rate, steps)
        targets, batches = keras.utils.to_categorical(y, 10), []
        for _ in range(steps):
            batches.append(model.train_on_batch(x, targets))
        case = f"{activation}, {hidden}, {'scaled' if scaled else 'raw'}"
        np.testing.assert_allclose(found, flat(model), rtol=0, atol=PAGE_STEP[dtype], err_msg=case)
        np.testing.assert_allclose(losses, batches, rtol=PAGE_STEP["float32"], err_msg=case)


def test_its_digits_are_the_runs_some_hundred_of_each(opened, mnist):
    (x, y), (x_test, y_test) = mnist
    for name, images, labels, count in (("digits", x, y, 300), ("tests", x_test, y_test, 30)):
        found = opened.execute_script(f"return training.{name}.map(({{label}}) => label)")
        assert np.bincount(found).tolist() == [count] * 10
        for i in (0, len(found) - 1):
            pixels = opened.execute_script(f"return Array.from(training.{name}[{i}].pixels)")
            same = np.flatnonzero((images.reshape(-1, 784) == pixels).all(axis=1))
            assert labels[same].tolist() == [found[i]]


def test_a_step_takes_the_next_batch_and_back_takes_it_back(tab):
    start = state(tab)
    assert not part(tab, "back").is_enabled()
    click(tab, "step")
    first = state(tab)
    click(tab, "step")
    assert [start[0], first[0], state(tab)[0]] == [0, 1, 2]
    assert part(tab, "at-step").text == "2"
    assert part(tab, "said").get_attribute("textContent").startswith("Step 2: ")
    click(tab, "back")
    assert state(tab) == first
    assert tab.execute_script("return training.training.curves.step") == [1]
    click(tab, "step")
    second = state(tab)  # the same batch once more
    click(tab, "back")
    click(tab, "step")
    assert state(tab) == second
    click(tab, "back")
    click(tab, "back")
    assert state(tab) == start
    assert not part(tab, "back").is_enabled()


def test_an_epoch_takes_every_digit_once_in_another_order(tab):
    taken = tab.execute_script("""
        const one = training.training, taken = [[], []], gradient = one.net.gradient.bind(one.net);
        one.net.gradient = batch => {
            taken[one.epoch - 1].push(...batch.map(each => training.digits.indexOf(each)));
            return gradient(batch);
        };
        for (let i = 0; i < 12; i++) one.step(512, 0.001);  // the sixth and the twelfth have 440
        return taken;
    """)
    for order in taken:
        assert sorted(order) == list(range(3000))
    assert taken[0] != taken[1]


def test_it_runs_learns_and_stops(tab):
    choose(tab, "pace", "as fast as it can")
    choose(tab, "rate", "0.01")
    before = float(part(tab, "new-accuracy").text.removesuffix(" %"))
    click(tab, "run")
    assert part(tab, "run").text == "Stop"
    wait_for(tab, "training.training.steps > 200")
    click(tab, "run")
    assert part(tab, "run").text == "Run"
    steps = state(tab)[0]
    after = float(part(tab, "new-accuracy").text.removesuffix(" %"))
    assert before < 25
    assert after > 75
    tab.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert state(tab)[0] == steps
    click(tab, "back")  # to where Run was pressed
    assert state(tab)[0] == 0


def test_it_stops_when_nobody_sees_it(tab):
    click(tab, "run")
    find(tab, "#tab-this")[0].click()
    assert not tab.execute_script("return training.running")
    find(tab, "#tab-train")[0].click()
    click(tab, "run")
    hidden = "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
    tab.execute_script(hidden + "document.dispatchEvent(new Event('visibilitychange')); delete document.hidden")
    assert not tab.execute_script("return training.running")


def test_raw_grey_values_saturate(tab):
    def saturated():
        return float(part(tab, "saturated").text.removesuffix(" %"))

    assert not part(tab, "raw").is_displayed()
    assert saturated() < 10
    choose(tab, "input", "raw, 0 to 255")
    assert part(tab, "raw").is_displayed()
    assert saturated() > 90
    choose(tab, "activation", "relu")
    assert not part(tab, "raw").is_displayed()


def test_weights_that_run_away_stop_it(tab):
    choose(tab, "input", "raw, 0 to 255")
    choose(tab, "activation", "linear")
    choose(tab, "optimizer", "SGD")
    choose(tab, "rate", "1")
    choose(tab, "pace", "as fast as it can")
    assert not part(tab, "diverged").is_displayed()
    click(tab, "run")
    wait_for(tab, "!training.running")
    assert part(tab, "diverged").is_displayed()
    steps, weights, _ = state(tab)
    assert np.isfinite(np.array(weights, np.float32)).all()
    click(tab, "step")
    assert state(tab)[:2] == [steps, weights]
    assert [entry for entry in tab.get_log("browser") if entry["level"] == "SEVERE"] == []
    click(tab, "back")
    click(tab, "back")
    assert state(tab)[0] == 0
    assert not part(tab, "diverged").is_displayed()


def test_the_curves_thin_out_and_keep_their_means(tab):
    """However long it runs, there are no more points than one can see, and no batch is lost."""
    steps, loss, kept = tab.execute_script("""
        const one = training.training, losses = [], gradient = one.net.gradient.bind(one.net);
        one.net.gradient = batch => {
            const found = gradient(batch);
            losses.push(found.loss);
            return found;
        };
        while (one.steps < 1600) one.advance(1, 0.001);
        const {step, loss} = one.curves, mean = values => values.reduce((a, b) => a + b, 0) / values.length;
        return [step, loss, step.map((at, i) => mean(losses.slice(i ? step[i - 1] : 0, at)))];
    """)
    assert len(steps) < 150
    assert np.unique(np.diff(steps)).tolist() == [20]
    np.testing.assert_allclose(loss, kept)


def test_a_unit_is_its_sum_term_by_term(tab, mnist):
    """What is chosen on the picture is explained below it, with the numbers of the step."""
    for _ in range(3):
        click(tab, "step")
    weights = np.array(state(tab)[1])
    W, b = weights[: 784 * 16].reshape(784, 16), weights[784 * 16 :][:16]
    W2, b2 = weights[784 * 16 + 16 :][:160].reshape(16, 10), weights[-10:]
    x = np.array(tab.execute_script("return Array.from(training.digits[0].pixels)")) / 255
    label = tab.execute_script("return training.digits[0].label")
    a = 1 / (1 + np.exp(-(x @ W + b)))
    p = np.exp(a @ W2 + b2) / np.exp(a @ W2 + b2).sum()
    dz = p - (np.arange(10) == label)
    for unit in (0, 5):
        tab.execute_script("training.choose(0, arguments[0])", unit)
        assert part(tab, "unit").text == f"Unit {unit} of dense"
        for name, terms, rest in (("forward-sum", x * W[:, unit], b[unit]), ("backward-sum", dz * W2[unit], 0)):
            rows = find(tab, f"[data-part={name}] tbody tr")
            numbers = [float(row.text.split()[-1]) for row in rows]
            assert numbers[-1] == pytest.approx(terms.sum() + rest, rel=0.006, abs=1e-5)
            assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.01)
            largest = terms[np.abs(terms).argmax()]
            assert any(number == pytest.approx(largest, rel=0.006) for number in numbers[:-1])
        assert f"a = sigmoid(z) = {a[unit]:.4g}"[:20] in part(tab, "forward-sum").text
    tab.execute_script("training.choose(1, arguments[0])", int(label))
    assert part(tab, "unit").text == f"Unit {label} of dense_1, for the digit {label}"
    assert f"dz = {p[label]:.4g}"[:10] in part(tab, "backward-sum").text


def test_a_click_on_a_square_chooses_its_unit(tab):
    from selenium.webdriver.common.action_chains import ActionChains

    for row, layer, last in ((0, "dense", 15), (2, "dense_1", 9)):  # z of both layers
        units = find(tab, "[data-part=way] .forward [role=slider]")[row]
        tab.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", units)
        corner = units.size["width"] // 2 - 4, units.size["height"] // 2 - 4
        ActionChains(tab, duration=0).move_to_element_with_offset(units, *corner).click().perform()
        assert part(tab, "unit").text.startswith(f"Unit {last} of {layer}")


def test_by_keyboard_alone(tab):
    from selenium.webdriver.common.keys import Keys

    this, train = find(tab, "[role=tab]")
    train.send_keys(Keys.ARROW_LEFT)
    assert (this.get_attribute("aria-selected"), train.get_attribute("aria-selected")) == ("true", "false")
    assert find(tab, "#draw")[0].is_displayed()
    assert not find(tab, "#train")[0].is_displayed()
    this.send_keys(Keys.ARROW_RIGHT)
    assert find(tab, "#train")[0].is_displayed()
    part(tab, "step").send_keys(Keys.ENTER)
    assert part(tab, "at-step").text == "1"
    units = find(tab, "[data-part=way] [role=slider]")[0]
    units.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    assert part(tab, "unit").text == "Unit 5 of dense"  # of 4 in a row
    assert units.get_attribute("aria-valuenow") == "5"
    assert units.get_attribute("aria-valuetext").startswith("unit 5: ")
    assert [each.get_attribute("aria-pressed") for each in find(tab, "[data-part=weights] button")].index("true") == 5


def test_a_link_into_the_other_tab_opens_it(tab):
    tab.execute_script("location.hash = '#curves'")
    wait_for(tab, "!document.getElementById('this').hidden")
    assert find(tab, "#curves")[0].is_displayed()
    tab.execute_script("location.hash = '#train'")
    wait_for(tab, "!document.getElementById('train').hidden")


def test_every_choice_of_the_controls_makes_a_net_that_can_be_drawn(tab):
    for name in ("activation", "optimizer", "batch", "rate", "hidden"):  # the largest net last, as it takes longest
        for option in find(tab, f"#train [name={name}] option"):
            tab.execute_script("arguments[0].selected = true; training.changed(arguments[1])", option, name)
            tab.execute_script("training.single()")
            assert (
                len(find(tab, "[data-part=way] .node"))
                == {1: 7, 2: 11, 3: 15}[tab.execute_script("return training.training.net.layers.length")]
            )
    assert [entry for entry in tab.get_log("browser") if entry["level"] == "SEVERE"] == []
