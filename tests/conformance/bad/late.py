"""A hundred frames late, and says nothing of it."""

import numpy as np

from schillinger_plugins.types import Audio, EffectPlugin


class Late(EffectPlugin):
    FRAMES = 100
    line = None

    def reset(self):
        self.line = None

    def process(self, block, parameters):
        if self.line is None:
            self.line = np.zeros((block.channels, self.FRAMES), np.float32)
        joined = np.concatenate([self.line, block.samples], axis=1)
        self.line = joined[:, block.frames :].copy()
        return Audio(joined[:, : block.frames], block.sample_rate)
