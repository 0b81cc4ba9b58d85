"""A run with a page, and a browser, which the tests of the page share."""

import browsers
import pytest
from commands import command


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A run of the walkthrough's net, good enough to read digits."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    done = command(
        "train", "--input", "scaled", "--activation", "relu", "--seed", 7, "--epochs", 4, "--out", folder, "--report"
    )
    assert done.returncode == 0, done.stderr
    assert f"open {folder / 'report.html'} in a browser" in done.stdout
    return folder


@pytest.fixture(scope="session")
def browser():
    with browsers.started() as browser:
        yield browser


@pytest.fixture
def page(browser, folder):
    """The page, opened anew."""
    browser.get("about:blank")  # from the page to a section of it would be no opening
    browser.get((folder / "report.html").as_uri())
    browsers.wait_for(browser, "'ready' in document.body.dataset")
    return browser
