"""Pictures of digits, of every kind that benchmarks/pictures.py measures, and files that are none."""

import json
import random

import numpy as np
import pytest
from commands import command
from PIL import Image, ImageDraw, ImageOps
from tolerances import DRAWN_DIGIT, NOISY_DIGIT

import tinydnn as keras
from benchmarks.pictures import KINDS, REFUSED, saw
from tinydnn.app.images import load_digit

TOLERANCES = {"noise of 40": NOISY_DIGIT, "noise of 6, contrast 30": NOISY_DIGIT}


def saved(image, path, **settings):
    image.save(path, **settings)
    return path


def a_drawing(mode="RGB", size=(200, 160), paper="white", ink="black"):
    image = Image.new(mode, size, paper)
    ImageDraw.Draw(image).line([(70, 40), (120, 40), (90, 120)], ink, width=9)
    return image


@pytest.mark.parametrize("kind", KINDS)
def test_the_net_sees_of_a_picture_what_mnist_has(kind, mnist, tmp_path):
    _, (x, _) = mnist
    rng = np.random.default_rng(1)
    differences = []
    for digit in x[: 1 if "000" in kind else 5]:
        seen = saw(tmp_path / "picture", KINDS[kind](digit, rng))
        differences.append(255 if seen is None else np.abs(seen.astype(int) - digit).mean())
    assert np.median(differences) < TOLERANCES.get(kind, DRAWN_DIGIT), differences


@pytest.mark.parametrize("kind", REFUSED)
def test_a_picture_without_a_digit_or_with_two_is_refused(kind, mnist, tmp_path):
    _, (x, _) = mnist
    rng = np.random.default_rng(1)
    for digit in x[: 1 if kind == "empty: photograph" else 3]:
        assert saw(tmp_path / "picture", REFUSED[kind](digit, rng)) is None


def test_the_error_says_what_is_wrong_with_the_picture(tmp_path):
    two = Image.new("L", (400, 200), 255)
    for x in (0, 130):
        two.paste(a_drawing("L", (130, 160), 255, 0), (x, 20))
    with pytest.raises(
        keras.FileFormatError, match=r"two\.png: expected one digit\. Found: several of one size; cut out"
    ):
        load_digit(saved(two, tmp_path / "two.png"))
    cut = a_drawing().crop((80, 30, 110, 100))
    with pytest.raises(keras.FileFormatError, match="expected a digit with paper around it"):
        load_digit(saved(cut, tmp_path / "cut.png"))


def test_a_bright_zero_is_read_and_not_the_dark_inside_it(tmp_path):
    zero = Image.new("L", (300, 260), 255)
    ImageDraw.Draw(zero).ellipse((90, 40, 190, 200), outline=0, width=14)
    dark = load_digit(saved(zero, tmp_path / "dark.png"))
    bright = load_digit(saved(ImageOps.invert(zero), tmp_path / "bright.png"))
    np.testing.assert_allclose(bright.astype(int), dark, atol=1)
    assert dark[14, 14] == 0


def test_a_shadow_over_half_of_a_digit_changes_nothing(tmp_path):
    image = a_drawing("L", paper=235, ink=59)
    light = np.clip(np.linspace(2, -0.5, 160), 0.5, 1)[:, None]  # falls off within the digit
    shaded = Image.fromarray((np.asarray(image) * light).astype(np.uint8))
    expected = load_digit(saved(image, tmp_path / "light.png")).astype(int)
    seen = load_digit(saved(shaded, tmp_path / "shaded.png"))
    assert np.abs(seen - expected).mean() < DRAWN_DIGIT / 2


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 3), (2, 7)])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "HSV"])
def test_pictures_of_a_few_pixels_and_of_nothing_are_refused(mode, size, tmp_path):
    name = "empty.png" if mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16") else "empty.tif"
    image = Image.new("RGB" if mode == "HSV" else mode, size)
    with pytest.raises(keras.FileFormatError, match="expected a digit"):
        load_digit(saved(image, tmp_path / name))


def test_numbers_of_more_than_8_bits_are_shown_as_a_viewer_shows_them(tmp_path):
    expected = load_digit(saved(a_drawing("L", paper=255, ink=0), tmp_path / "8.png"))
    grey = np.asarray(a_drawing("L", paper=255, ink=0))
    for values in (grey.astype(np.uint16) * 257, grey.astype(np.int32) * 257, grey.astype(np.float32) / 255):
        np.testing.assert_array_equal(load_digit(saved(Image.fromarray(values), tmp_path / "more.tif")), expected)
    faint = np.where(grey > 0, 60000, 59999).astype(np.uint16)
    with pytest.raises(keras.FileFormatError, match="nothing that stands out"):
        load_digit(saved(Image.fromarray(faint), tmp_path / "faint.png"))
    holes = np.where(grey > 0, 1, np.nan).astype(np.float32)
    assert load_digit(saved(Image.fromarray(holes), tmp_path / "holes.tif")).any()


def test_every_orientation_of_exif_is_undone(tmp_path):
    upright = a_drawing()
    expected = load_digit(saved(upright, tmp_path / "upright.png"))
    turn = Image.Transpose
    for orientation, back in {2: turn.FLIP_LEFT_RIGHT, 3: turn.ROTATE_180, 4: turn.FLIP_TOP_BOTTOM, 5: turn.TRANSPOSE,
                              6: turn.ROTATE_90, 7: turn.TRANSVERSE, 8: turn.ROTATE_270}.items():  # fmt: skip
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = saved(upright.transpose(back), tmp_path / "turned.png", exif=exif)
        np.testing.assert_array_equal(load_digit(path), expected)


def test_formats_are_named_and_no_other_program_is_run(tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.check_call", lambda *_, **__: pytest.fail("Ghostscript was called"))
    path = saved(a_drawing(), tmp_path / "seven.eps")
    with pytest.raises(keras.FileFormatError, match="expected an image: PNG, JPEG, GIF, BMP, TIFF, WEBP, PPM"):
        load_digit(path)
    expected = load_digit(saved(a_drawing(), tmp_path / "seven.png"))
    for format in ("gif", "bmp", "tiff", "ppm"):
        np.testing.assert_array_equal(load_digit(saved(a_drawing(), tmp_path / f"seven.{format}")), expected)


def test_what_would_take_too_much_memory_is_refused_or_decoded_smaller(tmp_path):
    path = saved(Image.new("1", (9000, 7000), 1), tmp_path / "large.png")
    with pytest.raises(keras.FileFormatError, match=r"expected 50,000,000 pixels at most\. Found: 63,000,000"):
        load_digit(path)
    photograph = a_drawing("L", paper=255, ink=0).resize((9000, 7200))
    assert load_digit(saved(photograph, tmp_path / "large.jpg")).any()


@pytest.mark.parametrize("format", ["png", "jpg", "gif", "tiff", "webp", "bmp"])
def test_a_damaged_file_is_read_or_refused(format, tmp_path):
    path = saved(a_drawing(), tmp_path / f"seven.{format}")
    whole, chance = path.read_bytes(), random.Random(1)
    for i in range(150):
        content = bytearray(whole[: chance.randrange(len(whole))] if i % 3 == 0 else whole)
        for _ in range(chance.randrange(1, 4) if content else 0):
            content[chance.randrange(min(len(content), 400 if i % 2 else len(content)))] = chance.randrange(256)
        path.write_bytes(content)
        try:
            assert load_digit(path).shape == (28, 28)
        except keras.FileFormatError as error:
            assert str(path) in str(error)  # noqa: PT017


def test_show_writes_what_the_net_saw(tmp_path):
    keras.utils.set_random_seed(1)
    layers = [keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    keras.Sequential(layers).save(tmp_path / "net.keras")
    picture, shown = saved(a_drawing(), tmp_path / "seven.png"), tmp_path / "seen.png"
    done = command("predict", tmp_path / "net.keras", picture, "--show", shown, "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["probabilities"]) == 10
    seen = np.asarray(Image.open(shown))
    np.testing.assert_array_equal(seen[::10, ::10], load_digit(picture))
    assert seen.shape == (280, 280)

    before = picture.read_bytes()
    done = command("predict", tmp_path / "net.keras", picture, "--show", picture)
    assert done.returncode == 2
    assert "expects another file than the picture itself" in done.stderr
    assert picture.read_bytes() == before
