"""``%plugin check``: whether a learner's plugin does what an exercise asks.

Owns the drawing of the answers. The exercises are ``exercises``. Called by ``magics.plugin_magic``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InputError, UnknownPlugin
from .grants import ask_first
from .run import progress_for
from .session import Session
from .table import Table


def check(session: Session, line: str, _: Mapping[str, Any] | None) -> Table:
    """The task, and an answer to each question; without a name the exercises."""
    from .. import exercises

    words = line.split()
    if not words:
        rows = [(exercise.name, exercise.title, exercise.task) for exercise in exercises.EXERCISES.values()]
        return Table(headings=("exercise", "title", "task"), rows=rows)
    if len(words) > 1:
        raise InputError(f"too much: {' '.join(words[1:])!r}", remedy="write %plugin check exercise_1")
    exercise = exercises.find(words[0])
    if exercise.plugin_id not in session.manager.plugins:
        raise UnknownPlugin(
            f"there is no plugin {exercise.plugin_id} yet",
            plugin_id=exercise.plugin_id,
            remedy=f"{exercise.task} Begin with a cell %%plugin {exercise.plugin_id}",
        )
    ask_first(session, exercise.plugin_id)
    with progress_for(session, exercise.plugin_id):
        answers = exercise.check(session.manager)
    right = sum(answer.right for answer in answers)
    done = right == len(answers)
    return Table(
        headings=("", "", ""),
        rows=[("✓" if answer.right else "✗", answer.title, answer.wrong) for answer in answers],
        title=f"{exercise.title}: {right} of {len(answers)}",
        notes=["Well done." if done else "Change the cell, run it, and check again."],
    )
