"""The `tinydnn` command."""

import io
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

import tinydnn
from tinydnn import config, datasets, utils
from tinydnn.app import run_folder, runs
from tinydnn.engine.interrupts import terminate
from tinydnn.files.whole import check_writable, to_json, write_whole
from tinydnn.inspect import info, net
from tinydnn.inspect.watch import PLOT_FILE, Watch

if TYPE_CHECKING:
    from tinydnn.inspect import selftest

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    help="Dense networks from scratch, with Keras' names.",
    add_completion=False,
    rich_markup_mode=None,
)


class InterruptedRunError(Exception):
    """Ctrl-C, with what became of the run."""


AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")]
Data = Annotated[
    Path | None, typer.Option(exists=True, help="Other digits: an .npz in Keras' layout, or a folder of IDX files.")
]
Input = Annotated[
    Literal["raw", "scaled"], typer.Option(help="Grey values as they are, 0 to 255, or scaled to 0 to 1.")
]
BatchSize = Annotated[int, typer.Option(min=1, help="Digits a step.")]
Hidden = Annotated[str, typer.Option(help="Units of the hidden layers, as 324,36; none for no hidden layer.")]
Activation = Annotated[str, typer.Option(help="Of the hidden layers: sigmoid, relu, tanh, linear.")]
Optimizer = Annotated[str, typer.Option(help="rmsprop, sgd or adam.")]
Seed = Annotated[int, typer.Option(help="What initial weights and order of the digits are drawn from.")]
Dtype = Annotated[Literal["float32", "float64"], typer.Option(help="The numbers to compute with.")]
Device = Annotated[
    Literal["cpu", "gpu", "auto"] | None,
    typer.Option(help="cpu, gpu, or auto: a GPU where one works. By default TINYDNN_DEVICE, else auto."),
]
RunFolder = Annotated[Path, typer.Argument(exists=True, metavar="RUN", help="A run's folder, or a .keras file.")]


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Dense networks from scratch, with Keras' names."""


@app.command("info")
def show_info(as_json: AsJson = False) -> None:
    """Versions of everything a result depends on, and the devices."""
    found = info.collect()
    if as_json:
        print(to_json(found), end="")
        return
    table = Table(show_header=False, box=None)
    for name, value in found.items():
        if name != "devices":
            table.add_row(name, str(value) if value is not None else "not installed")
    for device in found["devices"]:
        memory = device["memory_bytes"]
        size = "memory unknown" if memory is None else f"{memory / 2**30:.1f} GiB"
        cores = f"{device['cores']} cores, " if "cores" in device else ""
        table.add_row(f"device {device['device']}", f"{device['name']}, {cores}{size}")
    Console(highlight=False, soft_wrap=True).print(table)


@app.command()
def train(
    context: typer.Context,
    epochs: Annotated[int, typer.Option(min=1, help="How often to go through the training digits.")] = 20,
    batch_size: BatchSize = 512,
    input: Input = "raw",
    hidden: Hidden = "324,36",
    activation: Activation = "sigmoid",
    optimizer: Optimizer = "rmsprop",
    learning_rate: Annotated[
        float | None, typer.Option(help="The step size, where not the optimizer's default.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same run; a random one by default.")] = None,
    data: Data = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/ and the time by default.")] = None,
    device: Device = None,
    dtype: Dtype = "float32",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads that share a batch; by default as many as have enough to do.")
    ] = None,
    checkpoint_every: Annotated[
        int | None, typer.Option(min=1, metavar="STEPS", help="Write a checkpoint to resume from every so many steps.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, metavar="RUN", help="Go on with a run that was cut off, with its settings."
        ),
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="Draw the run's figures, and write its page.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show gradients, updates, saturated and dead units of each layer.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train the walkthrough's net, and write a run's folder."""
    if watch and as_json:
        raise typer.BadParameter("--json prints the result and nothing else; leave it out, or --watch")
    if resume is not None:
        others = {each.name or "" for each in context.command.params} - {"resume", "report", "watch", "as_json"}
        _refuse(context, "--resume takes the run's own settings", *others)
        folder, made = resume, False
        run = runs.Run.resumed(folder)
        settings = run.settings
        if run.finished:
            if watch:
                raise typer.BadParameter(f"{folder} is finished, and there is nothing to watch; leave out --watch")
            _results(run, folder, report, as_json)
            return
        run.load_data()
    else:
        with _wrong_use(ValueError, TypeError):
            settings = net.Settings(
                epochs=epochs, batch_size=batch_size, input=input, hidden=_units(hidden), activation=activation,
                optimizer=optimizer, learning_rate=learning_rate, seed=seed,
                data=None if data is None else str(data.resolve()), device=device, dtype=dtype, threads=threads,
                checkpoint_every=checkpoint_every,
            )  # fmt: skip
            run = runs.Run(settings)
            if out is not None and not str(out).strip("."):
                raise ValueError(f"--out expects a folder of the run's own. Received: {str(out)!r}")
        run.load_data()
        folder = out or run_folder.unused()
        made = not folder.exists()
        with _wrong_use(FileExistsError):
            run_folder.prepare(folder)

    if not as_json:
        threads = run.model.threads_for(settings.batch_size)
        device_used = "gpu" if run.model.device == "gpu" else f"cpu, {threads} thread{'s' * (threads > 1)}"
        print(f"Seed {settings.seed}, {device_used}, {settings.dtype}, {settings.input} inputs")
        run.model.summary()
    try:
        run.train(folder, verbose=0 if as_json or watch else "auto", watch=Watch(show=True) if watch else None)
    except BaseException as error:
        saved = "nothing was saved"
        if run.saved:
            saved = f"{len(run.history.epoch)} whole epochs are done; the run was saved to {folder}"
        elif made:
            with suppress(OSError):  # there may be a part of a run in it
                folder.rmdir()
        if isinstance(error, KeyboardInterrupt):
            if run.saved:
                saved += f"; go on with `tinydnn train --resume {folder}`"
            raise InterruptedRunError(f"stopped by Ctrl-C; {saved}") from None
        error.add_note(saved)
        raise
    _results(run, folder, report, as_json)
    if watch:
        print(f"What the layers did: {folder / PLOT_FILE}")


def _results(run: runs.Run, folder: Path, report: bool, as_json: bool) -> None:
    """What came out of a finished run; its figures and its page, where they are asked for."""
    if report:
        from tinydnn.app import report as reports

        reports.write(folder)
    if as_json:
        description = run_folder.description(run.settings, run.results)
        print(to_json({"folder": str(folder), "history": run.history.history, **description}), end="")
        return
    results = run.results
    print(f"Test accuracy {results['test_accuracy']:.4f}, test loss {results['test_loss']:.4f} on the test digits")
    print(f"{results['seconds']:.1f} s of training; saved to {folder}")
    if report:
        _print_report(folder)


def _refuse(context: typer.Context, why: str, *names: str) -> None:
    """Raise an error where one of these options was given."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source is not None and source.name != "DEFAULT":
            raise typer.BadParameter(f"{why}; leave out {parameter.opts[0]}")


@app.command()
def evaluate(run: RunFolder, data: Data = None, device: Device = None, as_json: AsJson = False) -> None:
    """Loss and accuracy of a saved run on the test digits."""
    _choose(device)
    model = run_folder.load_model(run)
    _, (x, y) = datasets.mnist.load_data(data)
    if not model.compiled:
        model.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    targets = y if model.loss is not None and model.loss.sparse else utils.to_categorical(y, 10)
    logs = model.evaluate(x, targets, verbose=0, return_dict=True)
    if as_json:
        print(to_json(logs), end="")
    else:
        print(f"{len(x):,} test digits: " + ", ".join(f"{name} {value:.4f}" for name, value in logs.items()))


@app.command()
def predict(
    run: RunFolder,
    image: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="IMAGE", help="A digit drawn by hand, as PNG.")
    ],
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """The digit on an image, and the probability of each."""
    _choose(device)
    from tinydnn.app.images import load_digit

    model = run_folder.load_model(run)
    probabilities = model.predict(load_digit(image)[None], verbose=0)[0]
    digit = int(probabilities.argmax())
    if as_json:
        print(to_json({"digit": digit, "probabilities": [float(p) for p in probabilities]}), end="")
        return
    print(f"{image} shows a {digit}")
    for label, p in enumerate(probabilities):
        print(f"  {label}  {p:7.2%}  {'#' * round(40 * min(max(float(p), 0), 1))}".rstrip())


@app.command()
def report(
    run: Annotated[Path, typer.Argument(exists=True, file_okay=False, metavar="RUN", help="A run's folder.")],
    device: Device = None,
) -> None:
    """A run as figures, and as one page for a browser, in its folder."""
    _choose(device)
    from tinydnn.app import report as reports

    reports.write(run)
    _print_report(run)


def _print_report(run: Path) -> None:
    from tinydnn.app import report as reports

    print(f"Figures in {run / reports.PICTURES_FOLDER}; open {run / reports.PAGE_FILE} in a browser")


@app.command()
def parity(
    input: Input = "scaled",
    dtype: Dtype = "float32",
    epochs: Annotated[
        int | None, typer.Option(min=1, help="How often to go through the digits; 20, or on raw grey values one step.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="End after so many steps.")] = None,
    seed: Seed = 42,
    hidden: Hidden = "324,36",
    activation: Activation = "sigmoid",
    optimizer: Optimizer = "rmsprop",
    batch_size: BatchSize = 512,
    data: Data = None,
    device: Device = None,
    keras_device: Annotated[
        Literal["cpu", "gpu", "auto"], typer.Option(help="What Keras computes on; on a GPU without TensorFloat-32.")
    ] = "cpu",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write every difference to this file.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the differences after each step: .png, .svg or .pdf.")
    ] = None,
) -> None:
    """Train on tinydnn and on Keras from one seed, in lock-step, and compare every number; needs Keras.

    Exit code 0 is within tolerance. 1 is beyond it: the first step and the first tensor of it are named.
    """
    from keras_ref import command, engines

    _choose(device)
    engines.load("keras", keras_device)
    run = _prepared_run(input, dtype, seed, hidden, activation, optimizer, batch_size, data)
    with _wrong_use(ValueError, OSError):
        command.check_files(json_file, plot)
        epochs, steps = command.length(run, epochs, steps)
    if not command.parity(run, epochs, steps, json_file, plot):
        raise typer.Exit(FAILED)


@app.command()
def microscope(
    input: Input = "scaled",
    dtype: Dtype = "float32",
    seed: Seed = 42,
    hidden: Hidden = "324,36",
    activation: Activation = "sigmoid",
    optimizer: Optimizer = "rmsprop",
    batch_size: BatchSize = 512,
    data: Data = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """The first step of a training, every tensor of it: formula, line of code, values, and Keras' own next to them."""
    from tinydnn.inspect import microscope as instrument
    from tinydnn.inspect import microscope_table

    _choose(device)
    run = _prepared_run(input, dtype, seed, hidden, activation, optimizer, batch_size, data)
    x, y = run.first_batch()
    keras, theirs, why_not = None, None, ""
    try:
        from keras_ref import engines, one_step

        keras, theirs = engines.keras_version(), one_step.tensors(run.model, x, y)
    except ImportError as error:
        why_not = f"Without Keras' column. {error}"
    tensors = instrument.dissect(run.model, x, y, theirs)
    if as_json:
        step = {
            "settings": {**asdict(run.settings), "epochs": 1, "steps": 1},
            "keras": keras,
            "tensors": [tensor.to_json() for tensor in tensors],
        }
        print(to_json(step), end="")
        return
    print(f"Step 1 from seed {seed}: {len(x)} digits, {dtype}, {input} inputs")
    print(f"Next to {keras}" if keras else why_not)
    Console(highlight=False).print(microscope_table.table(tensors))


@app.command("mistakes")
def show_mistakes(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One of them; without, all are listed.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="How often to go through the digits, with it and without.")] = 5,
    data: Data = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw both loss curves: a .png.")] = None,
) -> None:
    """The classic mistakes of re-implementations: what is wrong, where it shows, and a training with it."""
    from tinydnn.inspect import figures, mistakes, mistakes_table

    if name is None:
        _refuse(context, "it belongs to one mistake, which NAME says", "epochs", "data", "plot")
        Console(highlight=False).print(mistakes_table.gallery())
        return
    with _wrong_use(ValueError, OSError):
        mistake = mistakes.find(name)
        if plot is not None:
            if plot.suffix.lower() != ".png":
                raise ValueError(f"--plot expects a file that ends in .png. Received: {str(plot)!r}")
            check_writable(plot)
    print(mistakes_table.described(mistake), end="\n\n", flush=True)
    (x, y), _ = datasets.mnist.load_data(data)
    wrong, right = (mistakes.log_of(each, mistake.settings, x, y, epochs) for each in (mistake, None))
    print(mistakes_table.logs(right, wrong, epochs))
    if plot is not None:
        write_whole(plot, figures.png(figures.side_by_side({mistake.name: (right["loss"], wrong.get("loss", []))})))


@app.command()
def diagnose(
    context: typer.Context,
    step_file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, metavar="STEP",
            help="An .npz of the weights before and after a step and its batch, or a .py with step(weights, x, y).",
        ),
    ],
    model_file: Annotated[
        Path | None,
        typer.Option(
            "--model", metavar="FILE", exists=True, dir_okay=False,
            help="The net and how it is compiled, as to_json() of Keras or tinydnn writes it.",
        ),
    ] = None,
    input: Input = "scaled",
    dtype: Dtype = "float32",
    seed: Seed = 42,
    hidden: Hidden = "324,36",
    activation: Activation = "sigmoid",
    optimizer: Optimizer = "rmsprop",
    batch_size: BatchSize = 512,
    data: Data = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Whether a step that anybody's implementation took is Keras' step; if not, which mistakes explain it.

    The options tell the net, and for a .py file seed and batch. Exit code 0 is Keras' step, 1 is not.
    """
    from tinydnn.inspect import diagnosis, mistakes_table

    step = None
    with _wrong_use(ValueError, RuntimeError):  # exit code 1 is for another step alone
        if step_file.suffix.lower() != ".py":
            _refuse(context, "the .npz tells it", "seed", "batch_size")
            step = diagnosis.read(step_file)
            seed = seed if step.seed is None else step.seed
        run = _prepared_run(input, dtype, seed, hidden, activation, optimizer, batch_size, data)
        model = run.model
        if model_file is not None:
            _refuse(context, "--model tells it", "input", "hidden", "activation", "optimizer")
            utils.set_random_seed(seed)
            model = tinydnn.models.model_from_json(model_file.read_text(encoding="utf-8"))
        step = step or diagnosis.of_script(step_file, model, *run.first_batch(), seed)
        samples = run.digits[0][0] if model_file is None else None
        found = diagnosis.diagnose(model, step, samples, net.VALIDATION_SPLIT)
    if as_json:
        print(to_json({"right": found.right, "mistakes": found.named, "remarks": found.remarks,
                       "blurred": [gap.name for gap in found.blurred],
                       "weights": [asdict(gap) for gap in found.gaps]}), end="")  # fmt: skip
    else:
        print(mistakes_table.diagnosed(found, step))
    if not found.right:
        raise typer.Exit(FAILED)


@app.command("selftest")
def check_device(device: Device = None, as_json: AsJson = False) -> None:
    """Whether a device computes what it should: every operation and a training, next to plain NumPy in float64.

    Exit code 0 is all right, 1 is not. The result is what a bug report about a device needs.
    """
    from tinydnn.inspect import selftest

    _choose(device)
    report = selftest.run(None)
    if as_json:
        print(to_json(report.to_json()), end="")
    else:
        _print_selftest(report)
    if not report.passed:
        raise typer.Exit(FAILED)


def _print_selftest(report: "selftest.Report") -> None:
    where = report.figures.get("GPU", f"the {report.device.upper()}")
    print(f"tinydnn {tinydnn.__version__} on {where}, next to NumPy in float64 on the CPU")
    columns = list(dict.fromkeys((check.form, check.dtype) for check in report.checks))
    table = Table("largest difference", *(f"{dtype}\n{form}" for form, dtype in columns), box=None)
    cells: dict[str, list[str]] = {}
    for check in report.checks:
        found = "error" if check.difference is None else f"{check.difference:.1e}"
        cells.setdefault(check.name, []).append(found if check.passed else f"{found} > {check.allowed:.0e}")
    for name, row in cells.items():
        table.add_row(name, *row)
    Console(highlight=False, soft_wrap=True).print(table)
    for name, value in report.figures.items():
        print(f"{name}: {value:,}" if isinstance(value, int) else f"{name}: {value}")
    failed = [check for check in report.checks if not check.passed]
    for check in failed:
        what = check.error or f"{check.difference:.1e} apart, {check.allowed:.0e} allowed"
        print(f"FAILED: {check.name}, {check.form}, {check.dtype}: {what}")
    done = len(report.checks) - len(failed)
    print(f"{done} of {len(report.checks)} checks passed on the {report.device.upper()}")
    print(f"To a bug report, please attach what `tinydnn selftest --device {report.device} --json` prints")


def _choose(device: str | None) -> None:
    """Make this the device of all models, or the environment's, where that is a device."""
    with _wrong_use(ValueError):
        config.set_device(device)
        config.device()


def _prepared_run(
    input: str, dtype: str, seed: int, hidden: str, activation: str, optimizer: str, batch_size: int, data: Path | None
) -> runs.Run:
    """A run with its digits, which has not begun to train."""
    config.set_floatx(dtype)
    with _wrong_use(ValueError, TypeError):
        run = runs.Run(
            net.Settings(
                batch_size=batch_size, input=input, hidden=_units(hidden), activation=activation, optimizer=optimizer,
                seed=seed, data=None if data is None else str(data), dtype=dtype,
            )
        )  # fmt: skip
    run.load_data()
    return run


def _units(hidden: str) -> tuple[int, ...]:
    if hidden.strip() in ("", "none"):
        return ()
    try:
        return tuple(int(units) for units in hidden.split(","))
    except ValueError:
        raise ValueError(f"--hidden expects numbers of units, as 324,36. Received: {hidden!r}") from None


@contextmanager
def _wrong_use(*kinds: type[Exception]) -> Iterator[None]:
    """Errors of these kinds are wrong use of the command."""
    try:
        yield
    except kinds as error:
        raise typer.BadParameter(str(error)) from error


def main() -> None:
    """Run the command; errors go to standard error in one line, with --debug as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal can't show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, terminate)
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]  # wherever it stands
    try:
        code = app(arguments or ["--help"], prog_name="tinydnn", standalone_mode=False)
    except InterruptedRunError as error:
        _complain(f"{error}", error)
        sys.exit(INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        wrong_use = getattr(error, "exit_code", None) == WRONG_USE  # typer's own errors have one
        message = error.format_message() if wrong_use else f"{error}"  # type: ignore[attr-defined]
        _complain(message + ("; see `tinydnn --help`" if wrong_use else ""), error)
        sys.exit(WRONG_USE if wrong_use else FAILED)
    if code == INTERRUPTED:  # typer's own word for Ctrl-C
        print("tinydnn: stopped by Ctrl-C", file=sys.stderr)
    sys.exit(code if isinstance(code, int) else DONE)


def _complain(message: str, error: BaseException) -> None:
    """One line on standard error: what went wrong, and what was noted on its way."""
    whole = "; ".join([message, *getattr(error, "__notes__", [])])
    print(f"tinydnn: {' '.join(whole.split())}", file=sys.stderr)
