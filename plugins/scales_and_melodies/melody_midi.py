"""A Standard MIDI File of events.

Owns the mapping to ticks: 480 to a quarter note, so that each unit is a whole number of them.
"""

import io
from collections.abc import Sequence
from typing import Any

import mido

TICKS_PER_QUARTER = 480

_FLUTE = 73


def to_midi(events: Sequence[dict[str, Any]], *, tempo_bpm: float, bar_units: int, unit_denominator: int) -> bytes:
    """Write notes that don't overlap as a file of type 1.

    Parameters
    ----------
    events : sequence of dict
        With time_s, duration_s, pitch and velocity, in the order of time.
    tempo_bpm : float
        Quarter notes per minute.
    bar_units : int
        Numerator of the time signature; its denominator is `unit_denominator` (4, 8, 16 or 32).
    """
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER)
    head = mido.MidiTrack()
    head.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo_bpm)))
    head.append(mido.MetaMessage("time_signature", numerator=bar_units, denominator=unit_denominator))
    track = mido.MidiTrack(
        [mido.MetaMessage("track_name", name="melody"), mido.Message("program_change", program=_FLUTE)]
    )
    now = 0
    for event in events:
        start = _ticks(event["time_s"], tempo_bpm)
        end = max(start + 1, _ticks(event["time_s"] + event["duration_s"], tempo_bpm))
        pitch, velocity = round(event["pitch"]), max(1, min(127, round(127 * event["velocity"])))
        track.append(mido.Message("note_on", note=pitch, velocity=velocity, time=max(0, start - now)))
        track.append(mido.Message("note_off", note=pitch, time=end - max(now, start)))
        now = end
    file.tracks += [head, track]
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _ticks(time_s: float, tempo_bpm: float) -> int:
    return round(time_s * tempo_bpm / 60 * TICKS_PER_QUARTER)
