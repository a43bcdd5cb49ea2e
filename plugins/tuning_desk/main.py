"""Tuning desk: hear and see temperaments, tap a tempo, get a click."""

import json
import math
from pathlib import Path

import numpy as np
import tuning_drawing
import tuning_sounds
import tuning_taps
import tuning_temperaments

from schillinger_plugins.types import Audio, Figure, UIPlugin

CHORDS = {"major": (0, 4, 7, 12), "minor": (0, 3, 7, 12), "fifth": (0, 7, 12), "dominant seventh": (0, 4, 7, 10)}
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11, 12)


class TuningDesk(UIPlugin):
    """A reference for ears: the panel is in the manifest, the answers are here."""

    def __init__(self, context):
        super().__init__(context)
        self._taps_s = []

    async def on_event(self, event, values):
        """Answer a change, a button, and the panel being opened."""
        name = event["name"] if event["kind"] == "press" else ""
        if name == "tap":
            return self._tap(event.get("time_s"), values)
        if name == "forget_taps":
            self._taps_s = []
            return {"outputs": self._tempo(values), "message": "The taps are forgotten."}
        if name:
            return self._play(name, values)
        answer = {"outputs": {**self._tuning(values), **self._tempo(values)}}
        if event["kind"] == "open":  # an output is never missing from then on
            answer["outputs"]["sound"] = Audio(np.zeros((1, 0), np.float32), tuning_sounds.RATE)
        return answer

    def get_state(self):
        """The taps so far: a reload in the middle of tapping doesn't start them anew."""
        return {"taps_s": self._taps_s}

    def set_state(self, state):
        """Go on tapping."""
        self._taps_s = [float(one) for one in state["taps_s"]]

    def get_node_definition(self):
        """The definition in the manifest: the host draws the panel from it without this file."""
        return json.loads((Path(__file__).parent / "plugin.json").read_text(encoding="utf-8"))["definition"]

    def _tap(self, now_s, values):
        if not isinstance(now_s, (int, float)):
            raise ValueError("a tap needs the time at which it was made: event['time_s']")
        self._taps_s = tuning_taps.tapped(self._taps_s, float(now_s))
        tempo_bpm = tuning_taps.tempo_bpm(self._taps_s)
        if tempo_bpm is None:
            return {"outputs": self._tempo(values), "message": "Tap on."}
        tempo_bpm = round(min(300.0, max(30.0, tempo_bpm)), 1)
        values = {**values, "tempo_bpm": tempo_bpm}
        return {
            "values": {"tempo_bpm": tempo_bpm},
            "outputs": self._tempo(values),
            "message": f"{len(self._taps_s)} taps: {tempo_bpm:g} BPM",
        }

    def _play(self, name, values):
        root = 60 + tuning_temperaments.NOTES.index(values["root"])

        def hz(steps):
            return [self._hz(root + step, values) for step in steps]

        if name == "play_a":
            sound, said = tuning_sounds.tone(values["a4_hz"], 3.0, level=0.6), f"A4 at {values['a4_hz']:g} Hz"
        elif name == "play_chord":
            sound, said = tuning_sounds.chord(hz(CHORDS[values["chord"]])), f"{values['root']} {values['chord']}"
        elif name == "play_scale":
            sound, said = tuning_sounds.melody(hz(MAJOR_SCALE)), f"{values['root']} major scale"
        else:
            sound, said = tuning_sounds.clicks(values["tempo_bpm"]), f"Eight beats at {values['tempo_bpm']:g} BPM"
        return {"outputs": {"sound": Audio(sound[np.newaxis], tuning_sounds.RATE)}, "message": said}

    def _tuning(self, values):
        rows = tuning_temperaments.deviations(values["a4_hz"], values["temperament"], values["root"])
        steps = tuning_temperaments.ratios(values["temperament"])
        return {
            "deviations": [
                {"note": name, "Hz": f"{hz:.2f}", "cents": f"{cents:+.1f}".replace("-", "−").replace("+0.0", "0")}
                for name, hz, cents in rows
            ],
            "drawing": Figure.svg(
                tuning_drawing.deviations_svg(rows), alt=tuning_drawing.deviations_words(values["temperament"], rows)
            ),
            "third_cents": round(1200 * math.log2(steps[4] / (5 / 4)), 3) + 0.0,
            "fifth_cents": round(1200 * math.log2(steps[7] / (3 / 2)), 3) + 0.0,
        }

    def _tempo(self, values):
        return {
            "beat_ms": 60_000 / values["tempo_bpm"],
            "taps": len(self._taps_s),
            "spread_ms": tuning_taps.spread_ms(self._taps_s),
        }

    @staticmethod
    def _hz(note, values):
        return tuning_temperaments.frequency_hz(note, values["a4_hz"], values["temperament"], values["root"])
