"""The table: one row for the whole recording and one for each section, in figures that can be compared."""

import csv
import io

import numpy as np
from report_beats import regularity

NOTES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")

# Krumhansl, C. L. and Kessler, E. J. (1982), as the analyzer has them for the whole recording.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)

SILENT_DBFS = -120.0

COLUMNS = (
    "section",
    "start_s",
    "end_s",
    "duration_s",
    "key",
    "key_correlation",
    "tempo_bpm",
    "beat_deviation_percent",
    "level_dbfs",
    "level_range_db",
    "brightness_hz",
    "onsets_per_s",
)


def rows(analysis, spans, letters):
    """The rows of the table, the whole recording first.

    Parameters
    ----------
    analysis : dict
        What ``audio_analyzer`` gave.
    spans : list of (float, float)
        Start and end of each section in s.
    letters : list of str

    Returns
    -------
    list of dict
        With the keys `COLUMNS`; None where a figure has no meaning, as the key of silence.
    """
    whole = (0.0, float(analysis["duration_s"]))
    return [_row(analysis, *span, name) for name, span in zip(["whole", *letters], [whole, *spans], strict=True)]


def as_csv(table):
    """The table for a spreadsheet: commas between, points within, nothing where there is no value."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in table:
        writer.writerow({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()})
    return text.getvalue()


def key_of(chroma):
    """The key by Krumhansl and Schmuckler, and its correlation; None and None where no pitch class stands out."""
    mean = chroma.mean(axis=1, dtype=np.float64) if chroma.size else np.zeros(12)
    if np.ptp(mean) < 1e-9:
        return None, None
    found = [
        (float(np.corrcoef(np.roll(profile, tonic), mean)[0, 1]), f"{NOTES[tonic]} {mode}")
        for tonic in range(12)
        for profile, mode in ((_MAJOR, "major"), (_MINOR, "minor"))
    ]
    correlation, name = max(found)
    return name, correlation


def level_dbfs(rms):
    """The level of each frame, not below −120 dBFS."""
    return 20 * np.log10(np.maximum(np.asarray(rms, dtype=np.float64), 10 ** (SILENT_DBFS / 20)))


def _row(analysis, start_s, end_s, name):
    times_s = analysis["frame_times_s"]
    frames = (times_s >= start_s) & (times_s < end_s) if name != "whole" else np.ones(times_s.size, dtype=bool)
    beats_s = analysis["beat_times_s"]
    onsets_s = analysis["onset_times_s"]
    power = float(np.mean(np.square(analysis["rms"][frames], dtype=np.float64))) if frames.any() else 0.0
    levels = level_dbfs(analysis["rms"][frames])
    heard = levels > SILENT_DBFS
    key, correlation = key_of(analysis["chroma"][:, frames])
    beats = regularity(beats_s[(beats_s >= start_s) & (beats_s < end_s)])
    duration_s = end_s - start_s
    return {
        "section": name,
        "start_s": start_s,
        "end_s": end_s,
        "duration_s": duration_s,
        "key": key,
        "key_correlation": correlation,
        "tempo_bpm": beats["tempo_bpm"],
        "beat_deviation_percent": beats["beat_deviation_percent"],
        "level_dbfs": float(max(SILENT_DBFS, 10 * np.log10(max(power, 1e-12)))),
        "level_range_db": float(np.ptp(np.percentile(levels[heard], [10, 95]))) if heard.any() else None,
        "brightness_hz": float(np.median(analysis["spectral_centroid_hz"][frames][heard])) if heard.any() else None,
        "onsets_per_s": float(np.sum((onsets_s >= start_s) & (onsets_s < end_s)) / duration_s) if duration_s else None,
    }
