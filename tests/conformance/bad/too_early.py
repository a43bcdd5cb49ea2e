"""A hundred frames late, and says that it is a hundred and fifty."""

import numpy as np

from schillinger_plugins.types import Audio, EffectPlugin


class TooEarly(EffectPlugin):
    FRAMES = 100
    latency_frames = 150
    line = None

    def reset(self):
        self.line = None

    def process(self, block, parameters):
        if self.line is None:
            self.line = np.zeros((block.channels, self.FRAMES), np.float32)
        joined = np.concatenate([self.line, block.samples], axis=1)
        self.line = joined[:, block.frames :].copy()
        return Audio(joined[:, : block.frames], block.sample_rate)
