"""Waves: minima and maxima of a sound, soon and then exactly.

Owns the pyramid of each sound: made beside the conversation where the sound is long, so that a first glance never waits for
it. Until it is there, a far look is guessed from a sample of each column (and says so), a near one is exact at once. Refuses
nothing. Called by ``analysis``.
"""

from __future__ import annotations

import math
import threading

import numpy as np
import numpy.typing as npt

from ..types import Audio
from .tiles import Pyramid, exact_columns, glimpsed_columns

MAX_LANES = 2
"""Channels that have a lane each; more are drawn as their mean."""

_AT_ONCE = 2**21
"""Frames whose pyramid is made, or that are read, while somebody waits."""


class Wave:
    """The outline of one sound.

    Parameters
    ----------
    audio : Audio
    """

    def __init__(self, audio: Audio) -> None:
        self._audio = audio
        self._mixed = audio.channels > MAX_LANES
        self._lock = threading.Lock()
        self._pyramid: Pyramid | None = None
        self._maker: threading.Thread | None = None

    @property
    def lanes(self) -> int:
        """How many channels are drawn."""
        return 1 if self._mixed else self._audio.channels

    def prepare(self) -> None:
        """Begin to make the pyramid of a long sound, and return."""
        with self._lock:
            if self._audio.frames > _AT_ONCE and self._pyramid is None and self._maker is None:
                self._maker = threading.Thread(target=self._make, name="schillinger-pyramid", daemon=True)
                self._maker.start()

    def wait(self, timeout_s: float = 60.0) -> None:
        """Until a pyramid that was begun is there."""
        maker = self._maker
        if maker is not None:
            maker.join(timeout_s)

    def columns(self, start_s: float, end_s: float, columns: int) -> tuple[npt.NDArray[np.float32], bool]:
        """Minima and maxima, and whether they are only guessed.

        Returns
        -------
        np.ndarray [shape=(lanes, 2, columns), dtype=float32]
            NaN where there are no samples.
        bool
        """
        samples, rate = self._audio.samples, self._audio.sample_rate
        start, stop = start_s * rate, end_s * rate
        if self._pyramid is None:
            if self._audio.frames <= _AT_ONCE:
                self._make()
            elif stop - start <= _AT_ONCE:
                return exact_columns(samples, start, stop, columns, mixed=self._mixed), False
            else:
                self.prepare()
                return glimpsed_columns(samples, start, stop, columns, mixed=self._mixed), True
        assert self._pyramid is not None
        return self._pyramid.columns(start, stop, columns), False

    def peak(self) -> float:
        """The largest sample; of a long sound that of its outline as far as it is known."""
        pairs, _ = self.columns(0.0, self._audio.duration_s, 1024)
        with np.errstate(invalid="ignore"):
            peak = float(np.fmax.reduce(np.abs(pairs), axis=None, initial=0.0))
        return peak if math.isfinite(peak) else 1.0

    def _make(self) -> None:
        self._pyramid = Pyramid(self._audio.samples, mixed=self._mixed)
