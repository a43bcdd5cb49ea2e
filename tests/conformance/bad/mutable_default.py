"""Collects in a default argument, which all calls share and no state knows."""

from schillinger_plugins.types import NodePlugin


def remember(value, seen=[]):  # noqa: B006 - the flaw
    seen.append(value)
    return len(seen)


class MutableDefault(NodePlugin):
    async def execute(self, inputs, parameters):
        return {"count": remember(parameters["value"])}

    def get_node_definition(self):
        return {
            "type": "mutable",
            "label": "Mutable",
            "outputs": [{"name": "count", "type": "integer"}],
            "parameters": [{"name": "value", "type": "number", "default": 3}],
        }
