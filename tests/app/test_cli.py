"""The command: what it prints, writes and returns, as a process of its own."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time

import interrupts
import numpy as np
import pytest
from commands import command, environment, small_data
from model_files import edited
from PIL import Image, ImageOps
from tolerances import DRAWN_DIGIT

import tinydnn as keras
from tinydnn.app.cli import main
from tinydnn.app.images import load_digit
from tinydnn.app.run_folder import load_model

pytestmark = pytest.mark.xdist_group("the run of the command")

FAST = ["--input", "scaled", "--activation", "relu", "--seed", "7"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of three epochs, and what the command printed."""
    folder = tmp_path_factory.mktemp("runs") / "digits"
    done = command("train", *FAST, "--epochs", 3, "--out", folder)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_a_run_that_was_killed_before_it_could_save_is_to_be_resumed(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match="go on with `tinydnn train --resume"):
        load_model(tmp_path)


def test_train_writes_a_whole_run(run):
    folder, printed = run
    assert sorted(path.name for path in folder.iterdir()) == ["history.csv", "history.json", "model.keras", "run.json"]
    history = json.loads((folder / "history.json").read_text())
    assert list(history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert all(len(values) == 3 for values in history.values())
    rows = list(csv.DictReader((folder / "history.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert [float(row["val_loss"]) for row in rows] == history["val_loss"]
    description = json.loads((folder / "run.json").read_text())
    assert description["settings"]["seed"] == 7
    assert description["settings"]["hidden"] == [324, 36]
    assert description["results"]["test_accuracy"] > 0.95
    assert "Seed 7" in printed
    assert "266,410" in printed
    assert sum(line.startswith("Epoch ") for line in printed.splitlines()) == 3
    assert f"Test accuracy {description['results']['test_accuracy']:.4f}" in printed
    assert str(folder) in printed.splitlines()[-1]


def test_the_same_seed_gives_the_same_run_and_json_is_all_that_is_printed(run, tmp_path):
    folder, _ = run
    done = command("train", *FAST, "--epochs", 3, "--out", tmp_path / "again", "--json")
    assert done.returncode == 0
    result = json.loads(done.stdout)
    assert result["history"] == json.loads((folder / "history.json").read_text())
    assert result["folder"] == str(tmp_path / "again")
    np.testing.assert_array_equal(load_model(tmp_path / "again").parameters, load_model(folder).parameters)


def test_without_out_a_run_gets_a_folder_of_its_own(tmp_path):
    for _ in range(2):
        done = command("train", "--epochs", 1, "--hidden", "none", "--data", small_data(tmp_path), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    runs = sorted((tmp_path / "runs").iterdir())
    assert len(runs) == 2
    assert all((folder / "model.keras").is_file() for folder in runs)


def test_evaluate_repeats_what_the_training_found(run):
    folder, _ = run
    results = json.loads((folder / "run.json").read_text())["results"]
    done = command("evaluate", folder)
    assert done.returncode == 0
    assert done.stdout == (
        f"10,000 test digits: accuracy {results['test_accuracy']:.4f}, loss {results['test_loss']:.4f}\n"
    )
    logs = json.loads(command("evaluate", folder / "model.keras", "--json").stdout)
    assert logs["accuracy"] == results["test_accuracy"]


def test_other_options_reach_the_run(tmp_path):
    done = command(
        *["train", "--epochs", 2, "--batch-size", 64, "--hidden", "12", "--activation", "tanh", "--optimizer", "adam"],
        *["--learning-rate", 0.01, "--dtype", "float64", "--threads", 1, "--device", "cpu", "--json"],
        *["--data", small_data(tmp_path), "--out", tmp_path / "run"],
    )
    assert done.returncode == 0, done.stderr
    model = keras.models.load_model(tmp_path / "run" / "model.keras")
    assert [layer.name for layer in model.layers] == ["reshape", "dense", "dense_1"]
    assert model.layers[1].units == 12
    assert model.layers[1].activation is keras.activations.tanh
    assert type(model.optimizer) is keras.optimizers.Adam
    assert model.optimizer.learning_rate == pytest.approx(0.01)
    assert model.optimizer.iterations == 2 * 7  # 400 digits in batches of 64
    assert model.dtype == "float64"
    settings = json.loads(done.stdout)["settings"]
    assert (settings["threads"], settings["device"], settings["seed"] >= 0) == (1, "cpu", True)


# -- a digit from an image ---------------------------------------------------------------------------


def drawing(digit, style):
    """A test digit as somebody might have drawn it: large, off the middle, in many kinds of image."""
    big = Image.fromarray(digit).resize((280, 280), Image.Resampling.BICUBIC)
    canvas = Image.new("L", (500, 400))
    canvas.paste(big, (200, 30))
    if style == "white on black":
        return canvas
    if style == "transparent":
        ink = Image.new("RGBA", canvas.size, "navy")
        ink.putalpha(canvas)
        return ink
    if style == "grey paper":
        return ImageOps.invert(canvas).point(lambda v: 40 + v * 3 // 5)
    paper = ImageOps.invert(canvas)
    return paper.convert("P") if style == "palette" else paper.convert("RGB") if style == "colours" else paper


STYLES = ["black on white", "white on black", "transparent", "grey paper", "palette", "colours"]


@pytest.mark.parametrize("style", STYLES)
def test_a_digit_drawn_by_hand_comes_back_as_mnist_has_it(style, mnist, tmp_path):
    _, (x, _) = mnist
    differences = []
    for i in range(10):
        drawing(x[i], style).save(tmp_path / "d.png")
        back = load_digit(tmp_path / "d.png")
        assert back.shape == (28, 28)
        assert back.dtype == np.uint8
        differences.append(np.abs(back.astype(int) - x[i]).mean())
    assert np.mean(differences) < DRAWN_DIGIT


@pytest.mark.parametrize("style", STYLES)
def test_drawn_digits_are_recognised(run, style, mnist, tmp_path):
    folder, _ = run
    model, (_, (x, y)) = load_model(folder), mnist
    images = []
    for i in range(40):
        drawing(x[i], style).save(tmp_path / "d.png")
        images.append(load_digit(tmp_path / "d.png"))
    found = model.predict(np.array(images), verbose=0).argmax(axis=1)
    assert (found == y[:40]).sum() >= 38


def test_predict_prints_the_digit_and_its_probabilities(run, mnist, tmp_path):
    folder, _ = run
    _, (x, y) = mnist
    drawing(x[0], "black on white").save(tmp_path / "seven.png")
    done = command("predict", folder, tmp_path / "seven.png")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == f"{tmp_path / 'seven.png'} shows a 7"
    assert [line.split()[0] for line in lines[1:]] == list("0123456789")
    result = json.loads(command("predict", folder, tmp_path / "seven.png", "--json").stdout)
    assert result["digit"] == y[0]
    assert sum(result["probabilities"]) == pytest.approx(1, abs=1e-6)


def test_images_without_a_digit_are_refused(tmp_path):
    Image.new("RGB", (60, 60), "white").save(tmp_path / "blank.png")
    (tmp_path / "text.png").write_text("not an image")
    Image.fromarray(np.eye(60, dtype=np.uint8) * 255).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:60])
    for name, message in [("blank", "nothing that stands out"), ("text", "expected an image"), ("cut", "cut.png")]:
        with pytest.raises(keras.FileFormatError, match=message):
            load_digit(tmp_path / f"{name}.png")


# -- errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["trian"], 2, "Did you mean 'train'"),
        (["train", "--epoch", "3"], 2, "--epoch"),
        (["train", "--epochs", "0"], 2, "--epochs"),
        (["train", "--batch-size", "-1"], 2, "--batch-size"),
        (["train", "--input", "row"], 2, "--input"),
        (["train", "--hidden", "3,x"], 2, "--hidden expects numbers of units"),
        (["train", "--hidden", "3,0"], 2, "units as a positive integer"),
        (["train", "--activation", "rellu"], 2, "Did you mean 'relu'"),
        (["train", "--optimizer", "adamm"], 2, "Did you mean 'adam'"),
        (["train", "--learning-rate", "-1"], 2, "learning_rate expects"),
        (["train", "--seed", "-1"], 2, "integer from 0 to"),
        (["train", "--dtype", "float16"], 2, "--dtype"),
        (["train", "--device", "tpu"], 2, "'tpu' is not one of 'cpu', 'gpu', 'auto'"),
        (["train", "--device", "gpu", "--threads", "2"], 2, "a GPU takes it whole"),
        (["train", "--threads", "0"], 2, "--threads"),
        (["train", "--data", "nowhere.npz"], 2, "nowhere.npz"),
        (["evaluate", "nowhere"], 2, "nowhere"),
        (["evaluate", "."], 1, "There is no model.keras in '.'"),
        (["predict", "."], 2, "IMAGE"),
    ],
)
def test_errors_are_one_line_with_the_right_code(arguments, code, message, tmp_path):
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert done.stdout == ""
    assert done.stderr.startswith("tinydnn: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("arguments", [["evaluate", "."], ["microscope"], ["selftest"], ["train"]])
def test_a_wrong_device_in_the_environment_is_wrong_use(arguments, monkeypatch, tmp_path):
    monkeypatch.setenv("TINYDNN_DEVICE", "GPU")
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "TINYDNN_DEVICE expects 'cpu', 'gpu' or 'auto'. Received: 'GPU'" in done.stderr


def test_debug_shows_the_traceback(tmp_path):
    done = command("evaluate", ".", "--debug", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_run_is_never_written_over(run):
    folder, _ = run
    before = (folder / "model.keras").read_bytes()
    done = command("train", "--out", folder)
    assert done.returncode == 2
    assert "has a model.keras already" in done.stderr
    assert (folder / "model.keras").read_bytes() == before


def test_a_damaged_model_or_one_of_another_kind_is_refused(run, tmp_path):
    folder, _ = run
    (tmp_path / "model.keras").write_bytes((folder / "model.keras").read_bytes()[:-500])
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    other.save(tmp_path / "other.keras")
    for path, message in [
        (tmp_path, "expects a whole zip archive"),
        (tmp_path / "other.keras", "from images (28, 28)"),
    ]:
        done = command("evaluate", path)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert message in done.stderr


def test_predict_and_evaluate_read_what_they_need(run, mnist, tmp_path):
    """The optimizer and the metrics are of no concern to either, and the loss is none of predict's."""
    path, image, data = tmp_path / "m.keras", tmp_path / "seven.png", small_data(tmp_path)
    path.write_bytes((run[0] / "model.keras").read_bytes())
    drawing(mnist[1][0][0], "black on white").save(image)
    expected = json.loads(command("evaluate", path, "--data", data, "--json").stdout)
    metric = {"module": "keras.metrics", "class_name": "OneHotIoU", "config": {}}
    lacking = {"optimizer": {"class_name": "Ftrl", "config": {}}, "metrics": [metric, "mean_io_u"]}
    edited(path, lambda config: config["compile_config"].update(lacking))
    assert json.loads(command("evaluate", path, "--data", data, "--json").stdout) == expected
    assert command("predict", path, image).stdout.startswith(f"{image} shows a 7")

    edited(path, lambda config: config["compile_config"].update(loss="ctc"))
    assert command("predict", path, image).stdout.startswith(f"{image} shows a 7")
    done = command("evaluate", path, "--data", data)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"{path}: tinydnn has no loss 'ctc'" in done.stderr
    assert "give --no-compile" in done.stderr
    assert json.loads(command("evaluate", path, "--data", data, "--no-compile", "--json").stdout) == expected


def test_help_and_info():
    help_text = command("--help").stdout
    for name in ("info", "train", "evaluate", "predict"):
        assert name in help_text
    assert "--learning-rate" in command("train", "--help").stdout
    info = json.loads(command("info", "--json").stdout)
    assert info["NumPy"] == np.__version__
    assert info["devices"][0]["device"] == "cpu"
    assert info["devices"][0]["cores"] >= 1
    assert "BLAS" in info
    assert "device cpu" in command("info").stdout


def start_training(folder, until, resume=False):
    """A long training as a process, once it has printed a line that begins so."""
    options = ["--resume"] if resume else ["--epochs", "500", "--hidden", "16", "--out"]
    program = [sys.executable, "-m", "tinydnn", "train", *options, str(folder)]
    process = subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment()
    )
    while not process.stdout.readline().startswith(until):
        assert process.poll() is None
    return process


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to one process")
@pytest.mark.parametrize(
    ("name", "times"),
    [("SIGINT", 1), ("SIGINT", 2), ("SIGTERM", 1), ("SIGHUP", 2)]
    + [(name, 1) for name in ("SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGXCPU")],
)
def test_an_interrupted_run_saves_what_there_is_and_says_where(tmp_path, name, times):
    folder, number = tmp_path / "run", getattr(signal, name)
    process = start_training(folder, until="Epoch 2/")
    for _ in range(times):
        process.send_signal(number)
        time.sleep(0.01)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert errors.startswith(f"tinydnn: stopped by {'Ctrl-C' if name == 'SIGINT' else name}; ")
    assert errors.endswith(f"the run was saved to {folder}; go on with `tinydnn train --resume {folder}`\n")
    assert errors.count("\n") == 1
    epochs = len(json.loads((folder / "history.json").read_text())["loss"])
    assert epochs >= 2
    steps = keras.models.load_model(folder / "model.keras").optimizer.iterations
    assert epochs * 94 <= steps <= (epochs + 1) * 94


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to ignore")
@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP", "SIGQUIT"])
def test_what_is_ignored_from_the_start_stays_so_and_a_kill_still_ends_a_run_between_steps(tmp_path, name):
    """Ctrl-C and SIGQUIT in a script's background, SIGHUP under nohup."""
    folder, number = tmp_path / "run", getattr(signal, name)
    before = signal.signal(number, signal.SIG_IGN)  # which the process inherits
    try:
        process = start_training(folder, until="Epoch 1/")
    finally:
        signal.signal(number, before)
    process.send_signal(number)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert errors.endswith(f"the run was saved to {folder}; go on with `tinydnn train --resume {folder}`\n")
    assert keras.models.load_model(folder / "model.keras").optimizer.iterations >= 94


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudoterminal")
def test_a_terminal_that_closes_does_not_cost_the_run(tmp_path):
    """SIGHUP comes, and from then on nothing can be printed."""
    expected = {"tried": 2, "saved": 2, f"exit code {128 + signal.SIGHUP}": 2}
    assert interrupts.hangups(tmp_path, 2) == expected
    assert keras.models.load_model(tmp_path / "run-1" / "model.keras").optimizer.iterations >= 94


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send to one process")
@pytest.mark.parametrize("arguments", [["info"], ["evaluate", "."]])
def test_a_signal_outside_a_training_ends_any_command_with_its_own_code(arguments):
    program = """
import signal, sys
from tinydnn.app.cli import evaluate, info, main
def press(*_, **__):
    signal.raise_signal(signal.SIGTERM)
sys.modules["tinydnn.app.cli.info"].collect = sys.modules["tinydnn.app.cli.evaluate"].choose_device = press
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, env=environment(), check=False
    )
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "tinydnn: stopped by SIGTERM\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGPIPE")
def test_a_reader_that_goes_away_does_not_cost_the_run(tmp_path):
    folder = tmp_path / "run"
    process = start_training(folder, until="Epoch 1/")
    process.stdout.close()
    process.stdout = None
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert keras.models.load_model(folder / "model.keras").optimizer.iterations >= 94


def test_ctrl_c_before_the_first_step_leaves_no_folder(tmp_path, monkeypatch, capsys):
    def press(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.argv", ["tinydnn", "train", "--out", str(tmp_path / "run"), "--json"])
    monkeypatch.setattr(keras.Sequential, "fit", press)
    monkeypatch.setattr("tinydnn.app.cli.end_as_ctrl_c_does", lambda: None)  # it is for a process of its own
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "tinydnn: stopped by Ctrl-C; nothing was saved\n"
    assert not (tmp_path / "run").exists()


def test_a_run_that_diverges_says_so_in_one_line(tmp_path):
    done = command("train", "--learning-rate", "1e30", "--activation", "linear", "--out", tmp_path / "run")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "The loss became" in done.stderr
    assert "nothing was saved" in done.stderr
    assert not (tmp_path / "run").exists()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    again = command("train", "--learning-rate", "1e30", "--activation", "linear", "--out", tmp_path / "run")
    assert again.returncode == 1
    assert "The loss became" in again.stderr
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


def test_digits_that_this_net_can_not_learn_are_refused_before_the_training(tmp_path):
    x, y = np.zeros((3, 28, 28), np.uint8), np.array([0, 9, 10], np.uint8)
    cases = {"labels": (x, y), "sizes": (x[:, :20], y % 10), "none": (x[:0], y[:0])}
    for name, (images, labels) in cases.items():
        path = tmp_path / f"{name}.npz"
        np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
        done = command("train", "--data", path, cwd=tmp_path)
        assert done.returncode == 1
        assert f"{path}: expected train images of 28 x 28 with labels from 0 to 9" in done.stderr
        assert not (tmp_path / "runs").exists()


def test_folders_that_can_not_take_a_run_are_refused_before_the_training(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "history.csv").write_text("mine")
    for out, code in [("file", 2), ("file/sub", 1), ("used", 2), ("", 2)]:
        done = command("train", "--out", out, cwd=tmp_path)
        assert done.returncode == code, done.stderr
        assert "--out" in done.stderr
        assert done.stderr.count("\n") == 1
    assert (tmp_path / "used" / "history.csv").read_text() == "mine"


def test_a_run_that_was_cut_off_is_resumed_with_its_own_settings(run, tmp_path):
    """Cut off without a checkpoint it begins anew, and ends in the same bits; a finished one has nothing left to do."""
    whole, _ = run
    before = json.loads((whole / "run.json").read_text())
    folder = tmp_path / "cut"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({**before, "results": {}}))
    done = command("train", "--resume", folder, "--json")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert results["weights_sha256"] == before["results"]["weights_sha256"]
    assert (folder / "history.csv").read_text() == (whole / "history.csv").read_text()
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in whole.iterdir())
    again = command("train", "--resume", folder, "--json")
    assert json.loads(again.stdout) == json.loads(done.stdout)
    assert command("train", "--resume", folder).stdout.count("\n") == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process can handle")
def test_a_run_is_one_process_s_alone_until_that_has_ended(tmp_path):
    """Neither another training nor a report gets in between; who only reads the model may."""
    folder = tmp_path / "run"
    process = start_training(folder, until="Epoch 1/")
    try:
        process.terminate()  # so that there is a model
        process.communicate(timeout=60)
        process = start_training(folder, until="Epoch", resume=True)
        for refused in (["train", "--out", folder], ["train", "--resume", folder], ["report", folder]):
            done = command(*refused)
            assert done.returncode == 1
            assert f"'{folder}' is in use by process {process.pid} on {socket.gethostname()}" in done.stderr
            assert done.stderr.count("\n") == 1
        assert command("evaluate", folder).returncode == 0
    finally:
        process.kill()
        process.communicate(timeout=60)
    assert (folder / ".run.json.lock").exists()
    process = start_training(folder, until="Epoch", resume=True)  # at once
    process.terminate()
    process.communicate(timeout=60)
    assert not list(folder.glob(".*"))


def test_runs_that_begin_in_the_same_second_have_folders_of_their_own(tmp_path):
    data = small_data(tmp_path)
    for _ in range(2):
        program = [sys.executable, "-m", "tinydnn", "train", "--epochs", "1", "--hidden", "8", "--data", str(data)]
        together = [
            subprocess.Popen(program, cwd=tmp_path, stdout=subprocess.DEVNULL, env=environment()) for _ in "abc"
        ]
        assert [process.wait(timeout=60) for process in together] == [0, 0, 0]
    runs = list((tmp_path / "runs").iterdir())
    assert len(runs) == 6
    assert len({json.loads((run / "run.json").read_text())["settings"]["seed"] for run in runs}) == 6


def test_what_can_not_be_resumed_is_said_in_one_line(run, tmp_path):
    (tmp_path / "damaged").mkdir()
    for content in ["{", "[]", "{}", '{"settings": {"epochs": 3}, "results": {}}']:
        (tmp_path / "damaged" / "run.json").write_text(content)
        done = command("train", "--resume", tmp_path / "damaged")
        assert done.returncode == 1
        assert f"{tmp_path / 'damaged' / 'run.json'}: expected the description of a run" in done.stderr
        assert done.stderr.count("\n") == 1
    done = command("train", "--resume", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "There is no run.json" in done.stderr
    for option in (["--epochs", "3"], ["--seed", "1"], ["--out", tmp_path / "x"], ["--checkpoint-every", "5"]):
        done = command("train", "--resume", run[0], *option)
        assert done.returncode == 2
        assert f"leave out {option[0]}" in done.stderr


def test_a_checkpoint_of_a_run_that_diverged_in_its_first_epoch_stays_with_its_settings(tmp_path):
    """Its model goes back to the initial weights, which are not saved; where it was before can be looked at."""
    options = ["--learning-rate", "3", "--activation", "linear", "--optimizer", "sgd", "--checkpoint-every", "1"]
    done = command("train", *options, "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "The loss became" in done.stderr
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["checkpoint.npz", "run.json"]
    again = command("train", "--resume", tmp_path / "run")
    assert again.returncode == 1
    assert "The loss became" in again.stderr
