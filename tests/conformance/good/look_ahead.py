"""A feedback echo behind a delay that it declares, with a gain that may move: everything that a stream has."""

import numpy as np

from schillinger_plugins.types import Audio, EffectPlugin


class LookAhead(EffectPlugin):
    FRAMES = 500
    latency_frames = 64
    tail_s = 0.5

    def __init__(self, context):
        super().__init__(context)
        self.late = self.line = None

    def reset(self):
        self.late = self.line = None

    def process(self, block, parameters):
        if self.late is None:
            self.late = np.zeros((block.channels, self.latency_frames), np.float32)
            self.line = np.zeros((block.channels, self.FRAMES), np.float32)
        joined = np.concatenate([self.late, block.samples], axis=1)
        self.late = joined[:, block.frames :]
        delayed = joined[:, : block.frames]
        out = np.empty_like(delayed)
        for start in range(0, block.frames, self.FRAMES):
            piece = delayed[:, start : start + self.FRAMES]
            size = piece.shape[1]
            now = piece + np.float32(0.5) * self.line[:, :size]
            out[:, start : start + size] = now
            self.line = np.concatenate([self.line[:, size:], now], axis=1)
        return Audio(out * np.float32(parameters["gain"]), block.sample_rate)

    def get_node_definition(self):
        audio = [{"name": "audio", "type": "audio"}]
        gain = {"name": "gain", "type": "number", "default": 1, "min": 0, "max": 2, "automatable": True}
        return {"type": "look_ahead", "label": "Look ahead", "inputs": audio, "outputs": audio, "parameters": [gain]}
