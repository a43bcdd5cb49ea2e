"""Scales and Melodies: pitch scales, melodic axes and resultants of rhythm, as notes, MIDI and sound."""

import json
from pathlib import Path

import melody_axes
import melody_forms
import melody_midi
import melody_rhythm
import melody_scales
import melody_tuning
import melody_voice
import numpy as np

from schillinger_plugins.types import Audio, GeneratorPlugin

MAX_DURATION_S = 600.0
BLOCK_FRAMES = 1 << 16

_TONICS = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
_LEGATO = 0.94


class ScalesAndMelodies(GeneratorPlugin):
    """Melodies after Joseph Schillinger's theories of pitch scales and of melody."""

    def generate(self, parameters):
        """Yield the notes, then the sound in blocks.

        Raises
        ------
        ValueError
            If a is not greater than b, the scale, the axes, the plan or the tuning can't be read, or it would sound longer
            than ten minutes.
        """
        rng = self.context.random
        scale = melody_scales.chosen(parameters["scale"], parameters["intervals"])
        tuning = _tuning(parameters)
        axes = melody_axes.parsed(parameters["axes"])
        rhythm = melody_rhythm.bars(parameters["a"], parameters["b"], fractioned=parameters["rhythm"] == "fractioned")
        reach = scale.reach(parameters["range"], expansion=parameters["expansion"])
        original = melody_forms.phrase(axes, rhythm, reach=reach, motion=parameters["motion"], rng=rng)
        phrases = melody_forms.melody(original, parameters["plan"], rng)
        unit_s = _unit_s(parameters)
        duration_s = unit_s * sum(note.units for _, notes in phrases for note in notes)
        if duration_s > MAX_DURATION_S:
            raise ValueError(
                f"it would sound for {duration_s:.0f} s, at most {MAX_DURATION_S:.0f} s are made: "
                "choose a shorter plan, fewer bars, a faster tempo or a shorter unit"
            )
        events = list(self._events(phrases, scale, parameters, unit_s))
        yield from events
        self.context.progress(0.1, message="playing")
        tonic = _tonic(parameters)
        drone = [tonic - 12, tonic - 5] if 7 in scale.units and len(scale.tonics) == 1 else [tonic - 12]
        drone = [pitch if pitch > 40 else pitch + 12 for pitch in drone] if parameters["drone"] else []
        samples = melody_voice.render(
            [{**event, "pitch": tuning.pitch(event["pitch"], tonic=tonic)} for event in events],
            duration_s=duration_s,
            drone_pitches=[tuning.pitch(pitch, tonic=tonic) for pitch in drone],
            sample_rate=parameters["sample_rate"],
            rng=rng,
        )
        for start in range(0, samples.shape[1], BLOCK_FRAMES):
            yield Audio(samples[:, start : start + BLOCK_FRAMES], parameters["sample_rate"])

    async def execute(self, inputs, parameters):
        """The notes and the sound that `generate` yields, and what follows from them."""
        outputs = await super().execute(inputs, parameters)
        events = outputs["events"]
        scale = melody_scales.chosen(parameters["scale"], parameters["intervals"])
        tuning, tonic = _tuning(parameters), _tonic(parameters)
        time_on: dict[int, float] = {}
        for event in events:
            time_on[event["pitch"]] = time_on.get(event["pitch"], 0.0) + event["duration_s"]
        return {
            **outputs,
            "midi": melody_midi.to_midi(
                events,
                tempo_bpm=parameters["tempo_bpm"],
                bar_units=parameters["a"],
                unit_denominator=_denominator(parameters),
            ),
            "onset_times_s": np.array([event["time_s"] for event in events]),
            "pitches": np.array([tuning.pitch(event["pitch"], tonic=tonic) for event in events]),
            "notation": " ".join(_name(event["pitch"]) for event in events),
            "scale_units": list(scale.units),
            "expanded_units": [
                scale.semitones(step, expansion=parameters["expansion"]) for step in range(len(scale.units))
            ],
            "primary_axis": _name(max(time_on, key=lambda pitch: (time_on[pitch], -pitch))),
            "duration_s": float(outputs["audio"].duration_s - melody_voice.TAIL_S),
            "tempo_bpm": float(parameters["tempo_bpm"]),
        }

    def _events(self, phrases, scale, parameters, unit_s):
        tonic, reach = _tonic(parameters), parameters["range"] + melody_scales.OCTAVE
        rng = self.context.random
        units = 0
        for number, (position, notes) in enumerate(phrases):
            for note in notes:
                above = scale.semitones(note.step, expansion=parameters["expansion"])
                while abs(above) > reach:  # an expansion leaps further than a voice reaches: the same unit, in reach
                    above -= melody_scales.OCTAVE if above > 0 else -melody_scales.OCTAVE
                velocity = 0.5 + 0.14 * note.accent + 0.2 * note.tension + float(rng.uniform(-0.04, 0.04))
                yield {
                    "time_s": units * unit_s,
                    "duration_s": note.units * unit_s * _LEGATO,
                    "pitch": tonic + above,
                    "velocity": velocity,
                    "label": f"phrase {number + 1} {position}, axis {note.axis}",
                }
                units += note.units

    def get_node_definition(self):
        """The definition that stands in plugin.json, so that the two can't differ."""
        return json.loads(Path(__file__).with_name("plugin.json").read_text(encoding="utf-8"))["definition"]


def _tuning(parameters):
    file = parameters.get("tuning")
    return melody_tuning.EQUAL if file is None else melody_tuning.parsed(file.data)


def _denominator(parameters):
    return int(parameters["unit"].partition("/")[2])


def _unit_s(parameters):
    return 60.0 / parameters["tempo_bpm"] * 4 / _denominator(parameters)


def _tonic(parameters):
    """MIDI note number: C4 is 60."""
    return 12 * (parameters["octave"] + 1) + _TONICS.index(parameters["tonic"])


def _name(pitch):
    octave, step = divmod(pitch, 12)
    return f"{_TONICS[step]}{octave - 1}"
