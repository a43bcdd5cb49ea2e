"""Interpolates between a parameter and the one before, and stumbles over a jump."""

import numpy as np

from schillinger_plugins.types import Audio, EffectPlugin


class Jumps(EffectPlugin):
    before = None

    def reset(self):
        self.before = None

    def process(self, block, parameters):
        gain = parameters["gain"]
        ratio = 1.0 if self.before is None or gain == self.before else np.divide(gain, self.before)
        self.before = gain
        return Audio((block.samples * gain * ratio).astype(np.float32), block.sample_rate)

    def get_node_definition(self):
        audio = [{"name": "audio", "type": "audio"}]
        gain = {"name": "gain", "type": "number", "default": 1, "min": 0, "max": 2, "automatable": True}
        return {"type": "jumps", "label": "Jumps", "inputs": audio, "outputs": audio, "parameters": [gain]}
