"""The stream: a cascade of biquads that goes on from block to block and changes without a click.

Owns the filters' memory and the fade from one cascade to the next. What comes out depends on the samples, the settings and
the frame at which these changed, never on where the blocks were cut: everything that happens at a time is counted in frames
from the beginning. Computes in double precision. A sample that is no number comes out as it went in and is zero to the
filters, which would otherwise never recover.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from eq_biquads import THROUGH, slowest_decay
from scipy.signal import sosfilt

Samples = npt.NDArray[np.float64]

FADE_S = 0.02
TAIL_DB = 120.0
"""How far the slowest pole has decayed when the sound is said to have ended."""

_CALM_FRAMES = 1 << 14
_CALM = 1e-150


class Cascade:
    """Biquads in a row, with what they remember.

    Filters that change nothing are left out. The others run together, which takes hardly longer than one of them. For those
    that may come in their place, what passed between them is had by running the last two samples again, one by one.

    Parameters
    ----------
    rows : np.ndarray [shape=(n, 6)]
    memory : np.ndarray [shape=(busy, channels, 2)]
        Of each filter that is not left out (transposed direct form II).
    earlier : np.ndarray [shape=(busy, channels, 2)]
        The memory before the `recent` samples.
    recent : np.ndarray [shape=(channels, up to 2)]
        The last samples that came in.
    """

    def __init__(self, rows: Samples, memory: Samples, earlier: Samples, recent: Samples) -> None:
        self.rows = rows
        self.memory = memory
        self.earlier = earlier
        self.recent = recent
        self._busy = busy(rows)
        self._filters = rows[self._busy]

    @classmethod
    def silent(cls, rows: Samples, channels: int) -> "Cascade":
        """One that has heard nothing."""
        memory = np.zeros((len(busy(rows)), channels, 2))
        return cls(rows, memory, memory, np.zeros((channels, 0)))

    def succeeded_by(self, rows: Samples) -> "Cascade":
        """Other filters in the place of these, as if what was heard and played so far had been theirs.

        The memory follows from the past samples (that of direct form I), so that nothing jumps.
        """
        past = self._past()
        b1, b2, a1, a2 = (rows[:, column, np.newaxis] for column in (1, 2, 4, 5))
        x2, x1, y2, y1 = past[:-1, :, 0], past[:-1, :, 1], past[1:, :, 0], past[1:, :, 1]
        memory = np.stack([b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2, b2 * x1 - a2 * y1], axis=-1)[busy(rows)]
        return Cascade(rows, memory, memory, self.recent[:, :0])

    def run(self, samples: Samples) -> Samples:
        """The next samples, at least one, through all filters."""
        if samples.shape[1] == 1:
            joined = np.concatenate([self.recent, samples], axis=1)
            if joined.shape[1] > 2:
                _, self.earlier = self._filtered(joined[:, :1], self.earlier)
            made, self.memory = self._filtered(samples, self.memory)
            self.recent = joined[:, -2:]
            return made
        first, self.earlier = self._filtered(samples[:, :-2], self.memory)
        last, self.memory = self._filtered(samples[:, -2:], self.earlier)
        self.recent = samples[:, -2:].copy()
        return np.concatenate([first, last], axis=1)

    def calm(self) -> None:
        """Forget what is too small ever to be heard: below 1e-308 processors compute a hundred times slower."""
        self.memory, self.earlier, self.recent = (
            np.where(np.abs(kept) < _CALM, 0.0, kept) for kept in (self.memory, self.earlier, self.recent)
        )

    def _filtered(self, samples: Samples, memory: Samples) -> tuple[Samples, Samples]:
        if samples.shape[1] == 0 or len(self._busy) == 0:
            return samples, memory
        return sosfilt(self._filters, samples, zi=memory)

    def _past(self) -> Samples:
        """The last two samples before each filter and after the last, shape (n + 1, channels, 2)."""
        samples = self.recent
        passed = [samples]
        for index, row in enumerate(self.rows):
            place = np.flatnonzero(self._busy == index)
            if place.size and samples.shape[1]:
                samples, _ = sosfilt(row[np.newaxis], samples, zi=self.earlier[place])
            passed.append(samples)
        missing = 2 - samples.shape[1]  # before the first sample there was silence
        return np.pad(np.array(passed), [(0, 0), (0, 0), (missing, 0)])


def busy(rows: Samples) -> npt.NDArray[np.intp]:
    """Which rows change anything."""
    return np.flatnonzero((rows != np.array(THROUGH)).any(axis=1))


class EqStream:
    """A sound on its way through cascades.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    rows : np.ndarray [shape=(n, 6)]
        What is heard from the first frame on.
    channels : int
    """

    def __init__(self, sample_rate: int, rows: Samples, channels: int) -> None:
        self.sample_rate = sample_rate
        self.channels = channels
        self._frame = 0
        self._now = Cascade.silent(rows, channels)
        self._next: Cascade | None = None
        self._faded = 0
        frames = max(2, round(FADE_S * sample_rate))
        self._fade = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, frames + 1) / (frames + 1))

    def process(self, samples: npt.NDArray[np.float32], rows: Samples) -> npt.NDArray[np.float32]:
        """The next block.

        Parameters
        ----------
        samples : np.ndarray [shape=(channels, frames)]
        rows : np.ndarray [shape=(n, 6)]
            What is to be heard. Where it differs from what is, one fades into the other over 20 ms; a change during a fade
            waits for its end.

        Returns
        -------
        np.ndarray [shape=(channels, frames), dtype=float32]
        """
        made = np.empty(samples.shape, np.float32)
        odd = ~np.isfinite(samples)
        heard = np.where(odd, np.float32(0), samples) if odd.any() else samples
        done, frames = 0, samples.shape[1]
        while done < frames:
            if self._next is None and not np.array_equal(self._now.rows, rows):
                self._next, self._faded = self._now.succeeded_by(rows), 0
            end = min(frames, done + _CALM_FRAMES - self._frame % _CALM_FRAMES)
            if self._next is not None:
                end = min(end, done + self._fade.size - self._faded)
            block = heard[:, done:end].astype(np.float64)
            with np.errstate(over="ignore"):  # what is beyond single precision becomes infinite
                made[:, done:end] = self._run(block)
            self._frame += end - done
            if self._frame % _CALM_FRAMES == 0:
                self._now.calm()
            done = end
        if odd.any():
            made[odd] = samples[odd]
        return made

    @property
    def tail_s(self) -> float:
        """How long it takes the slowest pole to decay by 120 dB."""
        cascades = [cascade for cascade in (self._now, self._next) if cascade is not None]
        radius = max(slowest_decay(cascade.rows) for cascade in cascades)
        if radius == 0:
            return 0.0
        return TAIL_DB / 20 * math.log(10) / -math.log(min(radius, 1 - 1e-12)) / self.sample_rate

    def as_data(self) -> dict[str, Any]:
        """All of it, to go on elsewhere."""
        cascades = [cascade for cascade in (self._now, self._next) if cascade is not None]
        return {
            "sample_rate": self.sample_rate,
            "frame": self._frame,
            "faded": self._faded,
            "cascades": [[cascade.rows, cascade.memory, cascade.earlier, cascade.recent] for cascade in cascades],
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "EqStream":
        """One that goes on where `as_data` was asked."""
        cascades = [Cascade(*(np.array(part, dtype=np.float64) for part in parts)) for parts in data["cascades"]]
        stream = cls(int(data["sample_rate"]), cascades[0].rows, cascades[0].memory.shape[1])
        stream._now, stream._next = cascades[0], cascades[1] if len(cascades) > 1 else None
        stream._frame, stream._faded = int(data["frame"]), int(data["faded"])
        return stream

    def _run(self, block: Samples) -> Samples:
        if self._next is None:
            return self._now.run(block)
        weight = self._fade[self._faded : self._faded + block.shape[1]]
        old, new = self._now.run(block), self._next.run(block)
        self._faded += block.shape[1]
        if self._faded == self._fade.size:
            self._now, self._next = self._next, None
        return old + weight * (new - old)
