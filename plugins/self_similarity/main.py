"""Self-similarity: a recording compared with itself, moment by moment, and where its parts begin."""

import json
import warnings
from pathlib import Path

import numpy as np
import similarity_features as features
import similarity_figure as figure
import similarity_matrix as matrices
import similarity_novelty as novelties

from schillinger_plugins.types import Figure, VisualizationPlugin

MAX_STEPS = 4000
"""A matrix of 64 MB, and far more than can be told apart in a picture."""

TITLES = {"chroma": "Harmony (chroma)", "mfcc": "Timbre (MFCC)", "tempogram": "Pulse (cyclic tempogram)"}


class SelfSimilarity(VisualizationPlugin):
    """Foote's self-similarity matrix, with the novelty curve and the boundaries that follow from it."""

    async def execute(self, inputs, parameters):
        """Return the figure and the numbers behind it.

        Raises
        ------
        ValueError
            If the recording is empty, holds samples that are no numbers, or is too long for its steps.
        """
        audio, hop_s = inputs["audio"], parameters["hop_s"]
        self._refuse(audio, hop_s)
        progress = self.context.progress
        progress(0.0, message="listening")
        y, rate = features.at_rate(audio.mono(), audio.sample_rate)
        steps = max(1, int(np.ceil(audio.duration_s / hop_s - 1e-9)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # librosa's, of sounds shorter than a frame
            fine = features.FEATURES[parameters["feature"]](y, rate)
        progress(0.6, message="comparing")
        feature = features.into_steps(
            fine, frame_s=features.FINE_HOP / rate, hop_s=hop_s, steps=steps, smoothing_s=parameters["smoothing_s"]
        )
        matrix = matrices.self_similarity(feature)
        curve = novelties.novelty(matrix, round(parameters["kernel_s"] / hop_s / 2))
        peaks = novelties.boundaries(
            curve, apart_steps=round(parameters["apart_s"] / hop_s), threshold=parameters["threshold"]
        )
        matrix = matrices.along_diagonals(matrix, round(parameters["enhance_s"] / hop_s))
        times_s = (np.arange(steps) + 0.5) * hop_s
        boundaries_s = times_s[peaks]
        progress(0.9, message="drawing")
        title = TITLES[parameters["feature"]]
        drawn = figure.draw(
            matrix, curve, boundaries_s, hop_s=hop_s, duration_s=audio.duration_s, title=f"Self-similarity: {title}"
        )
        return {
            "figure": Figure.svg(drawn, alt=self._words(title, audio.duration_s, boundaries_s)),
            "matrix": matrix.astype(np.float32),
            "times_s": times_s,
            "novelty": curve.astype(np.float32),
            "boundaries_s": boundaries_s,
        }

    def get_node_definition(self):
        """The definition that stands in plugin.json, so that the two can't differ."""
        return json.loads(Path(__file__).with_name("plugin.json").read_text(encoding="utf-8"))["definition"]

    @staticmethod
    def _words(title, duration_s, boundaries_s):
        found = ", ".join(f"{time_s:.1f}" for time_s in boundaries_s[:20])
        more = f" and {len(boundaries_s) - 20} more" if len(boundaries_s) > 20 else ""
        parts = f"boundaries at {found} s{more}" if len(boundaries_s) else "no boundary stands out"
        return f"Self-similarity matrix of {duration_s:.1f} s, {title}; brighter is more alike; {parts}"

    @staticmethod
    def _refuse(audio, hop_s):
        if audio.samples.size == 0:
            raise ValueError("the audio is empty: give at least one sample")
        if not np.isfinite(audio.samples).all():
            raise ValueError("the audio holds samples that are NaN or infinite: replace them with numpy.nan_to_num")
        if audio.duration_s > MAX_STEPS * hop_s:
            raise ValueError(
                f"{audio.duration_s:.0f} s in steps of {hop_s:g} s are more than {MAX_STEPS} steps: "
                f"choose hop_s of {audio.duration_s / MAX_STEPS:.2g} or more"
            )
