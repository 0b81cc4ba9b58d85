"""Keeps docs/under_the_hood.md true: `python3 scripts/book.py` after a change of the page or of the engine.

Runs each snippet and each `$ python docs/program.py`, and writes down what they print; sets the line of each link to
where its code is.
"""

import os
import re
import subprocess
import sys
import tempfile

from environment import ROOT, prepare, stop

BOOK = os.path.join(ROOT, "docs", "under_the_hood.md")

# A snippet, and what it prints.
SNIPPET = re.compile(r"(?<=```python\n)(.*?)(```\n\n```\n)(.*?)(?=```\n)", re.DOTALL)
# $ python docs/program.py, and what it prints.
PROGRAM = re.compile(r"(?<=```\n)(\$ python (docs/\w+\.py)\n)(.*?)(?=```\n)", re.DOTALL)
# [`code`](../file.py#L12)
LINK = re.compile(r"\[`([^`\n]+)`\]\(\.\./([\w/]+\.py)#L(\d+)\)")


class BookError(Exception):
    """The page can't be made true; the message says which place of it is wrong, and why."""


def written(text, python=sys.executable):
    """The page as it should be: with what its snippets print, and the lines that its links quote."""
    text = SNIPPET.sub(lambda found: found[1] + found[2] + printed(found[1], python), text)
    text = PROGRAM.sub(lambda found: found[1] + printed_by_program(found[2], python), text)
    return LINK.sub(lambda found: "[`%s`](../%s#L%d)" % (found[1], found[2], line_of(found[1], found[2])), text)


def printed(snippet, python=sys.executable):
    """What a snippet prints in a Python of its own, on the CPU, in a folder of its own."""
    return _printed([python, "-P", "-c", snippet], "This snippet fails:\n%s" % snippet)


def printed_by_program(path, python=sys.executable):
    """The same of a program of the repository."""
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
    """The number of the one line of a file that has this code."""
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
