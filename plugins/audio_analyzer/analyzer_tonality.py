"""Tonality: chroma from a constant-Q transform, and the key that fits it best."""

from collections.abc import Callable

import librosa
import numpy as np
import numpy.typing as npt
from analyzer_frames import Framing

NOTES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")

PIECE_S = 120
"""Longer recordings are transformed in pieces: the transform of an hour at once takes more than 10 GB."""

_MARGIN_S = 6
"""More than the longest filter (3.2 s with its padding) and the resampler behind it reach."""

_LOWEST_HZ = 32.703195662574829  # C1
_OCTAVES = 7

# Krumhansl, C. L. and Kessler, E. J. (1982): Tracing the dynamic changes in perceived tonal organization in a spatial
# representation of musical keys. Psychological Review 89, 334-368. From C, for C major and C minor.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def octaves(sample_rate: int) -> int:
    """librosa's seven octaves from C1, or as many as lie wholly below half the sample rate."""
    return int(min(_OCTAVES, np.floor(np.log2(0.96 * sample_rate / 2 / _LOWEST_HZ))))


def chroma(
    y: npt.NDArray[np.float32], framing: Framing, progress: Callable[[float], None] = lambda done: None
) -> npt.NDArray[np.float32]:
    """``librosa.feature.chroma_cqt``.

    Up to two minutes it is that call. Longer recordings are transformed in pieces with the tuning of the whole; the pieces
    meet where neither feels its end, so that the result is the same but for rounding.

    Returns
    -------
    np.ndarray [shape=(12, frames), dtype=float32]
        The loudest pitch class of each frame is 1. All zero for less than 128 samples, too few for seven octaves.
    """
    rate, hop = framing.sample_rate, framing.hop_length

    def transform(piece: npt.NDArray[np.float32], tuning: float | None) -> npt.NDArray[np.float32]:
        found: npt.NDArray[np.float32] = librosa.feature.chroma_cqt(
            y=piece, sr=rate, hop_length=hop, n_octaves=octaves(rate), tuning=tuning
        )
        return found

    count = framing.frames(y.size)
    if y.size < 2 ** octaves(rate):
        return np.zeros((12, count), dtype=np.float32)
    if y.size <= PIECE_S * rate:
        return transform(y, None)[:, :count]
    in_tune = tuning_bins(y, rate)
    length, margin = PIECE_S * rate // hop, -(-_MARGIN_S * rate // hop)
    result = np.empty((12, count), dtype=np.float32)
    for start in range(0, count, length):
        stop, first = min(start + length, count), max(0, start - margin)
        # A piece begins on a whole frame, thus on a sample that every halving of the rate keeps.
        part = transform(y[first * hop : (stop + margin) * hop], in_tune)
        result[:, start:stop] = part[:, start - first : stop - first]
        progress(stop / count)
    return result


def tuning_bins(y: npt.NDArray[np.float32], sample_rate: int) -> float:
    """``librosa.estimate_tuning`` at 36 bins per octave, block by block.

    Returns
    -------
    float
        Deviation from A4 = 440 Hz, in bins, −0.5 to 0.5.
    """
    framing = Framing(sample_rate, n_fft=2048, hop_length=512)
    pitches, strengths = [], []
    for start, stop in framing.blocks(y.size):
        pitch, strength = librosa.piptrack(S=framing.magnitudes(y, start, stop), sr=sample_rate)
        heard = pitch > 0
        pitches.append(pitch[heard])
        strengths.append(strength[heard])
    pitch, strength = np.concatenate(pitches), np.concatenate(strengths)
    strong = strength >= np.median(strength) if strength.size else slice(0)
    return float(librosa.pitch_tuning(pitch[strong], bins_per_octave=36))


def key(chromagram: npt.NDArray[np.float32]) -> tuple[str | None, float | None]:
    """The key by Krumhansl and Schmuckler: the profile that correlates best with the mean chroma.

    Krumhansl, C. L. (1990): Cognitive Foundations of Musical Pitch, Oxford University Press, chapter 4.

    Returns
    -------
    name : str or None
        ``A minor``; None where all pitch classes are equally strong, as in silence.
    correlation : float or None
        −1 to 1.
    """
    mean = chromagram.mean(axis=1, dtype=np.float64)
    if np.ptp(mean) < 1e-9:
        return None, None
    best = max(
        (float(np.corrcoef(np.roll(profile, tonic), mean)[0, 1]), f"{NOTES[tonic]} {mode}")
        for tonic in range(12)
        for profile, mode in ((_MAJOR, "major"), (_MINOR, "minor"))
    )
    return best[1], best[0]
