"""Exercises: what the notebooks ask their readers to write, and how it is checked.

Owns the list of them. Each module is one exercise, named as ``%plugin check`` calls it. Called by the faces.
"""

from __future__ import annotations

from ..errors import InputError, nearest
from . import exercise_1, exercise_2, exercise_3, exercise_4, exercise_5, exercise_6, exercise_7
from .exercise import Answer, Exercise

__all__ = ["EXERCISES", "Answer", "Exercise", "find"]

_MODULES = (exercise_1, exercise_2, exercise_3, exercise_4, exercise_5, exercise_6, exercise_7)
EXERCISES: dict[str, Exercise] = {module.EXERCISE.name: module.EXERCISE for module in _MODULES}


def find(name: str) -> Exercise:
    """The exercise of that name.

    Raises
    ------
    InputError
        If there is none; the nearest is named.
    """
    if name not in EXERCISES:
        close = nearest(name, EXERCISES)
        remedy = f"did you mean {close}?" if close else f"the exercises are {', '.join(EXERCISES)}"
        raise InputError(f"there is no exercise {name[:60]!r}", remedy=remedy)
    return EXERCISES[name]
