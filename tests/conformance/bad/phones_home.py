"""Wants to tell somebody, and asks nobody."""

import contextlib
import socket

from schillinger_plugins.types import NodePlugin


class PhonesHome(NodePlugin):
    async def execute(self, inputs, parameters):
        with contextlib.suppress(OSError), socket.socket() as connection:
            connection.connect(("192.0.2.1", 80))
        return {"done": True}

    def get_node_definition(self):
        return {"type": "phones", "label": "Phones", "outputs": [{"name": "done", "type": "boolean"}]}
