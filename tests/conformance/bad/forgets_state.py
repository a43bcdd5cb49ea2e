"""Counts with an object that is no plain data, so a new process begins anew."""

import itertools

from schillinger_plugins.types import NodePlugin


class ForgetsState(NodePlugin):
    def __init__(self, context):
        super().__init__(context)
        self.numbers = itertools.count()

    async def execute(self, inputs, parameters):
        return {"number": next(self.numbers)}

    def get_node_definition(self):
        return {"type": "counter", "label": "Counter", "outputs": [{"name": "number", "type": "integer"}]}
