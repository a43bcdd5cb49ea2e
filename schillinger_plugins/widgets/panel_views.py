"""What a panel shows of its outputs: small plain data for the page, and bytes apart from it.

Owns the bounds of what is shown: rows and columns of a table, the length of a text and of a sound. Bytes (sounds, pictures)
never go into a widget's state, which a notebook may store. Refuses nothing; what is left out is said. Called by ``panel``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import Audio, Figure
from .contract.words import Mime, VegaLite
from .figure import bytes_of
from .views import readable
from .wav import encode

MAX_ROWS = 200
MAX_COLUMNS = 16
MAX_TEXT = 2_000
MAX_SOUND_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One output as the page gets it.

    Attributes
    ----------
    view : dict
        Plain data: ``text`` and ``number`` of figures, ``header`` and ``rows`` of tables, ``alt`` and ``note`` of the rest.
    data : bytes or None
        A sound, a picture or a specification of one, sent when the page asks for it.
    mime : str or None
        Of the data.
    """

    view: dict[str, Any]
    data: bytes | None = None
    mime: Mime | VegaLite | None = None


def shown(kind: str, value: Any) -> Shown:
    """An output as an item of that kind shows it."""
    if kind == "audio" and isinstance(value, Audio):
        wav = encode(value, max_duration_s=MAX_SOUND_S)
        view = {"text": f"{value.duration_s:.2f} s", "note": wav.note}
        return Shown(view=view, data=wav.data, mime="audio/wav") if value.frames else Shown(view={"text": "silence"})
    if kind == "figure" and isinstance(value, Figure):
        mime, data = bytes_of(value)
        return Shown(view={"alt": value.alt}, data=data, mime=mime)
    if kind == "table":
        return Shown(view=_table(value))
    if kind == "text":
        text = value if isinstance(value, str) else readable(value)
        return Shown(view={"text": _printable(text[:MAX_TEXT])})
    real = isinstance(value, (int, float)) and math.isfinite(value)
    return Shown(view={"text": readable(value), "number": float(value) if real else None})


def _table(value: Any) -> dict[str, Any]:
    """Rows of cells, whatever they were made of: records, lists of lists, an array, a dictionary."""
    if isinstance(value, np.ndarray):
        cut = (
            value[: MAX_ROWS + 1]
            if value.ndim == 1
            else value[: MAX_ROWS + 1, :MAX_COLUMNS]
            if value.ndim == 2
            else None
        )
        value = [] if cut is None else cut.tolist()
    if isinstance(value, Mapping):
        value = [{"name": name, "value": one} for name, one in list(value.items())[: MAX_ROWS + 1]]
    rows = list(value[: MAX_ROWS + 1]) if isinstance(value, (list, tuple)) else [[value]]
    header: list[str] = []
    records = [row for row in rows if isinstance(row, Mapping)]
    if records and len(records) == len(rows):
        header = list(dict.fromkeys(str(key) for row in records for key in row))[:MAX_COLUMNS]
        cells = [[_cell(row.get(key)) for key in header] for row in records]
    else:
        cells = [
            [_cell(one) for one in (row if isinstance(row, (list, tuple)) else [row])[:MAX_COLUMNS]] for row in rows
        ]
    note = f"the first {MAX_ROWS} rows" if len(cells) > MAX_ROWS else ""
    return {"header": [_printable(name)[:80] for name in header], "rows": cells[:MAX_ROWS], "note": note}


def _cell(value: Any) -> str:
    plain = value is None or isinstance(value, (bool, int, float, str))
    return _printable(readable(value)) if plain else "…"


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() or one == "\n" else "·" for one in text)
