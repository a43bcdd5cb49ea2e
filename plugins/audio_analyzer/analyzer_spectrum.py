"""Spectrum: what librosa computes frame by frame from one short-time Fourier transform.

Owns the sharing: the transform is computed once, in blocks, and every feature gets the magnitudes that librosa would have
computed for it from the samples. An hour at 44.1 kHz takes 1.3 GB so, a third of what the complex transform alone would.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt

_BLOCK_FRAMES = 8192
_CONTRAST_BANDS = 6
_CONTRAST_LOWEST_HZ = 200.0


@dataclass(frozen=True)
class Framing:
    """How a signal is cut into frames.

    Attributes
    ----------
    n_fft, hop_length : int
        Length of a frame, and from one to the next, in samples.
    """

    sample_rate: int
    n_fft: int
    hop_length: int

    def frames(self, samples: int) -> int:
        """How many frames a signal of that many samples has; the first is centred on the first sample."""
        return 1 + samples // self.hop_length

    def times_s(self, samples: int) -> npt.NDArray[np.float64]:
        """The middle of each frame, in seconds."""
        return np.asarray(
            librosa.times_like(self.frames(samples), sr=self.sample_rate, hop_length=self.hop_length), dtype=np.float64
        )


def magnitudes(
    y: npt.NDArray[np.float32], framing: Framing, progress: Callable[[float], None]
) -> npt.NDArray[np.float32]:
    """``np.abs(librosa.stft(y))``, computed in blocks of frames.

    Returns
    -------
    np.ndarray [shape=(1 + n_fft/2, frames), dtype=float32]
    """
    n_fft, hop = framing.n_fft, framing.hop_length
    padded = np.pad(y, n_fft // 2)
    count = framing.frames(y.size)
    result = np.empty((1 + n_fft // 2, count), dtype=np.float32)
    for start in range(0, count, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, count)
        block = padded[start * hop : (stop - 1) * hop + n_fft]
        result[:, start:stop] = np.abs(librosa.stft(block, n_fft=n_fft, hop_length=hop, center=False))
        progress(stop / count)
    return result


def features(
    y: npt.NDArray[np.float32],
    magnitude: npt.NDArray[np.float32],
    framing: Framing,
    *,
    n_mels: int,
    n_mfcc: int,
    roll_percent: float,
) -> dict[str, Any]:
    """Every spectral feature, as librosa computes it from `y` with these settings.

    Returns
    -------
    dict
        By output name; arrays of shape (frames,) or (bins, frames), float32 or float64 as librosa gives them.
    """
    rate, n_fft, hop = framing.sample_rate, framing.n_fft, framing.hop_length
    blocks = [slice(start, start + _BLOCK_FRAMES) for start in range(0, magnitude.shape[1], _BLOCK_FRAMES)]

    def in_blocks(feature: Callable[..., Any], **settings: Any) -> Any:
        """Features that look at one frame at a time are computed in blocks, so that no copy of all magnitudes is made."""
        return np.concatenate([feature(S=magnitude[:, block], **settings) for block in blocks], axis=-1)

    mel = np.concatenate(
        [
            librosa.feature.melspectrogram(S=magnitude[:, block] ** 2, sr=rate, n_fft=n_fft, n_mels=n_mels)
            for block in blocks
        ],
        axis=-1,
    )
    bands = contrast_bands(rate)
    return {
        "rms": librosa.feature.rms(y=y, frame_length=n_fft, hop_length=hop)[0],
        "zero_crossing_rate": librosa.feature.zero_crossing_rate(y, frame_length=n_fft, hop_length=hop)[0],
        "spectral_centroid_hz": in_blocks(librosa.feature.spectral_centroid, sr=rate, n_fft=n_fft)[0],
        "spectral_bandwidth_hz": in_blocks(librosa.feature.spectral_bandwidth, sr=rate, n_fft=n_fft)[0],
        "spectral_rolloff_hz": in_blocks(
            librosa.feature.spectral_rolloff, sr=rate, n_fft=n_fft, roll_percent=roll_percent
        )[0],
        "spectral_flatness": in_blocks(librosa.feature.spectral_flatness, n_fft=n_fft)[0],
        # Not in blocks: its decibels are clipped relative to the loudest of all frames.
        "spectral_contrast_db": librosa.feature.spectral_contrast(
            S=magnitude, sr=rate, n_fft=n_fft, n_bands=bands, fmin=_CONTRAST_LOWEST_HZ
        ),
        "contrast_frequencies_hz": np.concatenate([[0.0], _CONTRAST_LOWEST_HZ * 2.0 ** np.arange(bands)]),
        "mel_spectrogram": mel,
        "mel_frequencies_hz": librosa.mel_frequencies(n_mels, fmin=0.0, fmax=rate / 2),
        "mfcc": librosa.feature.mfcc(S=librosa.power_to_db(mel), sr=rate, n_mfcc=n_mfcc),
    }


def contrast_bands(sample_rate: int) -> int:
    """librosa's six octave bands from 200 Hz, or as many as begin below half the sample rate."""
    return max(1, min(_CONTRAST_BANDS, int(np.ceil(np.log2(sample_rate / 2 / _CONTRAST_LOWEST_HZ)))))
