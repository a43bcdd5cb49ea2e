"""Gain Node: gain with automation, phase inversion and channel mute."""

import json
from pathlib import Path

import numpy as np
from gain_automation import apply_gain

from schillinger_plugins.types import Audio, NodePlugin

BLOCK_FRAMES = 1 << 16


class GainNode(NodePlugin):
    """Scale the amplitude of every channel."""

    async def execute(self, inputs, parameters):
        """Return ``audio``, scaled.

        Raises
        ------
        ValueError
            If a channel is to be muted that the audio doesn't have.
        """
        audio = inputs["audio"]
        missing = [channel for channel in parameters["mute"] if channel >= audio.channels]
        if missing:
            raise ValueError(
                f"mute names channel {missing[0]}, but the audio has {audio.channels} "
                f"({'only channel 0' if audio.channels == 1 else f'0 to {audio.channels - 1}'})"
            )
        settings = {name: parameters[name] for name in ("gain_db", "automation", "invert", "mute")}
        scaled = np.empty_like(audio.samples)
        # In blocks, which change nothing: the gain of an hour, in double precision, takes gigabytes.
        for start in range(0, audio.frames, BLOCK_FRAMES):
            block = slice(start, start + BLOCK_FRAMES)
            scaled[:, block] = apply_gain(audio.samples[:, block], audio.sample_rate, start_frame=start, **settings)
        return {"audio": Audio(scaled, audio.sample_rate)}

    def get_node_definition(self):
        """The definition that stands in plugin.json, so that the two can't differ."""
        return json.loads(Path(__file__).with_name("plugin.json").read_text(encoding="utf-8"))["definition"]
