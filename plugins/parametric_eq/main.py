"""Parametric EQ: high-pass, shelves, four bells and low-pass, for whole sounds and for streams."""

import json
from pathlib import Path

import eq_bands
import eq_drawing
from eq_stream import EqStream

from schillinger_plugins.types import Audio, EffectPlugin, Figure


class ParametricEq(EffectPlugin):
    """An equaliser of the biquads of the Audio EQ Cookbook."""

    latency_frames = 0

    def __init__(self, context):
        super().__init__(context)
        self._stream = None
        self._asked = None
        self._rows = None

    @property
    def tail_s(self):
        """Until the slowest filter has decayed by 120 dB; 0 before the first sample."""
        return self._stream.tail_s if self._stream else 0.0

    def reset(self):
        """Begin another sound."""
        self._stream = None

    def process(self, block, parameters):
        """The next block, equalised.

        Raises
        ------
        ValueError
            If it has other channels or another rate than the blocks before.
        """
        if block.frames == 0:
            return block
        stream = self._stream
        if stream and (stream.channels, stream.sample_rate) != (block.channels, block.sample_rate):
            raise ValueError(
                f"a block has {block.channels} channels at {block.sample_rate} Hz, but the sound so far has "
                f"{stream.channels} at {stream.sample_rate} Hz: reset() begins another sound"
            )
        asked = (block.sample_rate, dict(parameters))
        if self._asked != asked:
            self._asked, self._rows = asked, eq_bands.cascade(parameters, block.sample_rate)
        if stream is None:
            stream = self._stream = EqStream(block.sample_rate, self._rows, block.channels)
        return Audio(stream.process(block.samples, self._rows), block.sample_rate)

    async def execute(self, inputs, parameters):
        """The whole sound with its tail, and what was done to it as a curve."""
        outputs = await super().execute(inputs, parameters)
        frequencies_hz, response_db = eq_bands.response(parameters, inputs["audio"].sample_rate)
        return {
            **outputs,
            "response": Figure.svg(
                eq_drawing.curve_svg(frequencies_hz, response_db),
                alt=eq_drawing.curve_words(frequencies_hz, response_db),
            ),
            "response_db": response_db,
            "response_frequencies_hz": frequencies_hz,
        }

    def get_state(self):
        """What the filters remember, so that a stream goes on after a reload as if nothing had been."""
        return {"stream": self._stream.as_data() if self._stream else None}

    def set_state(self, state):
        """Go on where `get_state` was asked."""
        self._stream = EqStream.from_data(state["stream"]) if state.get("stream") else None

    def get_node_definition(self):
        """The definition that stands in plugin.json, so that the two can't differ."""
        return json.loads(Path(__file__).with_name("plugin.json").read_text(encoding="utf-8"))["definition"]
