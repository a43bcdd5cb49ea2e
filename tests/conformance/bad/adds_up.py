"""Takes what nobody can guess."""

from schillinger_plugins.types import NodePlugin


class AddsUp(NodePlugin):
    async def execute(self, inputs, parameters):
        return {"sum": float(sum(inputs["numbers"]))}

    def get_node_definition(self):
        return {
            "type": "adds",
            "label": "Adds",
            "inputs": [{"name": "numbers", "type": "list"}],
            "outputs": [{"name": "sum", "type": "number"}],
        }
