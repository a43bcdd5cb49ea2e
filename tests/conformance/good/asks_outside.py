"""Asks a service for a number."""

from schillinger_plugins.types import IntegrationPlugin


class AsksOutside(IntegrationPlugin):
    async def execute(self, inputs, parameters):
        reply = await self.context.fetch("http://127.0.0.1:PORT/")
        return {"number": reply.json()}

    def get_node_definition(self):
        return {"type": "asks", "label": "Asks", "outputs": [{"name": "number", "type": "integer"}]}
