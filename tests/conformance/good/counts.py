"""Counts its calls in plain data, which outlives its process."""

from schillinger_plugins.types import NodePlugin


class Counts(NodePlugin):
    calls = 0

    async def execute(self, inputs, parameters):
        self.calls += 1
        return {"calls": self.calls}

    def get_node_definition(self):
        return {"type": "counts", "label": "Counts", "outputs": [{"name": "calls", "type": "integer"}]}
