"""Spectrum: what librosa computes frame by frame, from one short-time Fourier transform.

Owns the sharing: each block of frames is transformed once, and every feature gets the magnitudes that librosa would have
computed for it from the samples. All magnitudes of a long recording are never held together.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
from analyzer_frames import Framing

_CONTRAST_BANDS = 6
_CONTRAST_LOWEST_HZ = 200.0
_CONTRAST_QUANTILE = 0.02


def features(
    y: npt.NDArray[np.float32],
    framing: Framing,
    *,
    n_mels: int,
    n_mfcc: int,
    roll_percent: float,
    progress: Callable[[float], None],
) -> dict[str, Any]:
    """Every spectral feature, as librosa computes it from `y` with these settings.

    Parameters
    ----------
    y : np.ndarray [shape=(n,)]
    progress : callable
        Told the share that is done, 0 to 1.

    Returns
    -------
    dict
        By output name; arrays of shape (frames,) or (bins, frames), float32 or float64 as librosa gives them.

    Raises
    ------
    ValueError
        If the frames are too short for the lowest band of the spectral contrast.
    """
    rate, n_fft, hop = framing.sample_rate, framing.n_fft, framing.hop_length
    if rate > n_fft * _CONTRAST_LOWEST_HZ:
        raise ValueError(
            f"frames of {n_fft} samples at {rate} Hz can't tell apart what is closer than {rate / n_fft:.0f} Hz, but the "
            f"lowest band of the spectral contrast is {_CONTRAST_LOWEST_HZ:.0f} Hz wide: choose n_fft of at least "
            f"{2 ** math.ceil(math.log2(rate / _CONTRAST_LOWEST_HZ))}"
        )
    frame: dict[str, Any] = {"frame_length": n_fft, "hop_length": hop, "center": False}
    common: dict[str, Any] = {"sr": rate, "n_fft": n_fft}
    count = framing.frames(y.size)
    found: dict[str, list[npt.NDArray[Any]]] = {}
    for start, stop in framing.blocks(y.size):
        magnitude = framing.magnitudes(y, start, stop)
        peaks, valleys = _peaks_and_valleys(magnitude, rate, n_fft)
        block = {
            "rms": librosa.feature.rms(y=framing.cut(y, start, stop), **frame)[0],
            "zero_crossing_rate": librosa.feature.zero_crossing_rate(framing.cut(y, start, stop, edge=True), **frame)[
                0
            ],
            "spectral_centroid_hz": librosa.feature.spectral_centroid(S=magnitude, **common)[0],
            "spectral_bandwidth_hz": librosa.feature.spectral_bandwidth(S=magnitude, **common)[0],
            "spectral_rolloff_hz": librosa.feature.spectral_rolloff(S=magnitude, roll_percent=roll_percent, **common)[
                0
            ],
            "spectral_flatness": librosa.feature.spectral_flatness(S=magnitude, n_fft=n_fft)[0],
            "mel_spectrogram": librosa.feature.melspectrogram(S=magnitude**2, n_mels=n_mels, **common),
            "peaks": peaks,
            "valleys": valleys,
        }
        for name, value in block.items():
            found.setdefault(name, []).append(value)
        progress(stop / count)
    outputs = {name: np.concatenate(found.pop(name), axis=-1) for name in list(found)}
    # Decibels are clipped relative to the loudest of all frames, so they can't be taken block by block.
    outputs["spectral_contrast_db"] = librosa.power_to_db(outputs.pop("peaks")) - librosa.power_to_db(
        outputs.pop("valleys")
    )
    mel_db = librosa.power_to_db(outputs["mel_spectrogram"])
    return {
        **outputs,
        "contrast_frequencies_hz": _contrast_edges_hz(rate)[:-1],
        "mel_frequencies_hz": librosa.mel_frequencies(n_mels, fmin=0.0, fmax=rate / 2),
        "mfcc": librosa.feature.mfcc(S=mel_db, sr=rate, n_mfcc=n_mfcc),
    }


def contrast_bands(sample_rate: int) -> int:
    """librosa's six octave bands from 200 Hz, or as many as begin below half the sample rate."""
    return max(1, min(_CONTRAST_BANDS, int(np.ceil(np.log2(sample_rate / 2 / _CONTRAST_LOWEST_HZ)))))


def _contrast_edges_hz(sample_rate: int) -> npt.NDArray[np.float64]:
    return np.concatenate([[0.0], _CONTRAST_LOWEST_HZ * 2.0 ** np.arange(contrast_bands(sample_rate) + 1)])


def _peaks_and_valleys(
    magnitude: npt.NDArray[np.float32], sample_rate: int, n_fft: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The two halves of ``librosa.feature.spectral_contrast``, which gives their difference alone.

    Jiang, D.-N. et al. (2002): Music type classification by spectral contrast feature. ICME, 113-116. Each band takes the
    bin below it, too; the highest reaches to half the sample rate.

    Returns
    -------
    peaks, valleys : np.ndarray [shape=(bands + 1, frames)]
        Mean of the loudest and the softest 2 % of the bins of each band, one bin at least.
    """
    bins_hz = librosa.fft_frequencies(sr=sample_rate, n_fft=n_fft)
    edges_hz = _contrast_edges_hz(sample_rate)
    peaks, valleys = np.zeros((2, edges_hz.size - 1, magnitude.shape[1]))
    for band, (low_hz, high_hz) in enumerate(pairwise(edges_hz)):
        inside = np.flatnonzero((bins_hz >= low_hz) & (bins_hz <= high_hz))
        highest = band == edges_hz.size - 2
        first, last = inside[0] - (band > 0), bins_hz.size if highest else inside[-1] + 1
        size = max(1, int(np.rint(_CONTRAST_QUANTILE * (last - first))))
        ordered = np.sort(magnitude[first : last if highest else last - 1], axis=0)
        valleys[band] = np.mean(ordered[:size], axis=0)
        peaks[band] = np.mean(ordered[-size:], axis=0)
    return peaks, valleys
