"""Give the event loop a large answer to read.

Attacks: the host's event loop.
How: a lawful structure as large as may be, of short strings in short lists, and a thousand small arrays.
Source: asyncio's documentation on blocking calls.
Breach: the loop stands still for more than half a second.
"""

GROUP, DOOR = "protocol", "asyncio"
ENDS = ("DefinitionError", "output", "ProtocolViolation", None)
MAIN = """
import numpy as np
from schillinger_plugins.types import *

class Attacker(NodePlugin):
    async def execute(self, inputs, parameters):
        if inputs["what"] == "rest":
            return {"y": "fine", "z": []}
        return {"y": None, "z": [[["ab", index]] for index in range(90_000)] + [np.zeros(3)] * 1000}
    def get_node_definition(self):
        return {"type": "a", "label": "A", "inputs": [{"name": "what", "type": "any", "required": False},
            {"name": "outside", "type": "any", "required": False}],
            "outputs": [{"name": "y", "type": "any"}, {"name": "z", "type": "any"}], "parameters": []}
"""
