"""Divides by a parameter that may be 0."""

from schillinger_plugins.types import Audio, EffectPlugin


class Divides(EffectPlugin):
    def process(self, block, parameters):
        return Audio(block.samples * (1 / parameters["width"]), block.sample_rate)

    def get_node_definition(self):
        audio = [{"name": "audio", "type": "audio"}]
        width = {"name": "width", "type": "number", "default": 1, "min": 0, "max": 2}
        return {"type": "divides", "label": "Divides", "inputs": audio, "outputs": audio, "parameters": [width]}
