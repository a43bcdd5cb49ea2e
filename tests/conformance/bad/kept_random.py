"""Keeps the random numbers of its first call, which go on where they were."""

from schillinger_plugins.types import GeneratorPlugin


class KeptRandom(GeneratorPlugin):
    random = None

    def generate(self, parameters):
        self.random = self.random or self.context.random
        yield {"time_s": 0.0, "pitch": float(self.random.uniform(40, 80))}

    def get_node_definition(self):
        return {"type": "kept", "label": "Kept", "outputs": [{"name": "events", "type": "events"}]}
