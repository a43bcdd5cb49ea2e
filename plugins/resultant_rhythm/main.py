"""Resultant Rhythm: two pulses, what they make together, and how it sounds."""

import json
from pathlib import Path

import numpy as np
import rhythm_midi
import rhythm_voices
from rhythm_resultants import FORMS, from_bars, into_bars, rearrange

from schillinger_plugins.types import Audio, GeneratorPlugin

MAX_DURATION_S = 600.0


class ResultantRhythm(GeneratorPlugin):
    """Schillinger's resultants of interference."""

    async def execute(self, inputs, parameters):
        """Return the rhythm as numbers, sound and MIDI.

        Raises
        ------
        ValueError
            If a is not greater than b, there are fewer permutations, or it would sound longer than ten minutes.
        """
        a, b, repeats = parameters["a"], parameters["b"], parameters["repeats"]
        durations = FORMS[parameters["form"]](a, b)
        bar_units = parameters["bar_units"] or a
        bars = rearrange(
            into_bars(durations, bar_units), rotation=parameters["rotation"], permutation=parameters["permutation"]
        )
        durations = from_bars(bars)
        denominator = int(parameters["unit"].partition("/")[2])
        unit_s = 60.0 / parameters["tempo_bpm"] * 4 / denominator
        duration_s = sum(durations) * repeats * unit_s
        if duration_s > MAX_DURATION_S:
            raise ValueError(
                f"it would sound for {duration_s:.0f} s, at most {MAX_DURATION_S:.0f} s are made: "
                "choose fewer repeats, a faster tempo or a shorter unit"
            )
        all_durations = durations * repeats
        starts = np.cumsum([0, *all_durations[:-1]])
        bar_starts = np.cumsum([0, *(sum(bar.units) for bar in bars * repeats)])
        accents = np.isin(starts, bar_starts)
        onset_times_s = starts * unit_s
        self.context.progress(0.1, message="playing")
        samples = rhythm_voices.render(
            onset_times_s,
            all_durations,
            accents=accents,
            duration_s=duration_s,
            sample_rate=parameters["sample_rate"],
            voices=parameters["voices"],
            rng=self.context.random,
        )
        steps = [rhythm_voices.pitch_step(all_durations, index) for index in range(len(all_durations))]
        midi = rhythm_midi.to_midi(
            all_durations,
            [rhythm_voices.midi_pitch(step) for step in steps],
            [bool(accent) for accent in accents],
            bar_units=bar_units,
            unit_denominator=denominator,
            tempo_bpm=parameters["tempo_bpm"],
            voices=parameters["voices"],
        )
        return {
            "durations": durations,
            "bars": [list(bar.units) for bar in bars],
            "ties": [[False] * (len(bar.units) - 1) + [bar.tied] for bar in bars],
            "notation": " | ".join(" ".join(map(str, bar.units)) + ("~" if bar.tied else "") for bar in bars),
            "tempo_bpm": float(parameters["tempo_bpm"]),
            "duration_s": float(duration_s),
            "onset_times_s": onset_times_s,
            "audio": Audio(samples, parameters["sample_rate"]),
            "midi": midi,
        }

    def get_node_definition(self):
        """The definition that stands in plugin.json, so that the two can't differ."""
        return json.loads(Path(__file__).with_name("plugin.json").read_text(encoding="utf-8"))["definition"]
