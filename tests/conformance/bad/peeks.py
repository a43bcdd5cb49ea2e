"""Looks into somebody's home folder."""

import contextlib

from schillinger_plugins.types import NodePlugin


class Peeks(NodePlugin):
    async def execute(self, inputs, parameters):
        with contextlib.suppress(OSError):
            open("/home/somebody/.ssh/id_ed25519").close()  # noqa: ASYNC230 - the flaw
        return {"done": True}

    def get_node_definition(self):
        return {"type": "peeks", "label": "Peeks", "outputs": [{"name": "done", "type": "boolean"}]}
