"""Bitmaps: PNG and JPEG files from strangers.

Owns what is looked at before a browser decodes one: the signature, the dimensions in its header, and that it ends where it
says. A PNG is made anew of the chunks that draw, each with its checksum checked: text, profiles and animations stay behind.
Refuses files that would unfold to more than `MAX_PIXELS`, other formats, and anything after the end. Decodes nothing itself.
Called by ``figures``, and by ``svg`` and ``vega`` for pictures inside theirs.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any, Literal

import numpy as np

from .ports import Misfit

MAX_BYTES = 16 * 1024 * 1024
MAX_SIDE = 16_384
"""Pixels; browsers draw no canvas that is larger."""
MAX_PIXELS = 64 * 1024 * 1024
"""Four times as many bytes when it is unfolded."""

PNG = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 20_000
_DRAWN = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB sBIT bKGD pHYs".split())

_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
"""Markers of JPEG that tell the dimensions."""

Path = tuple[str | int, ...]
_REMEDY = "its author saves it as PNG or JPEG, smaller or with fewer pixels"


def clean_bitmap(value: Any, *, at: Path = ()) -> tuple[bytes, Literal["png", "jpeg"]]:
    """The file, and what it is.

    Parameters
    ----------
    value : bytes or np.ndarray [dtype=uint8]

    Raises
    ------
    Misfit
        For anything but a whole PNG or JPEG of moderate size.
    """
    if isinstance(value, np.ndarray):
        if value.dtype != np.uint8 or value.ndim != 1:
            raise Misfit(f"has an array of {value.dtype} and shape {value.shape} for a picture's bytes", at=at)
        if value.nbytes <= MAX_BYTES:
            value = value.tobytes()
    if isinstance(value, np.ndarray) or (isinstance(value, bytes) and len(value) > MAX_BYTES):
        raise Misfit(f"has a picture of {len(value)} bytes, at most {MAX_BYTES}", remedy=_REMEDY, at=at)
    if not isinstance(value, bytes):
        raise Misfit(f"has a {type(value).__name__} for a picture, expected bytes", at=at)
    try:
        if value.startswith(PNG):
            return _clean_png(value), "png"
        if value.startswith(b"\xff\xd8\xff"):
            _check_jpeg(value)
            return value, "jpeg"
    except (struct.error, IndexError):
        raise Misfit("has a picture that ends too early", remedy=_REMEDY, at=at) from None
    except Misfit as misfit:
        raise Misfit(str(misfit), remedy=_REMEDY, at=at) from None
    raise Misfit(f"has a picture that begins with {value[:8]!r}, no PNG and no JPEG", remedy=_REMEDY, at=at)


def _clean_png(data: bytes) -> bytes:
    kept = [PNG]
    position = len(PNG)
    for index in range(_MAX_CHUNKS):
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(memoryview(data)[position + 4 : end - 4]) != checksum:
            raise Misfit(f"has a PNG whose chunk {index} is damaged")
        if (index == 0) != (name == b"IHDR"):
            raise Misfit("has a PNG that doesn't begin with its one header")
        if index == 0:
            if length != 13:
                raise Misfit("has a PNG with a header of another length")
            _demand_moderate(*struct.unpack_from(">II", data, position + 8))
        if name in _DRAWN:
            kept.append(data[position:end])
        elif not name[0] & 0x20:
            raise Misfit(f"has a PNG with the unknown chunk {name!r}")
        position = end
        if name == b"IEND":
            if position != len(data) or length:
                raise Misfit("has a PNG that goes on after its end")
            return b"".join(kept)
    raise Misfit(f"has a PNG of more than {_MAX_CHUNKS} chunks")


def _check_jpeg(data: bytes) -> None:
    if not data.endswith(b"\xff\xd9"):
        raise Misfit("has a JPEG that ends too early, or goes on after its end")
    position, sized = 2, False
    for _ in range(_MAX_CHUNKS):
        if data[position] != 0xFF:
            raise Misfit("has a JPEG whose segments don't follow each other")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == 0xDA and sized:
            return  # what follows is coded pixels
        (length,) = struct.unpack_from(">H", data, position + 2)
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, position + 5)
            _demand_moderate(width, height)
            sized = True
        elif marker in (0xD8, 0xD9, 0xDA) or length < 2:
            raise Misfit("has a JPEG without dimensions")
        position += 2 + length
    raise Misfit(f"has a JPEG of more than {_MAX_CHUNKS} segments")


def _demand_moderate(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE) or width * height > MAX_PIXELS:
        raise Misfit(
            f"has a picture of {width} × {height} pixels, at most {MAX_SIDE} a side and {MAX_PIXELS >> 20} million in all"
        )
