"""Describe oneself in markup.

Attacks: the node's drawing.
How: scripts and terminal codes in the label, the tooltip, the option names and the units of the definition.
Source: CWE-79; stored XSS by metadata, as in CVE-2021-41247-like Jupyter bugs.
Breach: the definition is accepted and its markup is drawn unescaped, or control characters are shown.
"""

GROUP, USABLE = "shown", False
ENDS = (None, "DefinitionError", "ManifestError", "InputError")
MAIN = r"""
from schillinger_plugins.types import *
BAD = "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[2J\u202eReversed"

class Attacker(NodePlugin):
    async def execute(self, inputs, parameters):
        return {"y": None if inputs["what"] == "attack" else "fine"}
    def get_node_definition(self):
        return {"type": "a", "label": BAD, "inputs": [{"name": "what", "type": "any", "required": False, "label": BAD},
            {"name": "outside", "type": "any", "required": False, "label": BAD}],
            "outputs": [{"name": "y", "type": "any", "label": BAD, "unit": BAD}],
            "parameters": [{"name": "p", "label": BAD, "type": "float", "default": 0, "unit": BAD, "tooltip": BAD}]}
"""
