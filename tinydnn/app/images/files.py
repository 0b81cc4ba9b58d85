"""An image file as a person sees it: upright, on its ground, in grey or in colours of 8 bits."""

import warnings
from os import PathLike

import numpy as np
from PIL import Image, ImageOps

from tinydnn.files.whole import FileFormatError

_FORMATS = ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"]  # no EPS, which Pillow hands to another program
_LARGEST = 50_000_000  # pixels to decode; docs/command.md says how much memory they take
_ENOUGH = 4_000_000  # pixels to look at: a digit of 28 pixels on a sheet of 2000 x 1600 is still 28 pixels
_CONTRAST = 25  # of 255, within what is opaque: with less, it is one colour of ink, not paper with ink on it


def load_image(path: str | PathLike[str]) -> Image.Image:
    """The image in mode L or RGB, scaled down to 4 megapixels at most; of several frames, the first.

    Raises:
        FileFormatError: it is not an image in one of the formats PNG, JPEG, GIF, BMP, TIFF, WebP and PPM, it is
            damaged, or it has more than 50 megapixels to decode; a large JPEG is decoded smaller.
        OSError: the file can't be opened.
    """
    with open(path, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of large images and odd metadata
        try:
            with Image.open(file, formats=_FORMATS) as image:
                image.draft(None, (2000, 2000))  # a large JPEG is decoded at half its size or less
                pixels = image.width * image.height
                if pixels <= _LARGEST:
                    image.load()
                    return _as_seen(image)
        except Exception as error:  # a damaged file can make Pillow raise anything
            found = str(error).replace(repr(file), "it")
            raise FileFormatError(f"{path}: expected an image: {', '.join(_FORMATS)}. Pillow says: {found}") from None
    raise FileFormatError(f"{path}: expected {_LARGEST:,} pixels at most. Found: {pixels:,}; save a smaller picture")


def _as_seen(image: Image.Image) -> Image.Image:
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        image = _as_8_bits(image)
    mode = "RGBA" if image.has_transparency_data else "L" if image.mode in ("1", "L") else "RGB"
    image = image.convert(mode)
    shrink = int(np.ceil(np.sqrt(image.width * image.height / _ENOUGH)))
    image = image.reduce(shrink) if shrink > 1 else image
    return _on_its_ground(image) if mode == "RGBA" else image


def _as_8_bits(image: Image.Image) -> Image.Image:
    """From numbers of 16 bits or more, which Pillow would clip at 255."""
    values = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
    full = 1 if image.mode == "F" and values.max() <= 1 else 65535
    return Image.fromarray(np.clip(values * (255 / full), 0, 255).astype(np.uint8))


def _on_its_ground(image: Image.Image) -> Image.Image:
    """Without transparency: holes in a sheet get the colour of its paper, and ink alone gets white or black paper."""
    alpha, grey = np.asarray(image.getchannel("A")), np.asarray(image.convert("RGB").convert("L"))
    solid = alpha >= max(alpha.max() / 2, 1)
    if not solid.any():
        return Image.new("L", image.size, 255)
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    middle = int(np.median(grey[solid]))
    if solid[top:bottom, left:right].mean() > 0.5 and np.ptp(grey[solid]) >= _CONTRAST:  # a sheet
        colour = tuple(int(c) for c in np.median(np.asarray(image)[solid], axis=0)[:3])
        image = image.crop((left, top, right, bottom))
    else:
        colour = (255, 255, 255) if middle < 128 else (0, 0, 0)
    ground = Image.new("RGBA", image.size, (*colour, 255))
    return Image.alpha_composite(ground, image).convert("RGB")
