"""Its events run backwards."""

from schillinger_plugins.types import GeneratorPlugin


class Backwards(GeneratorPlugin):
    def generate(self, parameters):
        for time_s in (2.0, 1.0):
            yield {"time_s": time_s}

    def get_node_definition(self):
        return {"type": "backwards", "label": "Backwards", "outputs": [{"name": "events", "type": "events"}]}
