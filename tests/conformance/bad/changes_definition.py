"""Is another node in each process."""

import os

from schillinger_plugins.types import NodePlugin


class ChangesDefinition(NodePlugin):
    async def execute(self, inputs, parameters):
        return {"y": 1}

    def get_node_definition(self):
        outputs = [{"name": "y", "type": "integer"}]
        return {"type": "changing", "label": f"Changing {os.getpid()}", "outputs": outputs}
