"""A run's figures, and its page: what `tinydnn report RUN` writes.

The page is one HTML file that holds everything it needs: the trained weights, some digits, the figures, and one
training step, tensor by tensor. It fetches nothing, and its content security policy forbids it to.
"""

import io
import shlex
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

import tinydnn
from tinydnn.app import run_folder, runs
from tinydnn.app.one_step import first_step
from tinydnn.app.report import page_data
from tinydnn.app.report.findings import Findings
from tinydnn.app.report.pictures import Picture, pictures
from tinydnn.device.ranks import by_first
from tinydnn.files.whole import to_json, write_whole
from tinydnn.inspect import figures
from tinydnn.inspect.net import Settings
from tinydnn.names import numbered_anew

PAGE_FILE, FIGURES_FOLDER = "report.html", "figures"


@by_first("write a run's page")
def write(folder: Path) -> None:
    """Write a run's figures and its page into its folder.

    Raises:
        FileNotFoundError: there is no run, or it has not saved a model yet.
        FileFormatError: the run is damaged, or has no whole epoch yet.
    """
    settings, results, versions = run_folder.read_description(folder)
    history = run_folder.read_log(folder)
    model = run_folder.load_model(folder)
    with numbered_anew():
        fresh = runs.Run(replace(settings, device=None))  # on the device chosen now, which may differ
    fresh.load_data()
    step = first_step(fresh)
    x_test, y_test = fresh.digits[1]
    found = Findings(model.predict(x_test, verbose=0), y_test.astype(np.int64))
    images = _figures(pictures(model, history, fresh.digits, found), folder / FIGURES_FOLDER)
    data = {
        "settings": asdict(settings),
        "results": results,
        "history": history,
        "net": page_data.net(model),
        "microscope": page_data.microscope(step),
        "practice": page_data.practice(fresh.digits),
        **page_data.digits(found, x_test),
    }
    environment = Environment(
        loader=PackageLoader("tinydnn.app.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.policies["json.dumps_function"] = lambda value, **_: to_json(value, indent=None)
    environment.filters["duration"] = duration
    page = environment.get_template("page.html").render(
        version=tinydnn.__version__,
        versions=versions,
        command=repeat(settings),
        found=found,
        accuracy=float(found.right.mean()),
        images=images,
        data=data,
        zip=zip,
    )
    write_whole(folder / PAGE_FILE, page.encode())


def _figures(made: list[Picture], folder: Path) -> list[dict[str, Any]]:
    """Write the numbered figures in place of those of an earlier report; return what the page needs of its own."""
    folder.mkdir(exist_ok=True)
    for left_over in folder.glob("[0-9][0-9]-*.png"):
        left_over.unlink()
    images = []
    for number, picture in enumerate(made, start=1):
        png = figures.png(picture.figure)
        write_whole(folder / f"{number:02}-{picture.name}.png", png)
        if picture.on_page:
            width, height = Image.open(io.BytesIO(png)).size
            image = {"number": number, "caption": picture.caption, "source": page_data.data_url(png)}
            images.append({**image, "width": width, "height": height})
    return images


def duration(seconds: float) -> str:
    """A time as one would say it: 0.43 s, 12 s, 3 min 5 s, 2 h 10 min."""
    if round(seconds) < 60:
        return f"{float(f'{seconds:.2g}'):g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, rest_of_hour = divmod(minutes, 60)
    return f"{hours} h {rest_of_hour} min" if hours else f"{minutes} min {rest} s"


def repeat(settings: Settings) -> str:
    """The shell command that makes this run again."""
    defaults, words = asdict(Settings()), ["tinydnn", "train"]
    for name, value in asdict(settings).items():
        if value != defaults[name]:
            text = (",".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value)
            words += [f"--{name.replace('_', '-')}", text]
    return shlex.join(words)
