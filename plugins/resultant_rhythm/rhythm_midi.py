"""A Standard MIDI File of a rhythm.

Owns the mapping to ticks: 480 to a quarter note, so that each unit is a whole number of them.
"""

import io
from collections.abc import Sequence

import mido

TICKS_PER_QUARTER = 480

_DRUM, _BLOCK, _PERCUSSION_CHANNEL = 36, 76, 9  # General MIDI: bass drum 1, high wood block, channel 10
_MARIMBA = 12


def to_midi(
    durations: Sequence[int],
    pitches: Sequence[int],
    accents: Sequence[bool],
    *,
    bar_units: int,
    unit_denominator: int,
    tempo_bpm: float,
    voices: str,
) -> bytes:
    """Write a rhythm as a file of type 1.

    Parameters
    ----------
    durations, pitches, accents : sequences of length n
        Units until the next attack, MIDI note numbers, and which attacks begin a bar.
    bar_units : int
        Numerator of the time signature, at most 255; its denominator is `unit_denominator` (4, 8, 16 or 32).
    tempo_bpm : float
        Quarter notes per minute.

    Returns
    -------
    bytes
    """
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER)
    head = mido.MidiTrack()
    head.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo_bpm)))
    head.append(mido.MetaMessage("time_signature", numerator=bar_units, denominator=unit_denominator))
    file.tracks.append(head)
    ticks = [duration * TICKS_PER_QUARTER * 4 // unit_denominator for duration in durations]
    if voices != "pitched":
        notes = [_DRUM if accent else _BLOCK for accent in accents]
        file.tracks.append(_track("percussive", ticks, notes, accents, _PERCUSSION_CHANNEL))
    if voices != "percussive":
        track = _track("pitched", ticks, pitches, accents, 0)
        track.insert(1, mido.Message("program_change", program=_MARIMBA, channel=0))
        file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _track(
    name: str, ticks: Sequence[int], notes: Sequence[int], accents: Sequence[bool], channel: int
) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    for length, note, accent in zip(ticks, notes, accents, strict=True):
        velocity = 110 if accent else 80
        track.append(mido.Message("note_on", note=note, velocity=velocity, channel=channel))
        track.append(mido.Message("note_off", note=note, channel=channel, time=length))
    return track
