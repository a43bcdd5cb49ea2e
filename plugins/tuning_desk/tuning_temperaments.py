"""Temperaments: the twelve notes of an octave as ratios to a root, and how far they lie from equal temperament."""

import math

NOTES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
A = NOTES.index("A")
A4 = 69
"""The note number of A4, as MIDI counts them: C4 is 60."""

JUST = (1, 16 / 15, 9 / 8, 6 / 5, 5 / 4, 4 / 3, 45 / 32, 3 / 2, 8 / 5, 5 / 3, 9 / 5, 15 / 8)
"""Five-limit just intonation: the major and minor thirds of the root, its fourth and fifth are pure."""

FIFTHS = range(-3, 9)
"""The chain of fifths from the root: from three below (E♭ on C) to eight above (G♯ on C), where the wolf is."""


def ratios(temperament):
    """Twelve ratios from 1 up, one for each semitone above the root.

    Barbour (1951), *Tuning and Temperament*. The fifth of quarter-comma meantone is the fourth root of 5, so that four of
    them make a pure major third.
    """
    if temperament == "equal":
        return tuple(2 ** (step / 12) for step in range(12))
    if temperament == "just":
        return JUST
    fifth = 3 / 2 if temperament == "Pythagorean" else 5**0.25
    made = {}
    for count in FIFTHS:
        ratio = fifth**count
        made[7 * count % 12] = ratio / 2 ** math.floor(math.log2(ratio))
    return tuple(made[step] for step in range(12))


def frequency_hz(note, a4_hz, temperament, root):
    """The frequency of a note number, with A4 where it is set and the temperament built on the root.

    >>> round(frequency_hz(60, 440, "equal", "C"), 3)
    261.626
    """
    steps = ratios(temperament)
    base = NOTES.index(root)

    def above_root(number):
        octave, step = divmod(number - base, 12)
        return steps[step] * 2.0**octave

    return a4_hz * above_root(note) / above_root(A4)


def deviations(a4_hz, temperament, root):
    """A row for each note from C4 to B4: name, frequency in Hz, cents from equal temperament with the same A4."""
    rows = []
    for step, name in enumerate(NOTES):
        found = frequency_hz(60 + step, a4_hz, temperament, root)
        equal = frequency_hz(60 + step, a4_hz, "equal", root)
        rows.append((name, found, 1200 * math.log2(found / equal)))
    return rows
