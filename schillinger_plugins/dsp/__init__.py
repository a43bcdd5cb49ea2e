"""What authors of audio plugins always need, each a thin name over NumPy, SciPy or soxr.

Owns framing, levels, sample rates, the beat grid and pitch, in the units of the SDK: seconds, Hz, dB of full scale ±1,
beats, MIDI note numbers. Refuses values of another shape or range, naming the rule. soxr and pyloudnorm are imported only
where they are used. Used by authors inside a worker and in a notebook alike.
"""

from .framing import frame, frame_times_s, overlap_add
from .grid import BeatGrid, swing_beats, unswing_beats
from .levels import (
    amplitude_to_db,
    db_to_amplitude,
    loudness_lufs,
    normalise_loudness,
    normalise_peak,
    normalise_rms,
    peak_db,
    rms_db,
)
from .pitch import hz_to_midi, midi_to_hz, note_name, note_number
from .rate import resample

__all__ = [
    "BeatGrid",
    "amplitude_to_db",
    "db_to_amplitude",
    "frame",
    "frame_times_s",
    "hz_to_midi",
    "loudness_lufs",
    "midi_to_hz",
    "normalise_loudness",
    "normalise_peak",
    "normalise_rms",
    "note_name",
    "note_number",
    "overlap_add",
    "peak_db",
    "resample",
    "rms_db",
    "swing_beats",
    "unswing_beats",
]
