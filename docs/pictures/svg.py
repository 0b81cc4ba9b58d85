"""A small drawing board: shapes and words in named colours, written as an SVG file for light pages and one for dark."""

from collections.abc import Iterable, Sequence
from html import escape
from math import hypot
from string import Template

Point = tuple[float, float]

# Okabe and Ito's colours, which colour-blind people can tell apart, in the shades that each background needs.
THEMES = {
    "light": {
        "paper": "#ffffff", "ink": "#1f2328", "faint": "#d1d9e0", "grey": "#59636e", "fill": "#f6f8fa",
        "blue": "#0072b2", "orange": "#c24e00", "green": "#00795a", "pink": "#a8497f",
    },
    "dark": {
        "paper": "#0d1117", "ink": "#f0f6fc", "faint": "#3d444d", "grey": "#9198a1", "fill": "#151b23",
        "blue": "#56b4e9", "orange": "#ff9c4d", "green": "#2fc79d", "pink": "#e6a0c8",
    },
}  # fmt: skip
_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"


class Drawing:
    """A picture of `width` x `height` units; on a page 480 units are as wide as a phone."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._parts: list[str] = []

    def line(self, points: Iterable[Point], colour: str = "ink", width: float = 1.5, dashes: str = "") -> None:
        """A line through points."""
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        route = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(
            f'<polyline points="{route}" fill="none" stroke="${colour}" stroke-width="{width:g}"{dashed}/>'
        )

    def arrow(self, start: Point, end: Point, colour: str = "ink", width: float = 1.5) -> None:
        """A line with a head at its end."""
        (x0, y0), (x1, y1) = start, end
        length = hypot(x1 - x0, y1 - y0)
        u, v = (x1 - x0) / length, (y1 - y0) / length
        x, y = x1 - 8 * u, y1 - 8 * v
        self.line([start, (x, y)], colour, width)
        head = [(x1, y1), (x - 4 * v, y + 4 * u), (x + 4 * v, y - 4 * u)]
        route = " ".join(f"{a:.1f},{b:.1f}" for a, b in head)
        self._parts.append(f'<polygon points="{route}" fill="${colour}"/>')

    def box(self, x: float, y: float, width: float, height: float, colour: str = "faint", fill: str = "fill") -> None:
        """A box, from its upper left corner."""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="4" fill="${fill}"'
            f' stroke="${colour}"/>'
        )

    def dot(self, x: float, y: float, colour: str, radius: float = 4.5) -> None:
        """A dot with a rim, so that dots on each other can be told apart."""
        self._parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="${colour}" stroke="$paper" stroke-width="1.2"/>'
        )

    def words(
        self, x: float, y: float, text: str, colour: str = "ink", anchor: str = "middle", size: float = 14,
        bold: bool = False, plate: bool = False,
    ) -> None:  # fmt: skip
        """Words on a base line; on a plate of paper where they lie on a line."""
        if plate:
            wide = 0.5 * size * len(text)
            self._parts.append(
                f'<rect x="{x - wide / 2:.1f}" y="{y - size + 1:.1f}" width="{wide:.1f}" height="{size + 3:.1f}"'
                ' fill="$paper"/>'
            )
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size:g}" fill="${colour}"{weight}>'
            f"{escape(text)}</text>"
        )

    def svg(self, theme: str) -> str:
        """The file's text."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}"'
            f' height="{self.height}" font-family="{_FONT}">\n'
            f'<rect width="{self.width}" height="{self.height}" rx="6" fill="$paper"/>\n'
        )
        return Template(head + "\n".join(self._parts) + "\n</svg>\n").substitute(THEMES[theme])


class Axes:
    """A part of a drawing with scales: `x` from `low` to `high`, and `y`; `at` says where a point lies."""

    def __init__(self, drawing: Drawing, corner: Point, size: Point, x: Point, y: Point) -> None:
        self.drawing, (self.left, self.top), (self.width, self.height) = drawing, corner, size
        self.x, self.y = x, y
        drawing.box(self.left, self.top, self.width, self.height, fill="paper")

    def at(self, x: float, y: float) -> Point:
        """The place of a point in the drawing."""
        (x0, x1), (y0, y1) = self.x, self.y
        return self.left + (x - x0) / (x1 - x0) * self.width, self.top + (y1 - y) / (y1 - y0) * self.height

    def curve(
        self, xs: Sequence[float], ys: Sequence[float], colour: str, width: float = 2.5, dashes: str = ""
    ) -> None:
        """A line through these points."""
        self.drawing.line([self.at(x, y) for x, y in zip(xs, ys, strict=True)], colour, width, dashes)

    def ticks_of_x(self, values: Iterable[float], name: str = "", texts: Iterable[str] | None = None) -> None:
        """Numbers below the axes, and what they are."""
        values, bottom = list(values), self.top + self.height
        for value, text in zip(values, texts or map(number, values), strict=True):
            x, _ = self.at(value, self.y[0])
            self.drawing.line([(x, bottom), (x, bottom + 4)], "grey", 1)
            self.drawing.words(x, bottom + 18, text, "grey", size=13)
        self.drawing.words(self.left + self.width / 2, bottom + 37, name, "grey")

    def ticks_of_y(self, values: Iterable[float], texts: Iterable[str] | None = None) -> None:
        """Numbers left of the axes, each with a line across."""
        values = list(values)
        for value, text in zip(values, texts or map(number, values), strict=True):
            _, y = self.at(self.x[0], value)
            self.drawing.line([(self.left, y), (self.left + self.width, y)], "faint", 1)
            self.drawing.words(self.left - 6, y + 4.5, text, "grey", "end", size=13)


def number(value: float, digits: int = 4) -> str:
    """A number as it is written on paper: 0.5, −0.2511, 1."""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if len(f"{value:g}") <= digits else text
    return text.replace("-", "−")
