"""Makes the quietest sound as loud as it can: what float32 can't hold is infinite."""

import numpy as np

from schillinger_plugins.types import Audio, EffectPlugin


class LoudDenormals(EffectPlugin):
    def process(self, block, parameters):
        peak = np.max(np.abs(block.samples), initial=0)
        with np.errstate(all="ignore"):
            return Audio(block.samples * np.float32(1 / peak) if peak else block.samples, block.sample_rate)
