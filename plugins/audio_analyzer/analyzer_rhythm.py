"""Rhythm: onsets, beats and tempo, as librosa finds them in the mel spectrogram's flux."""

from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
from analyzer_spectrum import Framing


def features(mel: npt.NDArray[np.float32], framing: Framing) -> dict[str, Any]:
    """Onset envelope, onsets, beats and tempo.

    Parameters
    ----------
    mel : np.ndarray [shape=(bands, frames)]
        Power.

    Returns
    -------
    dict
        Times in seconds; `tempo_bpm` is None where the envelope is flat, since nothing happens.
    """
    rate, hop = framing.sample_rate, framing.hop_length
    envelope = librosa.onset.onset_strength(S=librosa.power_to_db(mel), sr=rate, n_fft=framing.n_fft, hop_length=hop)
    if not envelope.any():
        nothing = np.zeros(0)
        return {"onset_envelope": envelope, "onset_times_s": nothing, "beat_times_s": nothing, "tempo_bpm": None}
    tempo, beats = librosa.beat.beat_track(onset_envelope=envelope, sr=rate, hop_length=hop, units="time")
    tempo_bpm = float(np.squeeze(tempo))
    return {
        "onset_envelope": envelope,
        "onset_times_s": librosa.onset.onset_detect(onset_envelope=envelope, sr=rate, hop_length=hop, units="time"),
        "beat_times_s": beats,
        "tempo_bpm": tempo_bpm if tempo_bpm > 0 else None,
    }
