"""Export: what a table of a view holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np

from schillinger_plugins.result import Result
from schillinger_plugins.widgets.export import csv_of
from schillinger_plugins.widgets.views import views_of

from .conftest import click_track


def test_a_table_has_parts_and_curves_with_their_units(make_result: Callable[..., Result]) -> None:
    """No cell is a formula to a spreadsheet, and where there is no value there is none."""
    outputs: list[dict[str, Any]] = [
        {"name": "key", "type": "string"},
        {"name": "level", "type": "number", "unit": "dB"},
        {"name": "curve", "type": "array", "unit": "Hz", "sample_type": "one_per_step"},
        {"name": "parts", "type": "list", "has_duration": True},
    ]
    values = {
        "key": "=HYPERLINK(1)",
        "level": -3.5,
        "curve": np.array([440.0, np.nan]),
        "parts": [{"start_s": 0, "end_s": 1.5, "label": "@verse"}],
    }
    rows = list(csv.reader(io.StringIO(csv_of(views_of(make_result(outputs, values, audio=click_track()))))))
    assert rows == [
        ["kind", "name", "start_s", "end_s", "value", "unit"],
        ["figure", "key", "", "", "'=HYPERLINK(1)", ""],
        ["figure", "level", "", "", "−3.5", "dB"],
        ["part", "parts", "0.000000", "1.500000", "'@verse", ""],
        ["value", "curve", "1.000000", "", "440", "Hz"],
        ["value", "curve", "3.000000", "", "", "Hz"],
    ]
