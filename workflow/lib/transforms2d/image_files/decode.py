"""A careful decoder of image files: unusual files are converted, or refused by name."""

import io
import warnings

import numpy as np
from PIL import Image

from transforms2d.errors import UserError
from transforms2d.image_files import Unfit, check_pixels, strip
from transforms2d.image_files.colour import to_srgb

FORMATS = ("PNG", "JPEG", "WEBP")
SUFFIXES = (".jpeg", ".jpg", ".png", ".webp")
MIN_SIDE = 4  # pixels
MAX_SIDE = 16_384  # pixels
MAX_PIXELS = 100_000_000  # 400 MB as RGBA
WITH_ALPHA = ("RGBA", "LA", "La", "RGBa", "PA")
GRAY, TRUE_COLOUR, PALETTE = 0, 2, 3  # types of colour in the header of a PNG
PLAIN = ("1", "L", "P", "RGB", "CMYK", "YCbCr")
TURNS = {  # from the orientation in EXIF to the operation that makes a picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(data: bytes, where: str) -> Image.Image:
    """Decode one image file.

    Palette, grayscale, CMYK and 16-bit images are converted, and so are colours of other spaces
    than sRGB. The rotation from a camera (EXIF) is applied. Other metadata are ignored. If a
    camera's file (MPO) has several pictures, the first is used. The size is read from the header
    and checked before decoding.

    Parameters
    ----------
    data : bytes
        The whole file: PNG, JPEG or WebP.
    where : str
        The file's name in errors.

    Returns
    -------
    PIL.Image.Image
        Of mode ``RGBA`` if the file has transparency, else ``RGB``; 8 bits per channel, sRGB.

    Raises
    ------
    UserError
        If it is not an image of these formats, is truncated, damaged or animated, or is too large
        or too small.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = strip(data)
            if file is None:
                raise _unknown(data, where)
            if file.frames > 1:
                raise UserError(f"{where}: an animation of {file.frames} frames; save one frame")
            image = _open(file.data, where)
            if image.format == "PNG":
                _check_png(image, file.data, where)
            image.load()
            check_pixels(file.data, image)
            image = _eight_bits(image, where, file.profile)
            turn = TURNS.get(file.orientation)
            return image if turn is None else image.transpose(turn)
    except UserError:
        raise
    except Unfit as error:
        raise UserError(f"{where}: {error}") from None
    except Exception as error:  # decoders raise many types on damaged files
        fault = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{where}: truncated or damaged ({fault}); replace the file") from None


def _unknown(data, where) -> UserError:
    kind = "HTML" if data.lstrip()[:1] == b"<" else "not a PNG, JPEG or WebP image"
    kind = kind if data else "empty"
    return UserError(f"{where}: {kind}; replace the file by an image")


def _open(data, where) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise UserError(f"{where}: far too many pixels; make it smaller") from None
    except Image.UnidentifiedImageError:
        raise _unknown(data, where) from None
    width, height = image.size
    if min(width, height) < MIN_SIDE:
        raise UserError(
            f"{where}: {width} x {height} pixels; each side must have at least {MIN_SIDE}"
        )
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UserError(
            f"{where}: {width} x {height} pixels; at most {MAX_SIDE} per side and "
            f"{MAX_PIXELS // 1_000_000} million in total: make it smaller"
        )
    return image


def _check_png(image, data, where):
    """Correct a PNG that Pillow reads with wrong pixels, or refuse it."""
    depth, kind = data[24], data[25]  # bits per channel, type of colour: in the first chunk
    if kind == PALETTE and image.palette is None:
        raise UserError(f"{where}: a palette image without its palette; replace the file")
    transparent = image.info.get("transparency")
    if kind == TRUE_COLOUR and depth == 16 and transparent is not None:
        raise UserError(f"{where}: 16-bit colours with a transparent one; save it as RGBA")
    if kind == GRAY and depth in (2, 4) and isinstance(transparent, int):
        # Pillow scales the pixels to 0..255, but not the transparent value.
        image.info["transparency"] = transparent * 255 // (2**depth - 1)


def _eight_bits(image, where, profile) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Pillow's own conversion of 16-bit gray clips at 255 instead of scaling.
        gray, transparent = np.asarray(image).astype(np.uint32), image.info.get("transparency")
        image = Image.fromarray(((gray + 128) // 257).astype(np.uint8))
        if transparent is not None:
            image.putalpha(Image.fromarray(np.where(gray == transparent, 0, 255).astype(np.uint8)))
    transparent = image.mode in WITH_ALPHA or "transparency" in image.info
    if image.mode not in PLAIN and image.mode not in WITH_ALPHA:
        raise UserError(f"{where}: pixels of type {image.mode!r}; save it as 8-bit RGB or RGBA")
    if profile is not None:
        kind = "L" if image.mode[0] in "1L" else "CMYK" if image.mode == "CMYK" else "RGB"
        image = to_srgb(image.convert(f"{kind}A" if transparent else kind), profile)
    return image.convert("RGBA" if transparent else "RGB")


def decode_object(data: bytes, where: str) -> Image.Image:
    """Decode an object, which must have an alpha channel that is not empty.

    Returns
    -------
    PIL.Image.Image
        Of mode ``RGBA``.

    Raises
    ------
    UserError
        As ``decode``; also if it is completely opaque or completely transparent.
    """
    return check_object(decode(data, where), where)


def check_object(image: Image.Image, where: str) -> Image.Image:
    """Return an RGBA image that is partly transparent; refuse any other."""
    if image.mode != "RGBA":
        raise UserError(f"{where}: no alpha channel; objects need a transparent surrounding")
    faintest, strongest = image.getchannel("A").getextrema()
    if faintest == 255:
        raise UserError(f"{where}: completely opaque; objects need a transparent surrounding")
    if strongest == 0:
        raise UserError(f"{where}: completely transparent; it shows no object")
    return image


def decode_background(data: bytes, where: str) -> Image.Image:
    """Decode a background, which must be opaque.

    Returns
    -------
    PIL.Image.Image
        Of mode ``RGB``.

    Raises
    ------
    UserError
        As ``decode``; also if a part of it is transparent.
    """
    image = decode(data, where)
    if image.mode == "RGBA" and image.getchannel("A").getextrema()[0] < 255:
        raise UserError(f"{where}: partly transparent; backgrounds must be opaque")
    return image.convert("RGB")


def square(image: Image.Image, size: int) -> Image.Image:
    """The largest top-left square of an RGB image, resized (bilinear) to ``size``."""
    side = min(image.size)
    return image.crop((0, 0, side, side)).resize((size, size), Image.Resampling.BILINEAR)
