"""An echo that repeats itself for seconds and declares no tail."""

import numpy as np

from schillinger_plugins.types import Audio, EffectPlugin


class Rings(EffectPlugin):
    FRAMES = 2000
    line = None

    def reset(self):
        self.line = None

    def process(self, block, parameters):
        if self.line is None:
            self.line = np.zeros((block.channels, self.FRAMES), np.float32)
        out = np.empty_like(block.samples)
        for start in range(0, block.frames, self.FRAMES):
            piece = block.samples[:, start : start + self.FRAMES]
            size = piece.shape[1]
            now = piece + np.float32(0.9) * self.line[:, :size]
            out[:, start : start + size] = now
            self.line = np.concatenate([self.line[:, size:], now], axis=1)
        return Audio(out, block.sample_rate)
