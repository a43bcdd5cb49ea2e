"""The drawing of a magnitude response.

Owns the picture and its words. Draws in SVG, which every notebook and page shows.
"""

import math

import numpy as np
import numpy.typing as npt

_WIDTH, _HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 14, 30
_INK, _GRID, _CURVE = "#3b3b45", "#dcdce4", "#5b4bb7"
_DEEPEST_DB = -48.0
_STEP_DB = 6.0


def curve_svg(frequencies_hz: npt.NDArray[np.float64], response_db: npt.NDArray[np.float64]) -> str:
    """The gain over frequency, both axes as musicians read them: decibels over octaves.

    Parameters
    ----------
    frequencies_hz, response_db : np.ndarray [shape=(bins,)]

    Returns
    -------
    str
        An SVG document; what lies below −48 dB is drawn at the bottom.
    """
    top_db = max(2 * _STEP_DB, _STEP_DB * math.ceil(float(response_db.max()) / _STEP_DB + 0.25))
    bottom_db = min(-2 * _STEP_DB, max(_DEEPEST_DB, _STEP_DB * math.floor(float(response_db.min()) / _STEP_DB - 0.25)))
    low, high = math.log(float(frequencies_hz[0])), math.log(float(frequencies_hz[-1]))

    def across(frequency_hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return _LEFT + (np.log(frequency_hz) - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def down(level_db: npt.ArrayLike) -> npt.NDArray[np.float64]:
        share = (top_db - np.maximum(level_db, bottom_db)) / (top_db - bottom_db)
        return _TOP + share * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'font-family="sans-serif" font-size="11" fill="{_INK}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for level_db in np.arange(bottom_db, top_db + 1, _STEP_DB * (2 if top_db - bottom_db > 6 * _STEP_DB else 1)):
        y = float(down(level_db))
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GRID}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_signed(level_db)}</text>')
    for frequency_hz in _decades(float(frequencies_hz[0]), float(frequencies_hz[-1])):
        x = float(across(frequency_hz))
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="{_GRID}"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 15}" text-anchor="middle">{_frequency(frequency_hz)}</text>'
        )
    parts.append(f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 3}" text-anchor="end">Hz</text>')
    parts.append(f'<text x="{_LEFT - 6}" y="{_HEIGHT - 3}" text-anchor="end">dB</text>')
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across(frequencies_hz), down(response_db), strict=True))
    zero = float(down(0.0))
    parts += [
        f'<polygon points="{_LEFT},{zero:.1f} {points} {_WIDTH - _RIGHT},{zero:.1f}" fill="{_CURVE}" fill-opacity="0.14"/>',
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="{_INK}" stroke-width="0.8"/>',
        f'<polyline points="{points}" fill="none" stroke="{_CURVE}" stroke-width="2" stroke-linejoin="round"/>',
        "</svg>",
    ]
    return "\n".join(parts)


def curve_words(frequencies_hz: npt.NDArray[np.float64], response_db: npt.NDArray[np.float64]) -> str:
    """The curve in a sentence.

    Examples
    --------
    >>> curve_words(np.array([10.0, 1000.0, 4000.0]), np.array([0.0, 6.0, -12.5]))
    'Gain from 10 Hz to 4 kHz: highest +6 dB at 1 kHz, lowest −12.5 dB at 4 kHz'
    """
    span = f"Gain from {_said(frequencies_hz[0])} to {_said(frequencies_hz[-1])}"
    if np.ptp(response_db) < 0.05:
        return f"{span}: {_signed(response_db[0])} dB throughout"
    ends = []
    for word, index in (("highest", int(response_db.argmax())), ("lowest", int(response_db.argmin()))):
        ends.append(f"{word} {_signed(response_db[index])} dB at {_said(frequencies_hz[index])}")
    return f"{span}: {', '.join(ends)}"


def _decades(lowest_hz: float, highest_hz: float) -> list[float]:
    """1, 2 and 5 of each decade that is in sight."""
    decades = range(math.floor(math.log10(lowest_hz)), math.ceil(math.log10(highest_hz)) + 1)
    marks = [digit * 10.0**decade for decade in decades for digit in (1, 2, 5)]
    return [mark for mark in marks if lowest_hz * 0.999 <= mark <= highest_hz]


def _frequency(frequency_hz: float) -> str:
    """As a mark on an axis: ``250``, ``2.5k``."""
    return f"{frequency_hz / 1000:.3g}k" if frequency_hz >= 1000 else f"{frequency_hz:.3g}"


def _said(frequency_hz: float) -> str:
    """In a sentence: ``250 Hz``, ``2.5 kHz``."""
    return f"{frequency_hz / 1000:.3g} kHz" if frequency_hz >= 1000 else f"{frequency_hz:.3g} Hz"


def _signed(level_db: float) -> str:
    rounded = round(float(level_db), 1) + 0.0
    return f"{rounded:+.4g}".replace("-", "−") if rounded else "0"
