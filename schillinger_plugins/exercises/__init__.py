"""Exercises: what the notebooks ask their readers to write, and how it is checked.

Owns the list of them. Each module is one exercise, named as ``%plugin check`` calls it. Called by the faces.
"""

from __future__ import annotations

import re

from ..errors import InputError, nearest
from . import exercise_1, exercise_2, exercise_3, exercise_4, exercise_5, exercise_6, exercise_7
from .exercise import Answer, Exercise

__all__ = ["EXERCISES", "Answer", "Exercise", "find"]

_MODULES = (exercise_1, exercise_2, exercise_3, exercise_4, exercise_5, exercise_6, exercise_7)
EXERCISES: dict[str, Exercise] = {module.EXERCISE.name: module.EXERCISE for module in _MODULES}


def find(name: str) -> Exercise:
    """The exercise of that name; its number or the id of the plugin that it asks for will do.

    Raises
    ------
    InputError
        If there is none; the nearest is named, or all there are.
    """
    by_plugin = {exercise.plugin_id: exercise for exercise in EXERCISES.values()}
    by_number = {name.removeprefix("exercise_"): exercise for name, exercise in EXERCISES.items()}
    found = (EXERCISES | by_number | by_plugin).get(name)
    if found is not None:
        return found
    # Of a number the one that looks like it is not the nearest: it is meant, or there is none.
    number = re.search(r"[1-9]\d*", name)
    close = by_number.get(number[0]) if number else by_plugin.get(nearest(name.lower(), by_plugin) or "")
    remedy = f"there are {next(iter(EXERCISES))} to {next(reversed(EXERCISES))}: %plugin check lists them"
    if close is not None:
        remedy = f"did you mean {close.name}?"
    raise InputError(f"there is no exercise {name[:60]!r}", remedy=remedy)
