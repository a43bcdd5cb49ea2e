"""Adds a hum of its own, and takes a second sound that a stream hasn't got."""

import numpy as np

from schillinger_plugins.types import Audio, EffectPlugin


class Hums(EffectPlugin):
    at = 0

    def reset(self):
        self.at = 0

    async def execute(self, inputs, parameters):
        outputs = await super().execute(inputs, parameters)
        if "other" in inputs:
            outputs["audio"] = Audio(outputs["audio"].samples + inputs["other"].samples, outputs["audio"].sample_rate)
        return outputs

    def process(self, block, parameters):
        times_s = np.arange(self.at, self.at + block.frames) / block.sample_rate
        self.at += block.frames
        return Audio(block.samples + np.float32(2) * np.sin(np.pi * 100 * times_s, dtype=np.float32), block.sample_rate)

    def get_node_definition(self):
        audio = {"name": "audio", "type": "audio"}
        other = {"name": "other", "type": "audio", "required": False}
        return {"type": "hums", "label": "Hums", "inputs": [audio, other], "outputs": [audio], "parameters": []}
