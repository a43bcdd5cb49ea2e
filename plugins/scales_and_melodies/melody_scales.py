"""Pitch scales: groups of intervals, symmetric scales, and tonal expansions.

Owns which units a scale has and which pitch a step of it is. Counts in semitones above the tonic and knows nothing of time.

Source: Joseph Schillinger, *The Schillinger System of Musical Composition*, Carl Fischer, New York 1946, Book II, *Theory of
Pitch-Scales*. A scale of the first group has one tonic and lies within an octave; one of the third has several, which divide
the octave evenly (their frequencies are by a root of two apart), each with the same sectional scale above it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

OCTAVE = 12

FIRST_GROUP = {
    "major": (2, 2, 1, 2, 2, 2),
    "natural minor": (2, 1, 2, 2, 1, 2),
    "harmonic minor": (2, 1, 2, 2, 1, 3),
    "melodic minor": (2, 1, 2, 2, 2, 2),
    "Dorian": (2, 1, 2, 2, 2, 1),
    "Phrygian": (1, 2, 2, 2, 1, 2),
    "Lydian": (2, 2, 2, 1, 2, 2),
    "Mixolydian": (2, 2, 1, 2, 2, 1),
    "Hungarian minor": (2, 1, 3, 1, 1, 3),
    "pentatonic": (2, 2, 3, 2),
    "minor pentatonic": (3, 2, 2, 3),
}
THIRD_GROUP = {
    "√2: two tonics": (2, (1, 2)),
    "∛2: three tonics": (3, (3,)),
    "∜2: four tonics": (4, (2,)),
    "⁶√2: six tonics": (6, ()),
    "¹²√2: twelve tonics": (12, ()),
}


@dataclass(frozen=True)
class Scale:
    """Pitch units within an octave.

    Attributes
    ----------
    units : tuple of int
        Semitones above the tonic, from 0, growing, less than 12.
    tonics : tuple of int
        Those units that are tonics.
    """

    units: tuple[int, ...]
    tonics: tuple[int, ...] = (0,)

    def semitones(self, step: int, *, expansion: int = 0) -> int:
        """The pitch of a step, in semitones above the tonic; steps below it are negative.

        In the tonal expansion of order k a step passes over k units: what was a second in E0 is a third in E1, a fourth in
        E2. The scale goes on in every octave.

        Examples
        --------
        >>> major = Scale((0, 2, 4, 5, 7, 9, 11))
        >>> [major.semitones(step) for step in range(-1, 4)]
        [-1, 0, 2, 4, 5]
        >>> [major.semitones(step, expansion=1) for step in range(7)]
        [0, 4, 7, 11, 14, 17, 21]
        """
        octave, unit = divmod(step * (expansion + 1), len(self.units))
        return OCTAVE * octave + self.units[unit]

    def reach(self, semitones: int, *, expansion: int = 0) -> int:
        """How many steps up lie within so many semitones: at least one."""
        steps = 1
        while self.semitones(steps + 1, expansion=expansion) <= semitones:
            steps += 1
        return steps


def chosen(name: str, intervals: str) -> Scale:
    """The scale of a name, or with other intervals under the same tonics.

    Parameters
    ----------
    name : str
        Of the first group or the third.
    intervals : str
        As ``2+1+2``; empty for the scale's own.

    Raises
    ------
    ValueError
        If the intervals are none, or leave the octave or the section between two tonics.
    """
    if name in FIRST_GROUP:
        return symmetric(1, parsed(intervals) if intervals.strip() else FIRST_GROUP[name])
    tonics, section = THIRD_GROUP[name]
    return symmetric(tonics, parsed(intervals) if intervals.strip() else section)


def symmetric(tonics: int, section: Sequence[int]) -> Scale:
    """A scale of so many tonics, evenly apart, with the same intervals above each. One tonic: a scale of the first group.

    Examples
    --------
    >>> symmetric(3, (3,)).units
    (0, 3, 4, 7, 8, 11)

    Raises
    ------
    ValueError
        If the section reaches the next tonic.
    """
    apart = OCTAVE // tonics
    if sum(section) >= apart:
        where = "the octave above" if tonics == 1 else f"the next tonic, {apart} semitones above"
        raise ValueError(
            f"the intervals {'+'.join(map(str, section))} add up to {sum(section)} semitones and reach {where}: "
            f"choose intervals whose sum is less than {apart}"
        )
    starts = range(0, OCTAVE, apart)
    above = [sum(section[:count]) for count in range(len(section) + 1)]
    return Scale(tuple(start + step for start in starts for step in above), tuple(starts))


def parsed(intervals: str) -> tuple[int, ...]:
    """Intervals out of ``2+1+2`` or ``2 1 2``.

    Raises
    ------
    ValueError
        If there is something else than whole numbers from 1 to 11.
    """
    words = [word for word in re.split(r"[+,\s]+", intervals.strip()) if word]
    for word in words:
        if not re.fullmatch(r"[1-9]|1[01]", word):
            raise ValueError(
                f"intervals has {word[:20]!r}, which is no interval: write semitones from 1 to 11, as 2+1+2"
            )
    return tuple(map(int, words))
