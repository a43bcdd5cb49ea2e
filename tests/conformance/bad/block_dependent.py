"""Normalises every block by itself."""

import numpy as np

from schillinger_plugins.types import Audio, EffectPlugin


class BlockDependent(EffectPlugin):
    def process(self, block, parameters):
        peak = np.max(np.abs(block.samples), initial=1e-9)
        return Audio(block.samples / peak, block.sample_rate)
