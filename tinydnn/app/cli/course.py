"""`tinydnn course`."""

from pathlib import Path
from typing import Annotated

import typer


def course(
    folder: Annotated[
        Path, typer.Argument(file_okay=False, metavar="[DIR]", help="Where to; by default the folder course.")
    ] = Path("course"),
) -> None:
    """Write a course: build the walkthrough's net yourself.

    Twelve small files, each with a function to write, and the same as notebooks. Files that are there already stay as
    they are. `tinydnn check FILE` checks what you write.
    """
    from tinydnn.course import progress, writing

    new, kept = writing.write(folder)
    if new:
        count = f"{len(new)} files are" if len(new) > 1 else "1 file is"
        print(f"{count} new in {folder}: programs, and the same as notebooks in {progress.NOTEBOOKS}")
    if kept:
        print(f"{len(kept)} files were there already, and are as they were")
    print(progress.bar(folder.resolve()))
    left = [path for path in new if path.name.startswith("ex01") and path.suffix == ".py"]
    if left:
        print(f"Begin with {left[0]}: read it, write the function, then: tinydnn check {left[0]}")
