"""Takes its randomness from the system."""

import numpy as np

from schillinger_plugins.types import Audio, EffectPlugin


class Unseeded(EffectPlugin):
    def process(self, block, parameters):
        dither = np.random.default_rng().standard_normal(block.samples.shape)
        return Audio((block.samples + 1e-3 * dither).astype(np.float32), block.sample_rate)
