"""JAMS files, held to the schema of JAMS. `jams/` has it and the namespaces used here, from jams 0.3.5, with its licence.

The package itself would bring pandas and mir_eval along for the sake of a schema.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from schillinger_plugins.result import Result
from schillinger_plugins.widgets import explore
from schillinger_plugins.widgets.jams import jams_of
from schillinger_plugins.widgets.segments import Segments
from schillinger_plugins.widgets.views import Figure, Marks, Views

FOLDER = Path(__file__).parent / "jams"
SCHEMA = json.loads((FOLDER / "jams_schema.json").read_text())
EVIL = "</script><b>\u202e\x00" + "x" * 10_000


def _flaws(document: dict[str, Any]) -> list[str]:
    """What the schema says against a file and, by the namespace of each annotation, against its observations."""
    found = [error.message for error in jsonschema.Draft4Validator(SCHEMA).iter_errors(document)]
    for annotation in document["annotations"]:
        name = annotation["namespace"]
        namespace = json.loads((FOLDER / f"{name}.json").read_text())[name]
        observation = copy.deepcopy(SCHEMA["definitions"]["SparseObservation"])
        observation["properties"] |= {key: namespace[key] for key in ("value", "confidence") if key in namespace}
        validator = jsonschema.Draft4Validator({"type": "array", "items": observation})
        found += [f"{name}{error.json_path}: {error.message}" for error in validator.iter_errors(annotation["data"])]
    return found


def test_an_export_is_valid(analysis: Result, tmp_path: Path) -> None:
    """What an explorer exports of an analysis: tempo, key, onsets."""
    document = json.loads(explore(analysis).export(tmp_path / "a.jams").read_text())
    assert _flaws(document) == []
    assert {"tempo", "key_mode", "onset"} <= {annotation["namespace"] for annotation in document["annotations"]}


def test_whatever_is_exported_is_valid() -> None:
    """Times before zero, parts without length, tempi that are none, markup and long labels, nothing at all."""
    times_s = np.array([-0.5, 0.0, 0.5, 1.0])
    views = Views(
        duration_s=2.0,
        marks=tuple(
            Marks(name=name, label=label, times_s=times_s)
            for name, label in (
                ("beat_times_s", "Beats"),
                ("downbeats", "Downbeats"),
                ("onsets", EVIL),
                ("clicks", EVIL),
            )
        ),
        segments=(
            Segments(
                name="parts",
                label=EVIL,
                starts_s=np.array([-1.0, -0.5, 1.5]),
                ends_s=np.array([-0.5, 1.0, 1.5]),
                labels=("before", EVIL, ""),
            ),
        ),
        figures=(
            Figure(name="tempo", label="Tempo", text="120", unit="BPM"),
            Figure(name="slow", label="Tempo", text="−3", unit="BPM"),
            Figure(name="none", label="Tempo", text="∞", unit="BPM"),
            Figure(name="nan", label="Tempo", text="nan", unit="BPM"),
            Figure(name="inf", label="Tempo", text="inf", unit="BPM"),
            Figure(name="key", label="Key", text="B♭ min", unit=""),
            Figure(name="words", label="Words", text="from A minor on", unit=""),
        ),
    )
    document = json.loads(jams_of(views, title=EVIL))
    assert _flaws(document) == []
    found = [annotation["namespace"] for annotation in document["annotations"]]
    assert found == ["beat", "beat", "onset", "tag_open", "segment_open", "tempo", "key_mode"]
    assert _flaws(json.loads(jams_of(Views(duration_s=0.0), title=""))) == []


@pytest.mark.parametrize(
    ("namespace", "value"), [("tempo", -1), ("beat", "one"), ("segment_open", 3), ("key_mode", "H:major")]
)
def test_a_value_that_a_namespace_has_not_is_noticed(namespace: str, value: Any) -> None:
    """The check of these tests knows the namespaces."""
    observation = {"time": 0.0, "duration": 0.0, "value": value, "confidence": None}
    annotation = {"namespace": namespace, "annotation_metadata": {}, "data": [observation]}
    assert _flaws({"annotations": [annotation]})
