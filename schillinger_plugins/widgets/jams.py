"""JAMS: annotations as other tools of the field read them.

Owns the file of version 0.3 (E. J. Humphrey et al., "JAMS: a JSON annotated music specification for reproducible MIR
research", ISMIR 2014): beats, onsets, parts, tempo and key in their namespaces, other instants as open tags. Refuses
nothing; images and curves have no namespace and are left out. Called by ``export``.
"""

from __future__ import annotations

import json
import math
import re
from importlib import metadata
from typing import Any

from .views import Figure, Marks, Views

_VERSION = "0.3.4"
_KEY = re.compile(r"([A-G])([#♯b♭]?)[ :_-]?(major|minor|maj|min)", re.IGNORECASE)


def jams_of(views: Views, *, title: str) -> bytes:
    """The file.

    Parameters
    ----------
    title : str
        Whose annotations these are.
    """
    duration_s = views.duration_s
    annotations = [_annotation(*_instants(marks), name=marks.name, duration_s=duration_s) for marks in views.marks]
    for parts in views.segments:
        data = [
            _observation(max(0.0, float(start)), float(end) - max(0.0, float(start)), label)
            for start, end, label in zip(parts.starts_s, parts.ends_s, parts.labels, strict=True)
            if end >= 0
        ]
        annotations.append(_annotation("segment_open", data, name=parts.name, duration_s=duration_s))
    for figure in views.figures:
        for namespace, value, confidence in _global(figure):
            data = [_observation(0.0, duration_s, value, confidence)]
            annotations.append(_annotation(namespace, data, name=figure.name, duration_s=duration_s))
    document = {
        "annotations": annotations,
        "file_metadata": {
            "title": title,
            "artist": "",
            "release": "",
            "duration": duration_s,
            "identifiers": {},
            "jams_version": _VERSION,
        },
        "sandbox": {},
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1).encode()


def _instants(marks: Marks) -> tuple[str, list[dict[str, Any]]]:
    words = f"{marks.name} {marks.label}".lower()
    times = [float(time_s) for time_s in marks.times_s if time_s >= 0]
    if "beat" in words:
        first = 1 if "downbeat" in words else None
        return "beat", [_observation(time_s, 0.0, first) for time_s in times]
    if "onset" in words:
        return "onset", [_observation(time_s, 0.0, None) for time_s in times]
    return "tag_open", [_observation(time_s, 0.0, marks.label) for time_s in times]


def _global(figure: Figure) -> list[tuple[str, Any, float | None]]:
    if figure.unit.upper() == "BPM":
        try:
            tempo = float(figure.text.replace("−", "-"))
        except ValueError:
            return []
        # The namespace wants a confidence; nobody has told one.
        return [("tempo", tempo, 1.0)] if math.isfinite(tempo) and tempo >= 0 else []
    key = _KEY.fullmatch(figure.text.strip())
    if key is None or figure.unit:
        return []
    accidental = {"#": "#", "♯": "#", "b": "b", "♭": "b"}.get(key[2], "")
    mode = "major" if key[3].lower().startswith("maj") else "minor"
    return [("key_mode", f"{key[1].upper()}{accidental}:{mode}", None)]


def _observation(time_s: float, duration_s: float, value: Any, confidence: float | None = None) -> dict[str, Any]:
    return {"time": time_s, "duration": duration_s, "value": value, "confidence": confidence}


def _annotation(namespace: str, data: list[dict[str, Any]], *, name: str, duration_s: float) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "data": data,
        "annotation_metadata": {
            "curator": {"name": "", "email": ""},
            "annotator": {},
            "version": "",
            "corpus": "",
            "annotation_tools": f"schillinger_plugins {metadata.version('schillinger_plugins')}",
            "annotation_rules": "",
            "validation": "",
            "data_source": "program",
        },
        "sandbox": {"output": name},
        "time": 0.0,
        "duration": duration_s,
    }
