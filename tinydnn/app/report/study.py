"""The page of a search: Optuna's own plots, the best trials, and what became of the best one on the test digits.

The page is one HTML file with plotly.js in it. It fetches nothing, and its content security policy forbids it to.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

import tinydnn
from tinydnn.app import runs
from tinydnn.files.whole import write_whole
from tinydnn.search.study import finished, seed_of, space_of, versions_of
from tinydnn.search.trials import in_words, result

if TYPE_CHECKING:
    import optuna

_BEST = 10  # trials in the table


@dataclass(frozen=True)
class _Plot:
    """A plot of Optuna's, with what it shows.

    wide: whether a narrow screen scrolls it, as its parts would not fit side by side.
    lowest: the accuracies of which the plot first shows the best three quarters, as a few bad ones would flatten it.
    """

    draw: str
    title: str
    words: str
    wide: bool = False
    lowest: Callable[["optuna.Study"], list[float]] | None = None


_PLOTS = [
    _Plot(
        "plot_optimization_history",
        "How the search went",
        "A point is a trial that came to its end: its best accuracy on the validation digits. The line is the best so "
        "far. Where it has been flat for long, more trials will hardly find better settings. The worst quarter lies "
        "below the plot; a double click shows it.",
        lowest=lambda study: [trial.value for trial in finished(study) if trial.state.name == "COMPLETE"],
    ),
    _Plot(
        "plot_intermediate_values",
        "Trials while they learned",
        "A line is a trial: its accuracy on the validation digits after each epoch, counted from 0. A line that ends "
        "early is a trial that was pruned, as its best so far was below the median of the other trials in that epoch. "
        "A double click shows those that began lowest, too.",
        lowest=lambda study: [v for trial in finished(study) for v in trial.intermediate_values.values()],
    ),
    _Plot(
        "plot_param_importances",
        "What mattered",
        "The share of each setting in whether a trial is among the better ones, as PED-ANOVA estimates it. It holds "
        "within these bounds: a setting whose bounds are narrow seems to matter little. Of few trials it is a guess.",
    ),
    _Plot(
        "plot_parallel_coordinate",
        "All settings at once",
        "A line is a trial, on its way through its settings; the darker it is, the better the trial. Drag along an "
        "axis to see only the trials that pass there. Units have an axis only for a layer that all trials have.",
        wide=True,
    ),
    _Plot(
        "plot_slice",
        "Each setting by itself",
        "A point is a trial: its value of one setting, and its accuracy; the darker, the later. The search tries most "
        "where it has found the best.",
        wide=True,
    ),
]


def write_study(study: "optuna.Study", best: runs.Run, path: Path) -> None:
    """Write the page of a study.

    best: the run of the best trial, finished.

    Raises:
        ModuleNotFoundError: the package plotly is missing.
    """
    ended = finished(study)
    whole = sorted((trial for trial in ended if trial.state.name == "COMPLETE"), key=lambda trial: -trial.value)
    space = space_of(study)
    environment = Environment(
        loader=PackageLoader("tinydnn.app.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("study.html").render(
        version=tinydnn.__version__,
        versions=versions_of(study),
        seed=seed_of(study),
        bounds=space.to_json(),
        trials=ended,
        whole=whole,
        rows=[(trial, result(trial), in_words(space.draw(trial))) for trial in whole[:_BEST]],
        best=best,
        plots=list(_drawn(study)),
        plotly=_plotly_js(),
    )
    write_whole(path, page.encode())


def _drawn(study: "optuna.Study") -> Iterator[tuple[_Plot, str]]:
    """Each plot as HTML, without plotly.js; those that these trials are too few for are left out."""
    from optuna import visualization

    for plot in _PLOTS:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that there are few trials, which the page says
                figure = getattr(visualization, plot.draw)(study)
        except (ValueError, RuntimeError):
            continue
        if plot.lowest is not None and len(accuracies := plot.lowest(study)) > 3:
            figure.update_yaxes(range=[np.quantile(accuracies, 0.25), max(accuracies) + 0.001])
        few = len(figure.data) < 5  # names of a hundred lines would take the whole plot
        figure.update_layout(title=None, margin={"t": 30}, showlegend=few, legend={"orientation": "h", "y": 1.1})
        options = {"responsive": True, "displaylogo": False}
        yield plot, figure.to_html(full_html=False, include_plotlyjs=False, config=options)


def _plotly_js() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
