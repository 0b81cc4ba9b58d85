"""`tinydnn search`: what it prints and leaves in its folder, and how it goes on."""

import json
import os
import signal

import browsers
import pytest
import searches
from commands import command, small_data

from tinydnn.app import runs, study_folder
from tinydnn.app.run_folder import load_model
from tinydnn.inspect.net import Settings
from tinydnn.search.study import finished
from tinydnn.search.trials import best_of

TRIALS = 4


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return small_data(tmp_path_factory.mktemp("digits"))


@pytest.fixture(scope="module")
def found(data, tmp_path_factory):
    """The folder of a search by two processes, which Ctrl-C has stopped and the same command has ended."""
    folder = tmp_path_factory.mktemp("searches") / "out"
    process = searches.begun(data, folder, TRIALS, "--jobs", "2")
    while not next(process.stdout).startswith("trial"):
        pass
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 130
    assert error.startswith("tinydnn: stopped by Ctrl-C; ")
    assert error.endswith(" trials are done; the same command goes on\n")
    done = searches.ended(data, folder, TRIALS, "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert "seed 3" in done.stdout.splitlines()[0]
    return folder


def test_the_best_trial_is_trained_once_more_on_all_digits_and_saved_as_a_run(found, data):
    study = searches.kept(found)
    assert len(finished(study)) == TRIALS
    assert not [trial for trial in study.trials if trial.state.name in ("RUNNING", "WAITING")]
    best, described = best_of(study), json.loads((found / "best" / "run.json").read_text())
    settings = described["settings"]
    assert settings["hidden"] == [best.params[f"units_{i + 1}"] for i in range(best.params["layers"])]
    assert settings["learning_rate"] == best.params["learning_rate"]
    assert (settings["seed"], settings["epochs"]) == (best.user_attrs["seed"], best.user_attrs["best_epoch"])
    assert (settings["validation_split"], settings["data"]) == (0.0, str(data))
    history = json.loads((found / "best" / "history.json").read_text())
    assert len(history["loss"]) == settings["epochs"]
    assert "val_loss" not in history
    rates = [settings["learning_rate"] * settings["decay_rate"] ** i for i in range(settings["epochs"])]
    assert history["learning_rate"] == pytest.approx(rates, rel=1e-6)
    names = [layer.name for layer in load_model(found / "best").layers]
    assert all(name.rstrip("_12") in ("rescaling", "reshape", "dropout", "dense") for name in names)
    done = command("evaluate", found / "best", "--data", data, "--json")
    assert json.loads(done.stdout)["accuracy"] == pytest.approx(described["results"]["test_accuracy"])


def test_the_command_on_the_page_makes_the_same_run_again(found, tmp_path):
    page = (found / "best" / "report.html").read_text(encoding="utf-8")
    words = page.partition("<pre><code>tinydnn ")[2].partition("</code>")[0]
    done = command(*words.replace("&#39;", "").split(), "--out", tmp_path / "again")
    assert done.returncode == 0, done.stderr
    hashes = [
        json.loads((run / "run.json").read_text())["results"]["weights_sha256"]
        for run in (found / "best", tmp_path / "again")
    ]
    assert hashes[0] == hashes[1]


def test_a_finished_search_remakes_what_is_missing_and_trains_nothing_again(found, data):
    written = (found / "best" / "model.keras").stat().st_mtime_ns
    (found / "report.html").unlink()
    done = searches.ended(data, found, TRIALS)
    assert done.returncode == 0, done.stderr
    assert "trial  " not in done.stdout
    assert "Epoch" not in done.stdout
    assert (found / "report.html").exists()
    assert (found / "best" / "model.keras").stat().st_mtime_ns == written


def test_both_pages_open_in_a_browser_and_fetch_nothing(found, browser):
    browser.get((found / "report.html").as_uri())
    browsers.wait_for(browser, "document.querySelectorAll('.main-svg').length > 4")
    assert len(browsers.find(browser, ".plot")) == 5
    browser.get((found / "best" / "report.html").as_uri())
    browsers.wait_for(browser, "'ready' in document.body.dataset")
    assert len(browsers.find(browser, "#charts svg .training")) > 0
    assert not browsers.find(browser, "#charts svg .validation:not([points=''])")
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def test_a_run_of_another_trial_that_was_the_best_is_kept(tmp_path):
    earlier, later = (Settings(hidden=(units,), seed=1, epochs=1) for units in (5, 6))
    for settings in (earlier, later):
        with study_folder.best_run(settings, tmp_path) as (run, folder):
            assert isinstance(run, runs.Run)
            (folder / "run.json").write_text(json.dumps({"settings": vars(settings), "results": {}, "versions": {}}))
    found = [json.loads((tmp_path / name / "run.json").read_text())["settings"] for name in ("best", "earlier-1")]
    assert [settings["hidden"] for settings in found] == [[6], [5]]
    with study_folder.best_run(later, tmp_path) as (run, _):
        assert run.settings.hidden == (6,)
    assert not (tmp_path / "earlier-2").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--units", "8,16"], "has units=[8, 32], not [8, 16]"),
        (["--storage", "nonsense"], "--storage expects the URL of a database"),
    ],
)
def test_wrong_use_is_said_in_one_line(found, data, arguments, message):
    done = command(
        "search", "--data", data, "--out", found, "--layers", "1,2", "--units", "8,32", "--epochs", 4, *arguments
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
