"""Convolution Reverb: a room around a sound, for whole sounds and for streams."""

import json
import math
from pathlib import Path

import reverb_room
from reverb_convolver import SHORT, Convolver, Response

from schillinger_plugins.types import Audio, EffectPlugin

ROOM = ("decay_s", "predelay_ms", "damping", "warmth", "variation")


class ConvolutionReverb(EffectPlugin):
    """Convolution with the response of a room that is made from its description."""

    latency_frames = SHORT

    def __init__(self, context):
        super().__init__(context)
        self.tail_s = 0.0
        self._convolver = None
        self._sound = None
        self._asked = None
        self._response = None

    def reset(self):
        """Begin another sound."""
        self._convolver = None

    def process(self, block, parameters):
        """The next block, in its room, 512 frames late.

        Raises
        ------
        ValueError
            If it has other channels or another rate than the blocks before.
        """
        rate, channels = block.sample_rate, block.channels
        if self._convolver is None:
            longest = reverb_room.taps(reverb_room.MAX_DECAY_S, reverb_room.MAX_PREDELAY_MS, rate)
            self._convolver, self._sound = Convolver(channels, longest), (channels, rate)
        elif self._sound != (channels, rate):
            raise ValueError(
                f"a block has {channels} channels at {rate} Hz, but the sound so far has {self._sound[0]} at "
                f"{self._sound[1]} Hz: reset() begins another sound"
            )
        asked = (channels, rate, *(parameters[name] for name in ROOM))
        if self._response is None or asked != self._asked:
            room = {name: parameters[name] for name in ROOM}
            self._asked, self._response = asked, Response(reverb_room.impulse_response(rate, channels, **room))
            self.tail_s = reverb_room.taps(parameters["decay_s"], parameters["predelay_ms"], rate) / rate
        angle = parameters["mix"] / 100 * math.pi / 2  # of equal power, since the two are as good as unrelated
        made = self._convolver.process(block.samples, self._response, math.cos(angle), math.sin(angle))
        return Audio(made, rate)

    def get_state(self):
        """Nothing: what was heard is megabytes, and after a reload a room may be empty."""
        return {}

    def set_state(self, state):
        """Begin with an empty room."""
        self.reset()

    def get_node_definition(self):
        """The definition that stands in plugin.json, so that the two can't differ."""
        return json.loads(Path(__file__).with_name("plugin.json").read_text(encoding="utf-8"))["definition"]
