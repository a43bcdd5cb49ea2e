"""What the static scan says of a cell is told with its line, and has no say in whether it serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schillinger_plugins import PluginManager

CODE = """%%plugin hides --no-run
from schillinger_plugins.types import NodePlugin


class Hides(NodePlugin):
    async def execute(self, inputs, parameters):
        return {"y": "aDIRECTIONb"}

    def get_node_definition(self):
        outputs = [{"name": "y", "type": "string"}]
        return {"type": "hides", "label": "Hides", "inputs": [], "outputs": outputs, "parameters": []}
"""


def test_a_line_that_is_not_what_it_looks_like(
    cell: Callable[[str], tuple[Any, str, BaseException | None]], manager: PluginManager
) -> None:
    """A character that turns the reading direction is named, with the cell's line; an honest cell is told nothing."""
    _, printed, error = cell(CODE.replace("DIRECTION", "\u202e"))
    assert error is None
    assert "line 7 of the cell: U+202E" in printed
    assert "\u202e" not in printed
    assert manager.plugins["hides"].state == "loaded"
    _, printed, error = cell(CODE.replace("DIRECTION", ""))
    assert error is None
    assert "of the cell" not in printed
