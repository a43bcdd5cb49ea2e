"""Levels: how loud a recording is, by sample, by wave and by ear.

Works on all channels; everything else in this plugin works on their mean.
"""

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

MAX_LOUDNESS_CHANNELS = 5
MIN_LOUDNESS_S = 0.4

_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = 10.0
_GATING_STEP_S = 0.1
_LOUDNESS_PIECE = 1200
"""Gating blocks measured at once; two minutes of them. An hour at once takes 3 GB for each two channels."""

_LOUDNESS_LEAD = 10
"""Gating blocks before a piece, for the weighting filters to settle: they forget within a quarter of a second."""

_BLOCK = 1 << 18
_MARGIN = 64  # more than the interpolation filter reaches, in samples of the input


def decibel(ratio: float) -> float:
    """20·log10, −∞ for 0."""
    return float(20 * np.log10(ratio)) if ratio > 0 else -np.inf


def sample_peak(samples: npt.NDArray[np.float32]) -> float:
    """Largest magnitude of any sample; 1 is full scale."""
    return float(max(np.max(samples), -np.min(samples)))


def rms(samples: npt.NDArray[np.float32]) -> float:
    """Root mean square over all channels."""
    total = sum(float(np.einsum("i,i->", channel, channel, dtype=np.float64)) for channel in samples)
    return float(np.sqrt(total / samples.size))


def true_peak_dbtp(samples: npt.NDArray[np.float32], sample_rate: int) -> float:
    """Peak of the wave between the samples, in dB relative to full scale.

    ITU-R BS.1770-4, Annex 2: oversample to at least 192 kHz (four times at 48 kHz) and take the largest magnitude. The
    interpolator is SciPy's polyphase filter. Done in blocks, whose margins are longer than the filter.
    """
    factor = 4 if sample_rate < 96_000 else 2 if sample_rate < 192_000 else 1
    peak = sample_peak(samples)
    if factor == 1:
        return decibel(peak)
    for channel in samples:
        for start in range(0, channel.size, _BLOCK):
            block = channel[max(0, start - _MARGIN) : start + _BLOCK + _MARGIN]
            wave = resample_poly(block, factor, 1)
            lead = (start - max(0, start - _MARGIN)) * factor
            peak = max(peak, float(np.abs(wave[lead : lead + _BLOCK * factor]).max()))
    return decibel(peak)


def integrated_loudness_lufs(samples: npt.NDArray[np.float32], sample_rate: int) -> float | None:
    """Integrated loudness after ITU-R BS.1770-4, by pyloudnorm (Steinmetz and Reiss, AES 2021).

    pyloudnorm weights and measures the gating blocks, piece by piece; the gates are applied to those of all pieces.

    Returns
    -------
    float or None
        In LUFS; −∞ for silence. None for less than 0.4 s, the length of a gating block, and for more than five channels,
        whose weights the standard doesn't give.
    """
    channels, frames = samples.shape
    if frames < MIN_LOUDNESS_S * sample_rate or channels > MAX_LOUDNESS_CHANNELS:
        return None
    import pyloudnorm

    meter = pyloudnorm.Meter(sample_rate)
    count = round((frames / sample_rate - MIN_LOUDNESS_S) / _GATING_STEP_S) + 1
    block_lufs: list[float] = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for first in range(0, count, _LOUDNESS_PIECE):
            lead = min(first, _LOUDNESS_LEAD)
            start, stop = ((edge * sample_rate) // 10 for edge in (first - lead, first + _LOUDNESS_PIECE + 3))
            meter.integrated_loudness(samples[:, start : stop + 1].T)
            block_lufs.extend(meter.blockwise_loudness[lead : lead + _LOUDNESS_PIECE])
    return _gated_lufs(np.array(block_lufs))


def _gated_lufs(block_lufs: npt.NDArray[np.float64]) -> float:
    """Mean power of the gating blocks above −70 LUFS, and of these above 10 LU below their mean (BS.1770-4, Annex 1)."""
    loud = block_lufs[block_lufs >= _ABSOLUTE_GATE_LUFS]
    if loud.size == 0:
        return -np.inf
    return _mean_lufs(loud[loud > _mean_lufs(loud) - _RELATIVE_GATE_LU])


def _mean_lufs(block_lufs: npt.NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.mean(10 ** (block_lufs / 10))))
