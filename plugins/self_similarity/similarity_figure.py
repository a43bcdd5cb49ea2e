"""The figure: the matrix as a picture, its axes, and the novelty curve under it, as one SVG.

The matrix is a PNG within, coloured by a map whose lightness rises evenly (in Oklab), so that equal differences look equal
and the figure can be read in greys. Everything else is lines and text, sharp at any size. Made of NumPy and zlib: to import
a plotting library would take longer than the analysis.
"""

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

MAX_PIXELS = 640
"""A side of the picture of the matrix; more steps are averaged."""

_SIDE = 520
_CURVE = 84
_LEFT, _TOP, _GAP, _RIGHT, _BOTTOM = 58, 34, 14, 76, 44
_INK, _SOFT, _LINE = "#2b2b33", "#6d6d78", "#5b4bb7"
_TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600)


def palette() -> npt.NDArray[np.uint8]:
    """256 colours from a dark violet over teal to a pale yellow. [shape=(256, 3)]

    Lightness rises evenly in Oklab (Ottosson, B. (2020): A perceptual color space for image processing).
    """
    share = np.linspace(0, 1, 256)
    lightness = 0.16 + 0.82 * share
    hue = np.radians(300 - 200 * share)
    chroma = 0.105 * np.sin(np.pi * (0.1 + 0.78 * share))
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    long, medium, short = (
        (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    )
    linear = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        axis=1,
    ).clip(0, 1)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * shown).astype(np.uint8)


def png_of(image: npt.NDArray[np.uint8]) -> bytes:
    """A PNG whose pixels are numbers of the palette's colours. [shape=(height, width)]"""
    height, width = image.shape

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = np.concatenate([np.zeros((height, 1), np.uint8), image], axis=1)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            chunk(b"PLTE", palette().tobytes()),
            chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)),
            chunk(b"IEND", b""),
        ]
    )


def picture_of(matrix: Array) -> tuple[npt.NDArray[np.uint8], float, float]:
    """The matrix in colours' numbers, later times above, and what the darkest and the brightest stand for."""
    groups = -(-len(matrix) // MAX_PIXELS)
    if groups > 1:
        starts = np.arange(0, len(matrix), groups)
        sizes = np.diff(np.append(starts, len(matrix)))
        matrix = np.add.reduceat(np.add.reduceat(matrix, starts, axis=0), starts, axis=1) / np.outer(sizes, sizes)
    low, high = float(np.quantile(matrix, 0.02)), float(matrix.max())
    if high - low < 1e-6:
        low = high - 1.0
    numbers = np.round(255 * (matrix - low) / (high - low)).clip(0, 255).astype(np.uint8)
    return numbers[::-1], low, high


def draw(matrix: Array, curve: Array, boundaries_s: Array, *, hop_s: float, duration_s: float, title: str) -> str:
    """The SVG.

    Parameters
    ----------
    matrix : np.ndarray [shape=(steps, steps)]
    curve : np.ndarray [shape=(steps,)]
        Novelty.
    hop_s, duration_s : float
    title : str
        Plain words, of this module's callers.
    """
    image, low, high = picture_of(matrix)
    span_s = len(matrix) * hop_s
    width, height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _GAP + _CURVE + _BOTTOM
    floor = _TOP + _SIDE
    base = floor + _GAP + _CURVE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{title}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="{_TOP - 13}" font-size="14" font-weight="600" fill="{_INK}">{title}</text>',
        f'<image x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" preserveAspectRatio="none" '
        f'image-rendering="{"auto" if len(image) > _SIDE / 2 else "pixelated"}" xlink:href="{_address(image)}"/>',
    ]

    def across(time_s: float) -> float:
        return round(_LEFT + _SIDE * time_s / span_s, 2)

    def up(time_s: float) -> float:
        return round(floor - _SIDE * time_s / span_s, 2)

    for tick_s, label in _ticks(duration_s):
        x, y = across(tick_s), up(tick_s)
        parts.append(
            f'<path d="M{_LEFT - 5} {y}H{_LEFT}M{x} {base}v5" stroke="{_SOFT}" fill="none"/>'
            f'<text x="{_LEFT - 9}" y="{y + 4}" text-anchor="end" fill="{_SOFT}">{label}</text>'
            f'<text x="{x}" y="{base + 19}" text-anchor="middle" fill="{_SOFT}">{label}</text>'
        )
    top = max(float(curve.max(initial=0.0)), 1e-9)
    points = " ".join(
        f"{across((step + 0.5) * hop_s)},{round(base - _CURVE * value / top, 2)}" for step, value in enumerate(curve)
    )
    ends = f"{across(0.5 * hop_s)},{base} {points} {across((len(curve) - 0.5) * hop_s)},{base}"
    parts.append(f'<polygon points="{ends}" fill="{_LINE}" fill-opacity="0.14"/>')
    parts.append(
        f'<polyline points="{points}" fill="none" stroke="{_LINE}" stroke-width="1.5" stroke-linejoin="round"/>'
    )
    for time_s in boundaries_s:
        x, y = across(float(time_s)), up(float(time_s))
        # Light on the matrix, whose likenesses between parts are dark; ink on the paper below.
        parts.append(
            f'<path d="M{x} {_TOP}V{floor}M{_LEFT} {y}h{_SIDE}" stroke="#fff" stroke-opacity="0.75" '
            f'stroke-dasharray="2 3" fill="none"/><path d="M{x} {floor + 3}V{base}" stroke="#c2410c" fill="none"/>'
        )
    parts += [
        f'<path d="M{_LEFT} {base}h{_SIDE}" stroke="{_SOFT}" fill="none"/>',
        f'<text x="{_LEFT - 9}" y="{base - _CURVE / 2 + 4}" text-anchor="end" fill="{_SOFT}">novelty</text>',
        f'<text x="{_LEFT + _SIDE / 2}" y="{base + 38}" text-anchor="middle" fill="{_INK}">{_unit(duration_s)}</text>',
        *_scale(low, high),
        "</svg>",
    ]
    return "".join(parts)


def _address(image: npt.NDArray[np.uint8]) -> str:
    return f"data:image/png;base64,{base64.b64encode(png_of(image)).decode()}"


def _scale(low: float, high: float) -> list[str]:
    """What the colours stand for."""
    x, height = _LEFT + _SIDE + 16, _SIDE // 3
    address = _address(np.arange(255, -1, -1, dtype=np.uint8)[:, np.newaxis])
    return [
        f'<image x="{x}" y="{_TOP}" width="12" height="{height}" preserveAspectRatio="none" xlink:href="{address}"/>',
        f'<text x="{x + 18}" y="{_TOP + 10}" fill="{_SOFT}">{_number(high)}</text>',
        f'<text x="{x + 18}" y="{_TOP + height}" fill="{_SOFT}">{_number(low)}</text>',
        f'<text x="{x}" y="{_TOP + height + 20}" fill="{_SOFT}">similarity</text>',
    ]


def _ticks(duration_s: float) -> list[tuple[float, str]]:
    step = next((step for step in _TICKS_S if duration_s / step <= 9), _TICKS_S[-1])
    times_s = [round(index * step, 6) for index in range(int(duration_s / step + 1e-9) + 1)]
    if duration_s < 120:
        return [(time_s, f"{time_s:g}") for time_s in times_s]
    return [(time_s, f"{int(time_s // 60)}:{int(time_s % 60):02d}") for time_s in times_s]


def _unit(duration_s: float) -> str:
    return "time in s" if duration_s < 120 else "time in min:s"


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
