"""Explorer: what somebody waits for who looks at ten minutes of stereo.

Owns the sound. Measured is the kernel's side: until a view is there with its plan and its first glance, and each answer to
the page, the whole of the sound and a second of it. What the page adds is drawing, which `tests/browser` watches.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from schillinger_plugins.types import Audio
from schillinger_plugins.widgets import explore
from schillinger_plugins.widgets.spectrogram import Spectrogram, SpectrogramKind
from schillinger_plugins.widgets.waves import Wave

from .measure import Figure
from .row import Chapter, Row
from .run import Run

DURATION_S, RATE = 600, 44_100
TILE_S = 0.1
"""What is felt as at once."""
READY_S = 1.0
ROUNDS = 21
KINDS: tuple[SpectrogramKind, ...] = ("mel", "cqt", "linear")


def chapter(run: Run) -> Chapter:
    """Measure it."""
    samples = np.random.default_rng(0).normal(0, 0.1, (2, DURATION_S * RATE)).astype(np.float32)
    audio = Audio(samples, RATE)
    rounds = run.pick(ROUNDS, 2)
    rows = [_row(run, "ten minutes until a view is there", lambda: explore(audio), rounds, READY_S)]
    wave = Wave(audio)
    wave.prepare()
    wave.wait()
    rows.append(_row(run, "waveform, all of it", lambda: wave.columns(0, DURATION_S, 1024), rounds, TILE_S))
    for kind in KINDS:
        spectrogram = Spectrogram(audio, kind)
        columns = 384 if kind == "cqt" else 768
        for what, start_s, end_s in (("all of it", 0.0, float(DURATION_S)), ("a second of it", 100.0, 101.0)):

            def answer(
                spectrogram: Spectrogram = spectrogram,
                start_s: float = start_s,
                end_s: float = end_s,
                columns: int = columns,
            ) -> object:
                return spectrogram.columns(start_s, end_s, columns)

            rows.append(_row(run, f"{kind}, {what}", answer, rounds, TILE_S))
    return Chapter(
        title="Looking at ten minutes",
        how="""\
Ten minutes of stereo at 44.1 kHz, noise. A view is there when Python has its plan and its first glance; each other row is
one answer to the page: 1,024 columns of the waveform, 768 of a spectrogram, 384 of a constant-Q one. Each is compared
with what is to be felt as at once, by its median.""",
        rows=tuple(rows),
    )


def _row(run: Run, what: str, action: Callable[[], object], rounds: int, most_s: float) -> Row:
    taken = []
    with run.shown(what, steps=rounds) as tick:
        action()
        for _ in range(rounds):
            begun_s = time.perf_counter()
            action()
            taken.append(time.perf_counter() - begun_s)
            tick()
    figure = Figure(rounds=(tuple(taken),))
    return Row(what=what, against=f"{most_s:g} s", ours=figure, ratio=figure.median / most_s, reach=1.0)
