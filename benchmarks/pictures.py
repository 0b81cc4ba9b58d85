"""How often `tinydnn predict` reads the digit in a picture: test digits pasted into many kinds of pictures.

tinydnn train --input scaled --activation relu --seed 1 --out net && python benchmarks/pictures.py net

A row is a kind of picture. "read" is how often the net names the digit, and "in MNIST" how often it names the same
digits as MNIST has them. A picture that is refused counts as wrong, except in the last rows: they show no digit or two,
and refusing them is right. With `--show FOLDER` the first picture of each kind is written there, with what the net saw.
"""

import io
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import typer
from PIL import Image, ImageFilter
from scipy import ndimage

from tinydnn.app.images import load_digit
from tinydnn.app.run_folder import load_model
from tinydnn.datasets import mnist
from tinydnn.files.whole import FileFormatError

Array = np.ndarray[Any, Any]
Picture = tuple[Image.Image, dict[str, Any]]  # with what Pillow should know when it saves it
Kind = Callable[[Array, np.random.Generator], Picture]

SIZE = 400, 500  # of a sheet: height, width
DIGIT = 220  # pixels on a sheet that MNIST's 28 take up


# -- parts of a picture ----------------------------------------------------------------------------------


def enlarged(digit: Array, side: int) -> Array:
    """How much ink, 0 .. 1, on side x side pixels."""
    big = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(big, np.float64) / 255


def pasted(digit: Array, rng: np.random.Generator, size: tuple[int, int] = SIZE, side: int = DIGIT) -> Array:
    """Ink on a sheet of `size`, somewhere."""
    sheet = np.zeros(size)
    top, left = rng.integers(0, size[0] - side + 1), rng.integers(0, size[1] - side + 1)
    sheet[top : top + side, left : left + side] = enlarged(digit, side)
    return sheet


def drawn(ink: Array, paper: Array | float = 255.0, colour: Array | float = 0.0) -> Array:
    """The sheet's grey values, where ink covers the paper."""
    return paper + (colour - paper) * ink


def grey(values: Array) -> Image.Image:
    """Grey values as a picture of 8 bits, or colours where they have three axes."""
    return Image.fromarray(np.clip(np.round(values), 0, 255).astype(np.uint8))


def coloured(ink: Array, colour: tuple[int, int, int], paper: tuple[int, int, int] = (255, 255, 255)) -> Image.Image:
    """Ink of this colour on paper of that colour."""
    return grey(np.stack([drawn(ink, *pair) for pair in zip(paper, colour, strict=True)], axis=-1))


def ramp(size: tuple[int, int], rng: np.random.Generator) -> Array:
    """0 at one end of the sheet and 1 at the other, in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[: size[0], : size[1]]
    along = y * np.sin(angle) + x * np.cos(angle)
    return (along - along.min()) / np.ptp(along)


def from_the_middle(size: tuple[int, int]) -> Array:
    """The distance from the middle: 1 in the corners."""
    y, x = np.mgrid[-1 : 1 : size[0] * 1j, -1 : 1 : size[1] * 1j]
    return np.hypot(y, x) / np.sqrt(2)


def rgba(values: Array | float, alpha: Array) -> Image.Image:
    """A grey picture with an alpha channel, 0 .. 1."""
    level = np.broadcast_to(values, alpha.shape)
    return grey(np.stack([level, level, level, 255 * alpha], axis=-1))


def rounded(size: tuple[int, int], radius: int) -> Array:
    """1 inside a rectangle with round corners, which fills the picture."""
    y, x = (np.abs(np.arange(n) - (n - 1) / 2) - n / 2 + radius for n in size)
    return (np.hypot(np.clip(y, 0, None)[:, None], np.clip(x, 0, None)) <= radius).astype(float)


def lines(size: tuple[int, int], distance: int, width: int) -> Array:
    """1 on the lines of ruled paper."""
    sheet = np.zeros(size)
    sheet[np.arange(size[0]) % distance < width] = 1
    return sheet


def thin(digit: Array, side: int, width: float) -> Array:
    """The digit as a fine pen would draw it: its skeleton, as wide as this many pixels (Zhang and Suen 1984)."""
    small = ndimage.zoom(digit / 255.0, 3, order=1) > 0.5
    for turn in range(40):
        p = np.pad(small, 1)
        around = [np.roll(p, shift, (0, 1))[1:-1, 1:-1] for shift in CLOCKWISE]
        n, e, s, w = around[::2]
        count = np.sum(around, axis=0)
        rises = np.sum([~a & b for a, b in zip(around, [*around[1:], n], strict=True)], axis=0)
        free = ~(n & e & s) & ~(e & s & w) if turn % 2 == 0 else ~(n & e & w) & ~(n & s & w)
        small = small & ~((count >= 2) & (count <= 6) & (rises == 1) & free)
    scale = side / len(small)
    distance = ndimage.distance_transform_edt(~ndimage.zoom(small, scale, order=0)) - scale / 2
    smooth = ndimage.gaussian_filter(distance, scale / 2)
    return np.clip(width / 2 + 1 - smooth, 0, 1)


CLOCKWISE = [(1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1)]  # from above


# -- kinds of pictures -------------------------------------------------------------------------------------


def plain(colour: float, paper: float, mode: str = "L") -> Kind:
    """Nothing but the digit."""
    return lambda digit, rng: (
        grey(drawn(pasted(digit, rng), paper, colour)).convert(mode, dither=Image.Dither.NONE),
        {},
    )


def inked(colour: tuple[int, int, int], paper: tuple[int, int, int]) -> Kind:
    """Nothing but the digit, in colours."""
    return lambda digit, rng: (coloured(pasted(digit, rng), colour, paper), {})


def sheet(size: tuple[int, int], side: int) -> Kind:
    """A digit of some size on a sheet of another."""
    return lambda digit, rng: (grey(drawn(pasted(digit, rng, size, side))), {})


def specks(side: int) -> Kind:
    """Five square specks beside the digit."""

    def kind(digit: Array, rng: np.random.Generator) -> Picture:
        ink = pasted(digit, rng)
        taken = ndimage.binary_dilation(ink > 0.1, iterations=20)
        for _ in range(5):
            while True:
                y, x = (int(rng.integers(side, n - 2 * side)) for n in SIZE)
                if not taken[y : y + side, x : x + side].any():
                    break
            ink[y : y + side, x : x + side] = 1
        return grey(drawn(ink)), {}

    return kind


def frame(margin: int) -> Kind:
    """A rectangle around the digit, 6 pixels wide."""

    def kind(digit: Array, rng: np.random.Generator) -> Picture:
        ink = np.pad(pasted(digit, rng, (300, 400)), [(50, 50), (50, 50)])
        inside = np.zeros(SIZE, bool)
        inside[margin:-margin, margin:-margin] = True
        ink[inside & ~ndimage.binary_erosion(inside, iterations=6)] = 1
        return grey(drawn(ink)), {}

    return kind


def table(level: float) -> Kind:
    """Along one or two sides of the sheet one sees the table, on a slant."""

    def kind(digit: Array, rng: np.random.Generator) -> Picture:
        values = np.pad(drawn(pasted(digit, rng, (300, 400)), 230, 30), [(50, 50), (50, 50)], constant_values=230.0)
        y, x = np.mgrid[: SIZE[0], : SIZE[1]]
        values[y < rng.uniform(10, 25) + rng.uniform(0, 0.04) * x] = level
        if rng.random() < 0.5:
            values[x < rng.uniform(10, 25) + rng.uniform(0, 0.04) * y] = level
        return grey(values), {}

    return kind


def lit(darkest: float, contrast: float = 1.0) -> Kind:
    """Light that falls off from 255 on one side; contrast is how much of it the ink takes."""

    def kind(digit: Array, rng: np.random.Generator) -> Picture:
        paper = darkest + (255 - darkest) * ramp(SIZE, rng)
        return grey(drawn(pasted(digit, rng), paper, paper * (1 - contrast))), {}

    return kind


def vignette(digit: Array, rng: np.random.Generator) -> Picture:
    """The corners have a seventh of the light."""
    paper = 240 * (1 - 0.85 * from_the_middle(SIZE) ** 2)
    return grey(drawn(pasted(digit, rng), paper, paper * 0.2)), {}


def shadow(digit: Array, rng: np.random.Generator) -> Picture:
    """A hand's shadow with a soft edge falls over half the sheet."""
    light = 1 - 0.5 / (1 + np.exp(-(ramp(SIZE, rng) - 0.5) * 60))
    paper = 235 * light
    return grey(drawn(pasted(digit, rng), paper, paper * 0.25)), {}


def turned(digit: Array, rng: np.random.Generator) -> Picture:
    """On its side or on its head, with the EXIF entry that says so."""
    image = grey(drawn(pasted(digit, rng)))
    orientation, back = [
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
    ][rng.integers(3)]
    exif = Image.Exif()
    exif[0x0112] = orientation
    return image.transpose(back), {"format": "JPEG", "exif": exif}


def one_transparent_pixel(digit: Array, rng: np.random.Generator) -> Picture:
    """A sheet that is opaque but for that."""
    alpha = np.ones(SIZE)
    alpha[5, 5] = 0
    return rgba(drawn(pasted(digit, rng)), alpha), {}


def round_corners(digit: Array, rng: np.random.Generator) -> Picture:
    """A white sheet or a black board, with transparent corners."""
    dark = bool(rng.integers(2))
    ink = np.pad(pasted(digit, rng, (320, 420)), [(40, 40), (40, 40)])
    return rgba(drawn(ink, *((30, 240) if dark else (255, 0))), rounded(SIZE, 60)), {}


def cast_shadow(digit: Array, rng: np.random.Generator) -> Picture:
    """A sheet with a soft shadow on a transparent ground, as a window that was photographed by its system."""
    ink = np.pad(pasted(digit, rng, (340, 440)), [(30, 30), (30, 30)])
    inside = np.pad(np.ones((340, 440)), [(30, 30), (30, 30)])
    alpha = np.maximum(inside, 0.6 * ndimage.gaussian_filter(inside, 10))
    return rgba(drawn(ink) * inside, alpha), {}


def erased(digit: Array, rng: np.random.Generator) -> Picture:
    """Parts of the sheet were wiped away, to nothing."""
    ink = pasted(digit, rng)
    alpha, taken = np.ones(SIZE), ndimage.binary_dilation(ink > 0.05, iterations=8)
    for _ in range(4):
        y, x = (int(rng.integers(0, n - 60)) for n in SIZE)
        alpha[y : y + 50, x : x + 60] = 0
    return rgba(drawn(ink, 240, 20), np.maximum(alpha, taken)), {}


def on_nothing(level: float, cover: float) -> Kind:
    """Ink of this grey on a transparent ground, which covers it so far."""
    return lambda digit, rng: (rgba(level, cover * pasted(digit, rng)), {})


def ruled(level: float, squared: bool, tilted: bool) -> Kind:
    """Lines of this grey, 40 pixels apart."""

    def kind(digit: Array, rng: np.random.Generator) -> Picture:
        grid = lines((700, 700), 40, 2)
        grid = np.maximum(grid, grid.T) if squared else grid
        if tilted:
            grid = ndimage.rotate(grid, rng.uniform(-4, 4), reshape=False, order=1)
        paper = drawn(grid[100:500, 100:600], 250, level)
        return grey(drawn(pasted(digit, rng), paper, 30)), {}

    return kind


def noisy(spread: float, contrast: float = 200) -> Kind:
    """Noise of this standard deviation."""

    def kind(digit: Array, rng: np.random.Generator) -> Picture:
        return grey(drawn(pasted(digit, rng), 230, 230 - contrast) + rng.normal(0, spread, SIZE)), {}

    return kind


def jpeg(digit: Array, rng: np.random.Generator) -> Picture:
    """Compressed until it shows."""
    return grey(drawn(pasted(digit, rng), 240, 20)), {"format": "JPEG", "quality": 10}


def photograph(digit: Array, rng: np.random.Generator) -> Picture:
    """A slanted sheet of squared paper in the light of a lamp, beside it the table; with noise, blur, JPEG."""
    size = 900, 1200
    grid = lines((1500, 1500), 45, 2)
    grid = ndimage.rotate(np.maximum(grid, grid.T), rng.uniform(-4, 4), reshape=False, order=1)[300:1200, 150:1350]
    ink = np.pad(pasted(digit, rng, (660, 960), int(rng.integers(120, 420))), 120)
    values = drawn(ink, drawn(grid, 235, 190), 50)
    y, x = np.mgrid[: size[0], : size[1]]
    values[x < rng.uniform(15, 75) + rng.uniform(0, 0.05) * y] = 60
    values *= 1 - 0.5 * ramp(size, rng) - 0.2 * from_the_middle(size) ** 2
    colours = np.clip(values[..., None] * [1.0, 0.96, 0.85] + rng.normal(0, 7, (*size, 3)), 0, 255)
    return Image.fromarray(colours.astype(np.uint8)).filter(ImageFilter.GaussianBlur(1)), {"format": "JPEG"}


def in_two_parts(digit: Array, rng: np.random.Generator) -> Picture:
    """The digit with a gap across it, as a 5 with its bar apart."""
    ink = pasted(digit, rng)
    rows, columns = np.nonzero(ink > 0.5)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    slope = rng.uniform(-0.2, 0.2)
    middle = rows.min() + rng.uniform(0.2, 0.35) * np.ptp(rows)
    ink[np.abs(y - middle - slope * (x - columns.mean())) < 5] = 0
    return grey(drawn(ink)), {}


def at_the_border(digit: Array, rng: np.random.Generator) -> Picture:
    """Two pixels of paper between the ink and the nearest border."""
    ink = enlarged(digit, DIGIT)
    rows, columns = np.nonzero(ink > 0.02)
    ink = ink[rows.min() :, columns.min() :]
    values = np.zeros(SIZE)
    values[2 : 2 + ink.shape[0], 2 : 2 + ink.shape[1]] = ink
    return grey(drawn(values)), {}


def fine_pen(width: float) -> Kind:
    """Strokes of so many pixels; MNIST's have 20 to 25 here."""

    def kind(digit: Array, rng: np.random.Generator) -> Picture:
        ink = np.pad(thin(digit, DIGIT, width), [(90, 90), (140, 140)])
        return grey(drawn(ink)), {}

    return kind


def sixteen_bit(digit: Array, rng: np.random.Generator) -> Picture:
    """Grey values up to 65535."""
    values = drawn(pasted(digit, rng), 60000.0, 4000.0)
    return Image.fromarray(np.clip(values, 0, 65535).astype(np.uint16)), {}


def cmyk(digit: Array, rng: np.random.Generator) -> Picture:
    """A printer's colours."""
    return coloured(pasted(digit, rng), (0, 0, 60)).convert("CMYK"), {"format": "TIFF"}


def animated(digit: Array, rng: np.random.Generator) -> Picture:
    """The digit, and then an empty sheet."""
    image = grey(drawn(pasted(digit, rng)))
    return image, {"format": "GIF", "save_all": True, "append_images": [Image.new("L", image.size, 255)]}


KINDS: dict[str, Kind] = {
    "black on white": plain(0, 255),
    "white on black": plain(255, 0),
    "grey on grey": plain(40, 193),
    "blue ink": inked((40, 60, 190), (250, 250, 245)),
    "white chalk on a green board": inked((225, 230, 220), (35, 70, 55)),
    "yellow on white": inked((250, 220, 40), (255, 255, 255)),
    "red on green of the same brightness": inked((220, 40, 40), (40, 124, 60)),
    "specks of 4 px": specks(4),
    "specks of 8 px": specks(8),
    "specks of 16 px": specks(16),
    "frame around the digit": frame(20),
    "frame near the border": frame(3),
    "dark table's edge": table(40),
    "light table's edge": table(255),
    "ruled paper": ruled(190, squared=False, tilted=False),
    "squared paper": ruled(190, squared=True, tilted=False),
    "squared paper, tilted": ruled(170, squared=True, tilted=True),
    "ruled in dark": ruled(110, squared=False, tilted=True),
    "strokes that don't touch": in_two_parts,
    "two pixels from the border": at_the_border,
    "fine pen, 8 px": fine_pen(8),
    "fine pen, 3 px": fine_pen(3),
    "gradient from 120 to 255": lit(120),
    "gradient from 60 to 255": lit(60, 0.8),
    "gradient and faint ink": lit(120, 0.2),
    "strong vignette": vignette,
    "shadow of a hand": shadow,
    "faint pencil, contrast 20": plain(210, 230),
    "faint pencil, contrast 10": plain(220, 230),
    "noise of 12": noisy(12),
    "noise of 40": noisy(40),
    "noise of 6, contrast 30": noisy(6, 30),
    "JPEG of quality 10": jpeg,
    "photograph of squared paper": photograph,
    "28 px, nothing around": lambda digit, rng: (Image.fromarray(digit), {}),
    "28 px on 2000 x 1600": sheet((1600, 2000), 28),
    "50 px on 2000 x 1600": sheet((1600, 2000), 50),
    "100 px on 2000 x 1600": sheet((1600, 2000), 100),
    "100 px on 4000 x 3000": sheet((3000, 4000), 100),
    "tall sheet, 300 x 3000": sheet((3000, 300), DIGIT),
    "wide sheet, 3000 x 300": sheet((300, 3000), DIGIT),
    "turned by EXIF": turned,
    "one transparent pixel": one_transparent_pixel,
    "transparent round corners": round_corners,
    "shadow on nothing": cast_shadow,
    "parts erased": erased,
    "black on nothing": on_nothing(0, 1),
    "white on nothing": on_nothing(255, 1),
    "black, a fifth opaque, on nothing": on_nothing(0, 0.2),
    "palette": plain(30, 240, "P"),
    "1 bit": plain(0, 255, "1"),
    "16 bits": sixteen_bit,
    "CMYK": cmyk,
    "animated GIF": animated,
}


# -- pictures to refuse ---------------------------------------------------------------------------------


def two_digits(digit: Array, rng: np.random.Generator) -> Picture:
    """The same digit twice, side by side."""
    ink = np.zeros(SIZE)
    ink[90:310, 30:250] = enlarged(digit, DIGIT)
    ink[90:310, 250:470] = enlarged(digit, DIGIT)
    return grey(drawn(ink)), {}


def empty_16_bit(digit: Array, rng: np.random.Generator) -> Picture:
    """Only the last bit varies."""
    return Image.fromarray((60000 + rng.integers(0, 2, SIZE)).astype(np.uint16)), {}


def without_ink(kind: Kind) -> Kind:
    """The same sheet before anybody drew on it."""
    return lambda digit, rng: kind(np.zeros_like(digit), rng)


REFUSED: dict[str, Kind] = {
    "two digits": two_digits,
    "empty: white": without_ink(plain(0, 255)),
    "empty: 16 bits, noise of 1": empty_16_bit,
    "empty: noise of 12": without_ink(noisy(12)),
    "empty: JPEG": lambda digit, rng: (noisy(12)(np.zeros_like(digit), rng)[0], {"format": "JPEG", "quality": 30}),
    "empty: gradient": without_ink(lit(120)),
    "empty: vignette": without_ink(vignette),
    "empty: shadow of a hand": without_ink(shadow),
    "empty: squared paper": without_ink(ruled(170, squared=True, tilted=True)),
    "empty: table's edge": without_ink(table(40)),
    "empty: photograph": without_ink(photograph),
}

ALL = {**KINDS, **REFUSED}


def saw(path: Path, picture: Picture) -> Array | None:
    """What the net is shown of a picture once it is a file; None where that is refused."""
    image, settings = picture
    content = io.BytesIO()
    image.save(content, **{"format": "PNG", **settings})
    path.write_bytes(content.getvalue())
    try:
        return load_digit(path)
    except FileFormatError:
        return None


def row(name: str, digits: int, seed: int, show: Path | None) -> tuple[Array, list[Array | None]]:
    """Of one kind of picture: which test digits were drawn, and what the net is shown of them."""
    _, (x, _) = mnist.load_data()
    kind = ALL[name]
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    which = rng.choice(len(x), digits, replace=False)
    with TemporaryDirectory() as folder:
        pictures = (kind(x[i], rng) for i in which)
        seen = []
        for picture in pictures:
            seen.append(saw(Path(folder) / "picture", picture))
            if show and len(seen) == 1:
                write(show / f"{name.replace(' ', '_')}.png", picture[0], seen[0])
    return which, seen


def write(path: Path, image: Image.Image, seen: Array | None) -> None:
    """The picture, made small, and beside it what the net saw."""
    small = grey(np.asarray(image) / 257) if image.mode.startswith("I") else image
    small = small.convert("RGB" if small.mode in ("CMYK", "P") else "RGBA")
    small.thumbnail((400, 400))
    both = Image.new("RGB", (small.width + 224, max(small.height, 224)), "pink")
    both.paste(small, (0, 0), small if small.mode == "RGBA" else None)
    if seen is not None:
        both.paste(Image.fromarray(seen).resize((224, 224), Image.Resampling.NEAREST), (small.width, 0))
    path.parent.mkdir(parents=True, exist_ok=True)
    both.save(path)


def main(
    net: Annotated[Path, typer.Argument(exists=True, help="A run, or a .keras file.")],
    digits: Annotated[int, typer.Option(min=1, help="Test digits for each row.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Which digits, and where they lie.")] = 1,
    only: Annotated[str, typer.Option(help="Only rows whose name has this in it.")] = "",
    show: Annotated[Path | None, typer.Option(help="A folder for the first picture of each row.")] = None,
) -> None:
    """Print how often the digit is read, for each kind of picture."""
    model, (_, (x, y)) = load_model(net), mnist.load_data()
    print(f"{digits} test digits a row, seed {seed}\n\n{'picture':36}    read  in MNIST  refused")
    names = [name for name in ALL if only in name]
    with ProcessPoolExecutor() as pool:
        rows = [pool.submit(row, name, digits, seed, show) for name in names]
        for name, done in zip(names, rows, strict=True):
            which, seen = done.result()
            refused = np.array([each is None for each in seen])
            shown = np.stack([np.zeros((28, 28), np.uint8) if each is None else each for each in seen])
            read, before = (model.predict(each, verbose=0).argmax(axis=1) == y[which] for each in (shown, x[which]))
            figures = "" if name in REFUSED else f"{(read & ~refused).mean():8.3f}{before.mean():10.3f}"
            print(f"{name:36}{figures:18}{refused.mean():9.3f}", flush=True)


if __name__ == "__main__":
    typer.run(main)
