"""The decoder: a node like a plugin's, run in a worker that is confined like a plugin's.

Owns nothing but the way from a call to `decode` and back. Never imported in the host: ``decoding`` has a worker load it.
"""

from __future__ import annotations

from typing import Any

from schillinger_plugins.engine.decode import decode
from schillinger_plugins.errors import AudioFileError
from schillinger_plugins.types import NodePlugin


class Decoder(NodePlugin):
    """Takes the bytes of a file and gives its sound, or why there is none."""

    async def execute(self, inputs: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
        """``audio``, or ``error`` with message and remedy."""
        try:
            return {"audio": decode(memoryview(inputs["file"]), parameters["name"])}
        except AudioFileError as error:
            return {"error": [error.message, error.remedy]}

    def get_node_definition(self) -> dict[str, Any]:
        """Nobody sees it."""
        return {"type": "decoder", "label": "Decoder"}
