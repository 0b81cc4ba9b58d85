"""The figures show the numbers they are given."""

import numpy as np
import pytest
from matplotlib import pyplot, rc_context, rcParams, style
from matplotlib.figure import Figure

from tinydnn.inspect import figures


def texts(figure):
    figure.canvas.draw()
    return [text.get_text() for axes in figure.axes for text in axes.findobj(lambda each: hasattr(each, "get_text"))]


def test_digits_lie_in_a_grid_below_their_titles(rng):
    images = rng.integers(0, 256, (13, 28, 28))
    figure = figures.digits(images, [f"t{i}" for i in range(13)], "Some", columns=5)
    shown = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in shown] == [f"t{i}" for i in range(13)]
    for axes, image in zip(shown, images, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), image)
        assert axes.images[0].get_clim() == (0, 255)  # a faint digit stays faint
    assert len(figure.axes) == 15
    assert not any(axes.axison for axes in figure.axes)


def test_a_case_has_its_ten_probabilities_and_its_label_marked(rng):
    p = rng.dirichlet(np.ones(10), 2)
    figure = figures.cases(rng.integers(0, 256, (2, 28, 28)), p, [3, 9], ["one", "two"])
    for axes, row, label in zip(figure.axes[1::2], p, [3, 9], strict=True):
        bars = axes.containers[0]
        assert [bar.get_height() for bar in bars] == row.tolist()
        marked = [i for i, bar in enumerate(bars) if bar.get_hatch()]
        assert marked == [label]


def test_balance_tells_the_distances_to_the_mean():
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    figure = figures.balance(counts)
    assert [bar.get_height() for bar in figure.axes[0].containers[0]] == counts
    shown = texts(figure)
    for distance in ("-77", "+742", "-42", "+131", "-158", "-579", "-82", "+265", "-149", "-51"):  # the post's
        assert distance in shown


def test_curves_begin_with_epoch_one():
    training, validation = figures.curves([0.5, 0.75], [0.6, 0.7], "accuracy").axes[0].lines
    assert training.get_xydata().tolist() == [[1, 0.5], [2, 0.75]]
    assert validation.get_xydata().tolist() == [[1, 0.6], [2, 0.7]]
    assert len(figures.curves([0.5], [], "loss").axes[0].lines) == 1
    *_, best = figures.curves([0.5, 0.4], [0.6, 0.7], "loss", best=1).axes[0].lines
    assert (best.get_xdata(), best.get_label()) == ([1, 1], "best epoch of the validation")


def test_the_legend_of_weights_goes_from_the_largest_to_the_smallest(rng):
    values = rng.normal(size=36)
    axes = figures.weights(values, (6, 6), "b").axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), values.reshape(6, 6))
    levels = [float(text.get_text()) for text in axes.get_legend().get_texts()]
    assert len(levels) == 10
    assert levels == sorted(levels, reverse=True)
    assert (levels[0], levels[-1]) == (round(values.max(), 4), round(values.min(), 4))
    assert axes.get_legend().get_patches()[0].get_facecolor() == pytest.approx(axes.images[0].to_rgba(values.max()))
    assert len(figures.weights(np.zeros(10), (10, 1), "b").axes[0].get_legend().get_texts()) == 1


def test_weights_may_leave_room_at_the_end(rng):
    values = rng.normal(size=31).astype("float32")
    shown = figures.weights(values, figures.near_square(31), "b").axes[0].images[0].get_array()
    np.testing.assert_array_equal(shown.compressed(), values)
    assert shown.shape == (5, 7)


def test_each_units_weights_are_a_picture_in_its_place(rng):
    W = rng.normal(size=(6, 4))
    sheet = figures.neurons(W, (2, 3), "W").axes[0].images[0].get_array()
    assert sheet.shape == (5, 7)
    np.testing.assert_array_equal(sheet[3:5, 0:3], W[:, 2].reshape(2, 3))
    assert np.ma.getmaskarray(sheet)[2].all()  # the gap


def test_confusion_has_rows_for_digits_and_columns_for_what_they_were_taken_for():
    matrix = np.diag(np.arange(100, 110))
    matrix[4, 9] = 7
    axes = figures.confusion(matrix).axes[0]
    found = {(text.get_position()): text.get_text() for text in axes.texts}
    assert found[9, 4] == "7"
    assert len(found) == 11
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("taken for", "digit")


def test_the_table_of_errors():
    matrix = np.diag([90] * 10)
    matrix[4, 9], matrix[4, 7] = 7, 3
    table = figures.errors(matrix).axes[0].tables[0]
    cells = {key: cell.get_text().get_text() for key, cell in table.get_celld().items()}
    assert [cells[5, j] for j in range(5)] == ["4", "100", "10", "10.00%", "9 (7)"]
    assert [cells[1, j] for j in range(5)] == ["0", "90", "0", "0.00%", "none"]
    none = figures.errors(np.diag([0] + [90] * 9)).axes[0].tables[0][1, 3].get_text().get_text()
    assert none == "–"


@pytest.mark.parametrize(
    ("n", "shape"),
    [(324, (18, 18)), (36, (6, 6)), (10, (2, 5)), (13, (3, 5)), (1, (1, 1)), (2, (1, 2)), (1024, (32, 32))],
)
def test_near_square(n, shape):
    assert figures.near_square(n) == shape


def all_figures():
    """One of each kind."""
    rng = np.random.default_rng(3)
    watched = {quantity: [0.5, 0.25, 0.125] for quantity in ("gradient", "update", "saturated", "dead")}
    return [
        figures.digits(rng.integers(0, 256, (50, 28, 28)), ["9≠4"] * 50, "Mistaken"),
        figures.cases(
            rng.integers(0, 256, (2, 28, 28)),
            np.full((2, 10), 0.1),
            [1, 2],
            ["a 4, taken for a 9 with 99.99%; 0.01% for 4"] * 2,
        ),
        figures.balance(rng.integers(5000, 7000, 10)),
        figures.curves([0.5, 0.75], [0.6, 0.7], "accuracy"),
        figures.weights(rng.normal(size=324), (18, 18), "Biases"),
        figures.neurons(rng.normal(size=(784, 324)), (28, 28), "Units"),
        figures.confusion(rng.integers(0, 999, (10, 10))),
        figures.errors(rng.integers(0, 999, (10, 10))),
        figures.differences({"weights": [1e-7, 1e-6], "loss": [0.0, 1e-7]}, 1e-5, "Differences"),
        figures.watch([1, 2, 3], {"first": watched, "second": watched}),
        figures.side_by_side({"one": ([0.5, 0.25], [0.5, 0.4]), "other": ([0.5, 0.25], [])}),
    ]


def test_every_figure_has_room_for_its_text():
    """Nothing is written beyond the edge, at the width of a page."""
    for figure in all_figures():
        assert isinstance(figure, Figure)
        figure.canvas.draw()
        box = figure.get_tightbbox()
        assert box.x0 >= -0.01
        assert box.x1 <= figure.get_figwidth() + 0.01
        assert box.y0 >= -0.01
        assert box.y1 <= figure.get_figheight() + 0.01


# What users have in their matplotlibrc, and what each of these would do to a figure.
SETTINGS = {
    "upside down": {"image.origin": "lower"},
    "in LaTeX": {"text.usetex": True},
    "in another font": {"font.family": "no such font", "font.size": 40, "axes.unicode_minus": False},
    "in other colours": {"axes.prop_cycle": "cycler(color=['#ffff00'])", "image.cmap": "jet", "text.color": "white"},
    "of another size": {"figure.dpi": 20, "savefig.dpi": 20, "savefig.bbox": "tight", "figure.autolayout": True},
    "see-through": {"savefig.transparent": True, "savefig.facecolor": "none", "axes.facecolor": "none"},
    "with lines": {"axes.grid": True, "axes.grid.which": "both", "lines.linewidth": 9, "axes.xmargin": 0.4},
    "of another format": {"savefig.format": "svg", "svg.fonttype": "none", "axes.formatter.use_locale": True},
}


def simple_figures():
    """A picture, and curves with a legend: quick to draw."""
    rng = np.random.default_rng(3)
    return [figures.neurons(rng.normal(size=(12, 6)), (3, 4), "W"), figures.curves([0.5, 0.75], [0.6, 0.7], "accuracy")]


@pytest.mark.parametrize(
    ("settings", "draw"),
    [
        *((settings, simple_figures) for settings in SETTINGS.values()),
        *((name, simple_figures) for name in ("dark_background", "classic")),
        ({name: value for settings in SETTINGS.values() for name, value in settings.items()}, all_figures),
    ],
    ids=[*SETTINGS, "in the dark", "as of old", "all of that"],
)
def test_figures_leave_settings_of_matplotlib_alone_and_are_left_alone_by_them(settings, draw):
    drawn = [figures.png(figure) for figure in draw()]
    with style.context(settings) if isinstance(settings, str) else rc_context(settings):
        before, open_figures = dict(rcParams), pyplot.get_fignums()
        assert [figures.png(figure) for figure in draw()] == drawn
        assert dict(rcParams) == before
        assert pyplot.get_fignums() == open_figures
