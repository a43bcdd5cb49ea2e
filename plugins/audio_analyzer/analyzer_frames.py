"""Frames: how a signal is cut, and how a long one is handed out in blocks of them.

Owns the padding at both ends, so that every feature can be computed block by block and is still the one that librosa
computes from the whole signal. Nothing here copies more than a block.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import librosa
import numpy as np
import numpy.typing as npt

_BLOCK_SAMPLES = 1 << 23
"""Samples of all frames of a block together: 32 MB for each array of single precision that a feature makes of them."""


@dataclass(frozen=True)
class Framing:
    """How a signal is cut into frames.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    n_fft, hop_length : int
        Length of a frame, and from one to the next, in samples.
    """

    sample_rate: int
    n_fft: int
    hop_length: int

    def frames(self, samples: int) -> int:
        """How many frames a signal of that many samples has; the first is centred on the first sample."""
        return 1 + (samples + 2 * (self.n_fft // 2) - self.n_fft) // self.hop_length

    def times_s(self, samples: int) -> npt.NDArray[np.float64]:
        """The middle of each frame, in seconds."""
        return np.asarray(
            librosa.times_like(self.frames(samples), sr=self.sample_rate, hop_length=self.hop_length), dtype=np.float64
        )

    def blocks(self, samples: int) -> Iterator[tuple[int, int]]:
        """First frame and the one after the last, of one block after another."""
        count, size = self.frames(samples), max(1, _BLOCK_SAMPLES // self.n_fft)
        for start in range(0, count, size):
            yield start, min(start + size, count)

    def cut(self, y: npt.NDArray[np.float32], start: int, stop: int, *, edge: bool = False) -> npt.NDArray[np.float32]:
        """The samples under the frames from `start` to before `stop`.

        Parameters
        ----------
        y : np.ndarray [shape=(n,)]
        edge : bool
            Continue the signal by its first and last sample; otherwise by zeros, as librosa does for transforms.

        Returns
        -------
        np.ndarray [shape=((stop - start - 1) * hop_length + n_fft,)]
            A view where no padding is needed.
        """
        first = start * self.hop_length - self.n_fft // 2
        last = (stop - 1) * self.hop_length - self.n_fft // 2 + self.n_fft
        inside = y[max(first, 0) : min(last, y.size)]
        missing = (max(-first, 0), max(last - y.size, 0))
        return np.pad(inside, missing, mode="edge" if edge else "constant") if any(missing) else inside

    def magnitudes(self, y: npt.NDArray[np.float32], start: int, stop: int) -> npt.NDArray[np.float32]:
        """``np.abs(librosa.stft(y))[:, start:stop]``.

        Returns
        -------
        np.ndarray [shape=(1 + n_fft // 2, stop - start), dtype=float32]
        """
        samples = self.cut(y, start, stop)
        magnitude: npt.NDArray[np.float32] = np.abs(
            librosa.stft(samples, n_fft=self.n_fft, hop_length=self.hop_length, center=False)
        )
        return magnitude
