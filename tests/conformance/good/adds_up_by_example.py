"""Takes what nobody can guess, and gives an example."""

from schillinger_plugins.types import NodePlugin


class AddsUpByExample(NodePlugin):
    async def execute(self, inputs, parameters):
        return {"sum": float(sum(inputs["numbers"]))}

    def get_node_definition(self):
        return {
            "type": "adds",
            "label": "Adds",
            "example": {"inputs": {"numbers": [1, 2]}},
            "inputs": [{"name": "numbers", "type": "list"}],
            "outputs": [{"name": "sum", "type": "number"}],
        }
