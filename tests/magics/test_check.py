"""``%plugin check``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from schillinger_plugins import PluginManager
from tests.conftest import Cell

COUNTER = """
from schillinger_plugins.types import *
class It(NodePlugin):
    takes = 0
    async def execute(self, inputs, parameters):
        self.takes += {step}
        return {{"take": self.takes}}
    def get_node_definition(self):
        return {{"type": "it", "label": "It", "outputs": [{{"name": "take", "type": "integer"}}]}}
"""


def test_the_exercises_are_listed(cell: Cell) -> None:
    """Alone it shows each with its task."""
    shown = repr(cell("%plugin check")[0])
    assert "exercise_1" in shown
    assert "Backwards" in shown


def test_each_question_is_answered(cell: Cell, manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """A tick for what is right, and what to try for what is not; then, when it is mended, well done."""
    folder = write_plugin("take_counter", main=COUNTER.format(step=2))
    manager.load(folder)
    shown = repr(cell("%plugin check exercise_3")[0])
    assert "0 of 4" in shown
    assert "✗" in shown
    assert "three calls gave [2, 4, 6]" in shown
    (folder / "main.py").write_text(COUNTER.format(step=1))
    manager.reload("take_counter")
    shown = repr(cell("%plugin check exercise_3")[0])
    assert "4 of 4" in shown
    assert "Well done." in shown


def test_a_plugin_that_is_not_there_yet(cell: Cell) -> None:
    """The task is told, and how to begin."""
    _, printed, error = cell("%plugin check exercise_1")
    assert error is not None
    assert "there is no plugin backwards yet" in printed
    assert "Begin with a cell %%plugin backwards" in printed
