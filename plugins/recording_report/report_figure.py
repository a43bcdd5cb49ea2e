"""The figure: form, level, tempo and pitch classes of one recording over one axis of time, as SVG."""

from html import escape

import numpy as np
from report_table import NOTES, level_dbfs

WIDTH, LEFT, RIGHT = 960, 64, 16
FORM, PLOT, CHROMA, GAP, TOP, BOTTOM = 26, 96, 144, 26, 34, 34
COLUMNS = 240
"""How finely time is drawn: a column of pitch classes is 3.7 pixels wide."""

COLOURS = ("#8dd3c7", "#fdb462", "#bebada", "#fb8072", "#80b1d3", "#b3de69", "#fccde5", "#d9d9d9")
INK, LINE, GRID = "#222", "#1f5fa8", "#ccc"


def draw(title, analysis, table, tempo_times_s, tempo_bpm):
    """The figure as text.

    Parameters
    ----------
    title : str
    analysis : dict
        What ``audio_analyzer`` gave.
    table : list of dict
        See ``report_table``.
    tempo_times_s, tempo_bpm : np.ndarray [shape=(beats - 1,)]

    Returns
    -------
    str
    """
    duration_s = max(float(analysis["duration_s"]), 1e-6)
    height = TOP + FORM + 3 * GAP + 2 * PLOT + CHROMA + BOTTOM
    drawing = _Drawing(duration_s)
    drawing.text(LEFT, 20, title, size=15)
    y = TOP
    letters = list(dict.fromkeys(row["section"] for row in table[1:]))
    for row in table[1:]:
        colour = COLOURS[letters.index(row["section"]) % len(COLOURS)]
        drawing.section(row, y, height - BOTTOM, colour)
    drawing.label(y + FORM / 2, "form")
    y += FORM + GAP
    levels = level_dbfs(analysis["rms"])
    times_s = analysis["frame_times_s"]
    columns = np.clip((times_s / duration_s * COLUMNS * 2).astype(int), 0, COLUMNS * 2 - 1)
    coarse = [(times_s[columns == c].mean(), levels[columns == c].max()) for c in np.unique(columns)]
    drawing.curve(y, "level, dBFS", coarse, -60.0, 0.0, (-60, -40, -20, 0))
    y += PLOT + GAP
    low, high, ticks = _tempo_axis(tempo_bpm)
    drawing.curve(y, "tempo, BPM", list(zip(tempo_times_s, tempo_bpm, strict=True)), low, high, ticks)
    if not tempo_bpm.size:
        drawing.text(LEFT + 8, y + PLOT / 2, "no beats were found")
    y += PLOT + GAP
    drawing.chroma(y, analysis["chroma"], times_s)
    drawing.time_axis(y + CHROMA)
    return drawing.whole(height)


def describe(title, table):
    """The figure in words."""
    whole, sections = table[0], table[1:]
    form = " ".join(row["section"] for row in sections)
    facts = [f"{whole['duration_s']:.0f} s", f"form {form}"]
    if whole["tempo_bpm"] is not None:
        facts.append(f"{whole['tempo_bpm']:.0f} BPM")
    if whole["key"] is not None:
        facts.append(whole["key"])
    return f"{title}: {', '.join(facts)}; form, level, tempo and pitch classes over time"[:1000]


class _Drawing:
    def __init__(self, duration_s):
        self._duration_s = duration_s
        self._parts = []

    def text(self, x, y, text, *, size=11, anchor="start"):
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{INK}">{escape(text)}</text>'
        )

    def label(self, y, text):
        self.text(LEFT - 8, y + 4, text, anchor="end")

    def section(self, row, y, bottom, colour):
        x, end = self._x(row["start_s"]), self._x(row["end_s"])
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{max(0.0, end - x):.1f}" height="{FORM}" fill="{colour}" stroke="#fff"/>'
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{bottom}" stroke="{GRID}" stroke-dasharray="3 3"/>'
        )
        self.text((x + end) / 2, y + FORM / 2 + 4, row["section"], anchor="middle")

    def curve(self, y, title, points, low, high, ticks):
        self.text(LEFT, y - 6, title)
        for tick in ticks:
            at = y + PLOT * (1 - (tick - low) / (high - low))
            self._parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{GRID}"/>')
            self.label(at, f"{tick:g}")
        placed = " ".join(
            f"{self._x(t):.1f},{y + PLOT * (1 - (min(high, max(low, v)) - low) / (high - low)):.1f}" for t, v in points
        )
        if placed:
            self._parts.append(f'<polyline points="{placed}" fill="none" stroke="{LINE}" stroke-width="1.5"/>')

    def chroma(self, y, chroma, times_s):
        self.text(LEFT, y - 6, "pitch classes")
        step = CHROMA / 12
        count = min(COLUMNS, max(1, times_s.size))
        columns = np.clip((times_s / self._duration_s * count).astype(int), 0, count - 1)
        width = (WIDTH - LEFT - RIGHT) / count
        for note, name in enumerate(NOTES):
            at = y + CHROMA - (note + 1) * step
            self.label(at + step / 2, name)
            total = np.bincount(columns, weights=chroma[note], minlength=count)
            strengths = total / np.maximum(1, np.bincount(columns, minlength=count))
            # One path for each of ten shades: thousands of rectangles would make the file four times as long.
            shades = np.round(10 * strengths).astype(int)
            for shade in np.unique(shades[shades > 0]):
                path = "".join(
                    f"M{LEFT + column * width:.1f} {at:.1f}h{width:.1f}v{step:.1f}h-{width:.1f}z"
                    for column in np.flatnonzero(shades == shade)
                )
                self._parts.append(f'<path d="{path}" fill="{LINE}" fill-opacity="{shade / 10:.1f}"/>')

    def time_axis(self, y):
        step = _nice(self._duration_s / 8)
        for tick in np.arange(0, self._duration_s + step / 1000, step):
            self.text(self._x(tick), y + 16, _clock(tick, step), anchor="middle")

    def whole(self, height):
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'font-family="sans-serif"><rect width="{WIDTH}" height="{height}" fill="#fff"/>{"".join(self._parts)}</svg>'
        )

    def _x(self, time_s):
        return LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, float(time_s) / self._duration_s))


def _tempo_axis(tempo_bpm):
    if not tempo_bpm.size:
        return 0.0, 1.0, ()
    low, high = np.percentile(tempo_bpm, [2, 98])
    step = _nice(max(high - low, 10) / 3)
    low, high = np.floor(low / step) * step, np.ceil(high / step + 1e-9) * step
    if high <= low:
        high = low + step
    return low, high, np.arange(low, high + step / 2, step)


def _nice(rough):
    """The next of 1, 2, 5, 10, 20, 50 … (or a tenth of it, and so on)."""
    power = 10 ** np.floor(np.log10(rough))
    return float(next(power * one for one in (1, 2, 5, 10) if power * one >= rough * 0.999))


def _clock(time_s, step_s):
    minutes, seconds = divmod(time_s, 60)
    return f"{int(minutes)}:{round(seconds):02d}" if step_s >= 1 else f"{time_s:.3g} s"
