"""A table with a title above it and sentences below it, for a terminal and for a notebook."""

from collections.abc import Sequence
from html import escape

_WIDTHS = "{:20} {:>10} {:>10} {:>10}   {}"

Row = Sequence[str]


def text(title: str, headings: Row, rows: Sequence[Row], sentences: Sequence[str]) -> str:
    """As text."""
    lines = [_WIDTHS.format(*cells).rstrip() for cells in (headings, *rows)]
    return "\n".join([title, *lines, *sentences])


def html(title: str, headings: Row, rows: Sequence[Row], sentences: Sequence[str]) -> str:
    """As HTML; the first sentence stands out."""
    head = "".join(f"<th>{escape(each)}</th>" for each in headings)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    first, *others = (escape(each) for each in sentences)
    items = "".join(f"<li>{each}</li>" for each in others)
    return (
        f"<p>{escape(title)}</p><table><tr>{head}</tr>{body}</table><p><b>{first}</b></p>"
        f"{f'<ul>{items}</ul>' if items else ''}"
    )
