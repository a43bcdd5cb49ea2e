"""A running mean that never forgets, since it has no reset()."""

import numpy as np

from schillinger_plugins.types import Audio, EffectPlugin


class Poisoned(EffectPlugin):
    mean = 0.0

    def process(self, block, parameters):
        for frame in range(0, block.frames, 64):
            self.mean = 0.9 * self.mean + 0.1 * float(np.mean(block.samples[:, frame : frame + 64]))
        return Audio(block.samples + np.float32(self.mean), block.sample_rate)
