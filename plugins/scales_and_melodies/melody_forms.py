"""Melodic forms: phrases out of rhythm and axes, and a melody out of phrases.

Owns the motion about an axis, the variations of a phrase and their order. Notes are steps of a scale from the primary axis
and whole units of time.

Source: Schillinger, *The Schillinger System of Musical Composition*, Book IV, *Theory of Melody* (motion along the axes),
and Book III, *Variations of Music by Means of Geometrical Projection*: a phrase as it is (A), backwards (B), backwards and
upside down (C), upside down (D).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from melody_axes import Axis, heights
from melody_rhythm import Bar

MOTIONS = ("straight", "one side", "both sides", "mixed")
POSITIONS = "ABCD"
_VARIED = 0.35


@dataclass(frozen=True)
class Note:
    """One attack.

    Attributes
    ----------
    units : int
        How long.
    step : int
        Of the scale, from the primary axis.
    on_axis : bool
        Whether it lies on its axis, or turns about it.
    accent : bool
        Whether it begins a bar.
    tension : float
        How far its axis is from the primary one there, 0 to 1.
    axis : str
        The letter of its axis.
    """

    units: int
    step: int
    on_axis: bool
    accent: bool
    tension: float
    axis: str


Phrase = tuple[Note, ...]


def phrase(axes: Sequence[Axis], rhythm: Sequence[Bar], *, reach: int, motion: str, rng: np.random.Generator) -> Phrase:
    """A phrase along the axes.

    What begins a bar lies on its axis; what follows turns about it as `motion` says. The last bar is one long note, so that
    the phrase breathes; if its last axis leads to the primary axis, on that.

    Parameters
    ----------
    rhythm : sequence of Bar
        Taken one after the other, in a circle, from a place that is drawn.
    reach : int
        How many steps the axes go from the primary one.
    motion : str
        straight, one side, both sides or mixed (drawn for each axis).
    """
    first = int(rng.integers(len(rhythm)))
    bar_units = sum(rhythm[0])
    notes: list[Note] = []
    bar_number = 0
    total_bars = sum(axis.bars for axis in axes)
    for axis, height in zip(axes, heights(axes, reach, rng), strict=True):
        start, end = axis.line(height)
        turns = _turns(axis, motion, rng)
        length, now, attack = axis.bars * bar_units, 0, 0
        for _ in range(axis.bars):
            bar = rhythm[(first + bar_number) % len(rhythm)]
            bar_number += 1
            last = bar_number == total_bars
            for index, units in enumerate((bar_units,) if last else bar):
                share = 1.0 if last else now / length
                place = start + (end - start) * share
                turn = turns[attack % len(turns)] if index else 0
                notes.append(
                    Note(units, _rounded(place) + turn, turn == 0, index == 0, abs(place) / max(1.0, reach), axis.kind)
                )
                now += units
                attack += 1
    return tuple(_without_repeats(notes))


def varied(original: Phrase, rng: np.random.Generator) -> Phrase:
    """The same phrase again, some of the notes that turn about the axis drawn anew."""
    made = []
    for note in original:
        if not note.on_axis and rng.random() < _VARIED:
            made.append(replace(note, step=note.step + int(rng.choice((-1, 1)))))
        else:
            made.append(note)
    return tuple(_without_repeats(made))


def in_position(original: Phrase, position: str) -> Phrase:
    """A phrase in one of its four positions, turned about the primary axis.

    Upside down and backwards undo themselves.
    """
    notes = original[::-1] if position in "BC" else original
    if position in "CD":
        notes = tuple(replace(note, step=-note.step) for note in notes)
    return notes


def melody(original: Phrase, plan: str, rng: np.random.Generator) -> list[tuple[str, Phrase]]:
    """Phrases one after another, each with its position. One that has been heard comes back varied, but for the last.

    Raises
    ------
    ValueError
        If the plan has another letter than A, B, C and D, or none, or more than 32.
    """
    letters = "".join(plan.split()).upper()
    if not 1 <= len(letters) <= 32 or set(letters) - set(POSITIONS):
        raise ValueError(
            f"plan is {plan[:40]!r}: write 1 to 32 of the letters A (as it is), B (backwards), C (backwards and upside "
            "down) and D (upside down)"
        )
    heard: set[str] = set()
    made = []
    for index, letter in enumerate(letters):
        again = letter in heard and index < len(letters) - 1
        made.append((letter, in_position(varied(original, rng) if again else original, letter)))
        heard.add(letter)
    return made


def _turns(axis: Axis, motion: str, rng: np.random.Generator) -> tuple[int, ...]:
    """By how many steps the attacks lie off the axis, in a circle."""
    side = int(rng.choice((-1, 1)))
    forms = {"straight": (0,), "one side": (0, side), "both sides": (0, side, 0, -side)}
    if motion == "mixed":
        # On the spot a straight line is one note: there something has to turn.
        names = ["one side", "both sides"] if axis.kind == "0" else ["straight", "one side", "both sides"]
        return forms[names[int(rng.integers(len(names)))]]
    return forms[motion]


def _without_repeats(notes: Sequence[Note]) -> list[Note]:
    """A note within a bar never sounds like the one before: it goes on in the direction of its axis."""
    made: list[Note] = []
    for note in notes:
        if made and not note.accent and note.step == made[-1].step:
            onwards = {"a": 1, "c": 1, "b": -1, "d": -1}.get(note.axis, 1 if note.step <= 0 else -1)
            made.append(replace(note, step=note.step + onwards, on_axis=False))
        else:
            made.append(note)
    return made


def _rounded(value: float) -> int:
    """To the nearest, halves away from zero: as far up as down."""
    return int(np.sign(value) * np.floor(abs(value) + 0.5))
