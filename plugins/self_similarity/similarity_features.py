"""Features: what is compared, one column for each step of time.

Chroma tells harmony, MFCC timbre, the cyclic tempogram pulse. Each is computed by librosa at a fine rate and averaged into
steps, so that a step says what went on in it and not at its beginning alone.
"""

from collections.abc import Callable

import librosa
import numpy as np
import numpy.typing as npt

RATE = 22_050
"""Hz. What structure is heard by lies below 11 kHz; higher rates cost time and show nothing else."""

FINE_HOP = 512
N_FFT = 4096

Array = npt.NDArray[np.float64]

_TEMPO_WINDOW_S = 8.0
_REFERENCE_BPM = 60.0
_OCTAVES = range(-1, 3)
_TEMPO_BINS = 24


def at_rate(y: npt.NDArray[np.float32], sample_rate: int) -> tuple[npt.NDArray[np.float32], int]:
    """The signal at `RATE`, or as it is where it has no more."""
    if sample_rate <= RATE:
        return y, sample_rate
    resampled: npt.NDArray[np.float32] = librosa.resample(y, orig_sr=sample_rate, target_sr=RATE, res_type="soxr_hq")
    return resampled, RATE


def chroma(y: npt.NDArray[np.float32], rate: int) -> Array:
    """Twelve pitch classes by ``librosa.feature.chroma_stft``, in the square root, so that the loudest weigh less.

    Returns
    -------
    np.ndarray [shape=(12, frames)]
    """
    found = librosa.feature.chroma_stft(y=y, sr=rate, n_fft=N_FFT, hop_length=FINE_HOP, norm=None, tuning=0.0)
    return np.sqrt(np.asarray(found, dtype=np.float64))


def mfcc(y: npt.NDArray[np.float32], rate: int) -> Array:
    """Nineteen coefficients, since the first is loudness; each as its distance from its mean, by its standard deviation.

    Returns
    -------
    np.ndarray [shape=(19, frames)]
    """
    found = librosa.feature.mfcc(y=y, sr=rate, n_mfcc=20, n_fft=N_FFT, hop_length=FINE_HOP)[1:].astype(np.float64)
    spread = found.std(axis=1, keepdims=True)
    return (found - found.mean(axis=1, keepdims=True)) / np.where(spread > 1e-6, spread, 1.0)


def tempogram(y: npt.NDArray[np.float32], rate: int) -> Array:
    """Pulse by its tempo, doubled and halved tempi taken for one.

    Grosche, P., Müller, M. and Kurth, F. (2010): Cyclic tempogram, a mid-level tempo representation for music signals.
    Proc. ICASSP, 5522-5525. From 30 to 480 BPM, a Fourier tempogram of the onset envelope under windows of 8 s.

    Returns
    -------
    np.ndarray [shape=(24, frames)]
    """
    envelope = librosa.onset.onset_strength(y=y, sr=rate, hop_length=FINE_HOP)
    window = round(_TEMPO_WINDOW_S * rate / FINE_HOP)
    pulses = np.abs(librosa.feature.fourier_tempogram(onset_envelope=envelope, hop_length=FINE_HOP, win_length=window))
    bpm = librosa.fourier_tempo_frequencies(sr=rate, hop_length=FINE_HOP, win_length=window)
    folded = np.zeros((_TEMPO_BINS, pulses.shape[1]))
    for octave in _OCTAVES:
        wanted = _REFERENCE_BPM * 2.0 ** (octave + np.arange(_TEMPO_BINS) / _TEMPO_BINS)
        right = np.clip(np.searchsorted(bpm, wanted), 1, len(bpm) - 1)
        share = np.clip((wanted - bpm[right - 1]) / (bpm[right] - bpm[right - 1]), 0, 1)[:, np.newaxis]
        folded += (1 - share) * pulses[right - 1] + share * pulses[right]
    return folded


FEATURES: dict[str, Callable[[npt.NDArray[np.float32], int], Array]] = {
    "chroma": chroma,
    "mfcc": mfcc,
    "tempogram": tempogram,
}


def into_steps(feature: Array, *, frame_s: float, hop_s: float, steps: int, smoothing_s: float) -> Array:
    """The mean of each step, and of what lies around it.

    Parameters
    ----------
    feature : np.ndarray [shape=(bins, frames)]
    frame_s : float
        From one frame to the next.
    hop_s : float
        From one step to the next.
    smoothing_s : float
        A step's mean is taken over at least so long.

    Returns
    -------
    np.ndarray [shape=(bins, steps)]
    """
    sums = np.concatenate([np.zeros((len(feature), 1)), np.cumsum(feature, axis=1)], axis=1)
    middles_s = (np.arange(steps) + 0.5) * hop_s
    half_s = max(hop_s, smoothing_s) / 2
    frames = feature.shape[1]
    # Frame k is centred at k * frame_s, so it counts for what lies half a frame around that.
    first = np.clip(np.round((middles_s - half_s) / frame_s + 0.5).astype(int), 0, frames - 1)
    last = np.clip(np.round((middles_s + half_s) / frame_s + 0.5).astype(int), first + 1, frames)
    means: Array = (sums[:, last] - sums[:, first]) / (last - first)
    return means
