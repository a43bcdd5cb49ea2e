"""Keeps everything it was ever given."""

import numpy as np

from schillinger_plugins.types import Audio, EffectPlugin

history = []


class Leaks(EffectPlugin):
    def process(self, block, parameters):
        history.append(np.array(block.samples))
        return Audio(block.samples, block.sample_rate)
