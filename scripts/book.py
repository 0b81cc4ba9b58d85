"""Keeps docs/under_the_hood.md true: run `python3 scripts/book.py` after a change of the page or of the engine.

It runs each snippet and each `$ python docs/program.py`, and writes the output into the block below. It sets the line
number of each link to where the quoted code is.
"""

import os
import re
import subprocess
import sys
import tempfile

from environment import ROOT, prepare, stop

BOOK = os.path.join(ROOT, "docs", "under_the_hood.md")

# A snippet, and its output.
SNIPPET = re.compile(r"(?<=```python\n)(.*?)(```\n\n```\n)(.*?)(?=```\n)", re.DOTALL)
# $ python docs/program.py, and what it prints.
PROGRAM = re.compile(r"(?<=```\n)(\$ python (docs/\w+\.py)\n)(.*?)(?=```\n)", re.DOTALL)
# [`code`](../file.py#L12)
LINK = re.compile(r"\[`([^`\n]+)`\]\(\.\./([\w/]+\.py)#L(\d+)\)")


class BookError(Exception):
    """A place of the page can't be made true; the message says which, and why."""


def written(text, python=sys.executable):
    """The page as it should be: with the output of its snippets, and the line numbers of its links."""
    text = SNIPPET.sub(lambda found: found[1] + found[2] + printed(found[1], python), text)
    text = PROGRAM.sub(lambda found: found[1] + printed_by_program(found[2], python), text)
    return LINK.sub(lambda found: "[`%s`](../%s#L%d)" % (found[1], found[2], line_of(found[1], found[2])), text)


def printed(snippet, python=sys.executable):
    """The output of a snippet, run on the CPU in a Python and a folder of its own."""
    return _printed([python, "-P", "-c", snippet], "This snippet fails:\n%s" % snippet)


def printed_by_program(path, python=sys.executable):
    """The output of a program of the repository."""
    return _printed([python, "-P", os.path.join(ROOT, *path.split("/"))], "%s fails:" % path)


def _printed(command, failure):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "TINYDNN_DEVICE": "cpu", "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
    if done.returncode or done.stderr:
        raise BookError("%s\n%s" % (failure, done.stderr))
    return done.stdout


def line_of(code, path):
    """The number of the only line of a file that contains this code."""
    link = "[`%s`](../%s)" % (code, path)
    try:
        with open(os.path.join(ROOT, *path.split("/")), encoding="utf-8") as file:
            lines = [number for number, line in enumerate(file, start=1) if code in line]
    except OSError:
        raise BookError("%s: there is no such file" % link) from None
    if not lines:
        raise BookError("%s: no line of the file has this code" % link)
    if len(lines) > 1:
        raise BookError("%s: lines %s have this code; quote more of one" % (link, ", ".join(map(str, lines))))
    return lines[0]


if __name__ == "__main__":
    python = prepare([])
    with open(BOOK, encoding="utf-8") as file:
        before = file.read()
    try:
        after = written(before, python)
    except BookError as error:
        stop(error)
    with open(BOOK, "w", encoding="utf-8", newline="\n") as file:
        file.write(after)
    print("docs/under_the_hood.md %s" % ("is as it was" if after == before else "was brought up to date"))
