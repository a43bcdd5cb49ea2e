"""Sounds: plucked tones with few harmonics, in which beating intervals are easily heard, and a metronome's clicks."""

import numpy as np

RATE = 44_100
HARMONICS = (1.0, 0.5, 0.33, 0.2, 0.12, 0.08)


def tone(frequency_hz, duration_s, level=0.25):
    """One decaying tone with a fade of 8 ms at both ends. Harmonics above 0.45 of the sample rate are left out."""
    time_s = np.arange(int(duration_s * RATE)) / RATE
    sound = np.zeros_like(time_s)
    for number, share in enumerate(HARMONICS, start=1):
        if number * frequency_hz < 0.45 * RATE:
            sound += share * np.sin(2 * np.pi * number * frequency_hz * time_s)
    fade = np.clip(np.minimum(time_s, duration_s - time_s) / 0.008, 0, 1)
    return (level / sum(HARMONICS) * sound * np.exp(-time_s / duration_s) * fade).astype(np.float32)


def chord(frequencies_hz, duration_s=3.0):
    """All tones at once; however many there are, the sum stays below full scale."""
    return sum(tone(one, duration_s, level=0.8 / len(frequencies_hz)) for one in frequencies_hz)


def melody(frequencies_hz, duration_s=0.45):
    """One tone after the other."""
    return np.concatenate([tone(one, duration_s, level=0.5) for one in frequencies_hz])


def clicks(tempo_bpm, beats=8):
    """A metronome: the first of four clicks is higher."""
    period = round(60 / tempo_bpm * RATE)
    sound = np.zeros(beats * period, np.float32)
    for beat in range(beats):
        click = tone(1760 if beat % 4 == 0 else 1175, 0.05, level=0.6)[:period]
        sound[beat * period : beat * period + len(click)] = click
    return sound
