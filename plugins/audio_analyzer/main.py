"""Audio Analyzer: levels, loudness, spectrum, rhythm and tonality of a recording."""

import json
import warnings
from pathlib import Path

import analyzer_levels as levels
import analyzer_rhythm as rhythm
import analyzer_spectrum as spectrum
import analyzer_tonality as tonality
import numpy as np
from analyzer_frames import Framing

from schillinger_plugins.types import AnalysisPlugin

MIN_SAMPLE_RATE = 1000


class AudioAnalyzer(AnalysisPlugin):
    """Some thirty features of a recording, each as librosa, pyloudnorm or the standard defines it."""

    async def execute(self, inputs, parameters):
        """Return every feature.

        Raises
        ------
        ValueError
            If the recording is empty, holds samples that are no numbers, has a rate below 1000 Hz, or the frames are too
            short for its rate.
        """
        audio = inputs["audio"]
        self._refuse(audio)
        framing = Framing(audio.sample_rate, parameters["n_fft"], parameters["hop_length"])
        progress = self.context.progress
        progress(0.0, message="measuring levels")
        peak, rms = levels.sample_peak(audio.samples), levels.rms(audio.samples)
        outputs = {
            "duration_s": audio.duration_s,
            "sample_rate": audio.sample_rate,
            "channels": audio.channels,
            "peak": peak,
            "rms_dbfs": levels.decibel(rms),
            "crest_factor_db": levels.decibel(peak / rms) if rms > 0 else None,
            "true_peak_dbtp": levels.true_peak_dbtp(audio.samples, audio.sample_rate),
        }
        progress(0.1, message="measuring loudness")
        outputs["integrated_loudness_lufs"] = levels.integrated_loudness_lufs(audio.samples, audio.sample_rate)
        y = audio.mono()
        outputs["frame_times_s"] = framing.times_s(y.size)
        with warnings.catch_warnings():
            # librosa warns of signals shorter than a frame or silent; what comes out then is documented.
            warnings.simplefilter("ignore", UserWarning)
            settings = {name: parameters[name] for name in ("n_mels", "n_mfcc", "roll_percent")}
            outputs.update(
                spectrum.features(
                    y,
                    framing,
                    **settings,
                    progress=lambda done: progress(0.2 + 0.39 * done, message="describing the spectrum"),
                )
            )
            progress(0.6, message="tracking beats")
            outputs.update(rhythm.features(outputs["mel_spectrogram"], framing))
            progress(0.7, message="finding the key")
            outputs["chroma"] = tonality.chroma(
                y, framing, lambda done: progress(0.7 + 0.29 * done, message="finding the key")
            )
        outputs["key"], outputs["key_correlation"] = tonality.key(outputs["chroma"])
        return outputs

    def get_node_definition(self):
        """The definition that stands in plugin.json, so that the two can't differ."""
        return json.loads(Path(__file__).with_name("plugin.json").read_text(encoding="utf-8"))["definition"]

    @staticmethod
    def _refuse(audio):
        if audio.samples.size == 0:
            raise ValueError("the audio is empty: give at least one sample")
        if audio.sample_rate < MIN_SAMPLE_RATE:
            raise ValueError(
                f"the sample rate is {audio.sample_rate} Hz, but below {MIN_SAMPLE_RATE} Hz there is no octave to find a "
                "key in: give a sound of a higher rate, or check that the rate is in Hz"
            )
        finite = np.isfinite(audio.samples)
        if not finite.all():
            bad = ~finite.all(axis=0)
            raise ValueError(
                f"the audio holds {int((~finite).sum())} samples that are NaN or infinite, the first at "
                f"{int(bad.argmax()) / audio.sample_rate:.6g} s: replace them, for example with numpy.nan_to_num"
            )
