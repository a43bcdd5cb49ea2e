"""Recording Report: form, tempo, key and level of one recording, in a table and a figure.

The host runs the steps that ``plugin.json`` names (the level set by ``gain_node``, the features by ``audio_analyzer``);
what is made of them is made here.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import report_beats as beats
import report_figure as figure
import report_sections as sections
import report_table as table

from schillinger_plugins.types import Figure, WorkflowPlugin

MFCCS = slice(1, 13)
"""Timbre without the first coefficient, which is the level."""


class RecordingReport(WorkflowPlugin):
    """Ingest, analyse, tabulate, plot."""

    async def execute(self, inputs, parameters):
        """Return the table, the figure and the curves behind them."""
        analysis = inputs["steps"]["analysis"]
        self.context.progress(0.0, message="finding sections")
        features = np.concatenate([analysis["chroma"], analysis["mfcc"][MFCCS]]).astype(np.float64)
        means, edges_s = sections.cells(features, analysis["frame_times_s"], analysis["duration_s"])
        cell_s = float(edges_s[1] - edges_s[0]) or 1.0
        shortest = min(means.shape[1], max(1, round(parameters["shortest_section_s"] / cell_s)))
        curve = sections.novelty(means, shortest)
        starts = [0, *sections.boundaries(curve, shortest=shortest, sensitivity=parameters["sensitivity"])]
        # A change that the cells place to within half a second is heard on the beat.
        starts_s = [self._on_beat(edges_s[cell], analysis["beat_times_s"], cell_s) if cell else 0.0 for cell in starts]
        spans = list(pairwise([*starts_s, float(analysis["duration_s"])]))
        self.context.progress(0.4, message="tabulating")
        found = table.rows(analysis, spans, sections.letters(means, starts))
        steadiness = beats.regularity(analysis["beat_times_s"])
        tempo_times_s, tempo_bpm = beats.tempo_curve(analysis["beat_times_s"])
        title = parameters["title"].strip() or "Recording"
        self.context.progress(0.7, message="drawing")
        drawn = figure.draw(title, analysis, found, tempo_times_s, tempo_bpm)
        return {
            "figure": Figure.svg(drawn, alt=figure.describe(title, found)),
            "table": found,
            "form": " ".join(row["section"] for row in found[1:]),
            "key": analysis["key"],
            "integrated_loudness_lufs": analysis["integrated_loudness_lufs"],
            "true_peak_dbtp": analysis["true_peak_dbtp"],
            "duration_s": analysis["duration_s"],
            **steadiness,
            "beat_resolution_ms": 1000 * parameters["hop_length"] / analysis["sample_rate"],
            "tempo_curve_bpm": tempo_bpm,
            "tempo_times_s": tempo_times_s,
            "section_times_s": np.array(starts_s),
            "novelty": curve,
            "novelty_times_s": edges_s[:-1],
            "csv": table.as_csv(found),
        }

    def get_node_definition(self):
        """The definition that stands in plugin.json, so that the two can't differ."""
        return json.loads(Path(__file__).with_name("plugin.json").read_text(encoding="utf-8"))["definition"]

    @staticmethod
    def _on_beat(time_s, beats_s, reach_s):
        if not beats_s.size:
            return float(time_s)
        nearest = float(beats_s[np.argmin(np.abs(beats_s - time_s))])
        return nearest if abs(nearest - time_s) <= reach_s else float(time_s)
