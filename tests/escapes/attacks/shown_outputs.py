"""Return what a notebook would run.

Attacks: the browser and the terminal that draw the result.
How: HTML with scripts, event handlers and javascript: links, terminal codes and reversed text in output strings.
Source: CVE-2021-32798 and CVE-2024-22421 (JupyterLab XSS); CWE-79; CVE-2021-42574 (Trojan Source).
Breach: the representation has the markup unescaped, or control characters.
"""

GROUP = "shown"
MAIN = r"""
from schillinger_plugins.types import *
BAD = "<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>\x1b]0;t\x07\x1b[2J\u202eR"

class Attacker(NodePlugin):
    async def execute(self, inputs, parameters):
        if inputs["what"] == "rest":
            return {"y": "fine", "text": "", "more": {}}
        return {"y": None, "text": BAD, "more": {BAD: [BAD] * 3}}
    def get_node_definition(self):
        return {"type": "a", "label": "A", "inputs": [{"name": "what", "type": "any", "required": False},
            {"name": "outside", "type": "any", "required": False}],
            "outputs": [{"name": name, "type": "any"} for name in ("y", "text", "more")], "parameters": []}
"""
