"""Export: a view as a file.

Owns the formats by their endings and the way to the disk: written aside, flushed, renamed, so that the file is whole or not
there. Refuses other endings, and pictures of nothing. Called by ``analysis``.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import get_args

import numpy as np

from ..errors import InputError
from .contract.analysis import Format
from .jams import jams_of
from .views import Views

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def format_of(path: Path) -> Format:
    """What a file's ending asks for.

    Raises
    ------
    InputError
        For an ending that none of the formats has.
    """
    ending = path.suffix.lower().lstrip(".")
    for known in get_args(Format):
        if ending == known:
            found: Format = known
            return found
    raise InputError(
        f"a view is written as {', '.join(get_args(Format))}, got {path.name!r:.80}",
        remedy="give the file such an ending",
    )


def encode_view(views: Views, format_: Format, *, title: str, span_s: tuple[float, float] | None) -> bytes:
    """The bytes of the file.

    Parameters
    ----------
    span_s : (start_s, end_s), optional
        What a picture shows; the other formats hold all there is.

    Raises
    ------
    InputError
        If a picture is asked for where nothing lies in time, or matplotlib is not installed.
    """
    if format_ == "csv":
        return csv_of(views).encode()
    if format_ == "jams":
        return jams_of(views, title=title)
    from .picture import picture_of

    picture = picture_of(views, format_=format_, span_s=span_s)
    if picture is None:
        raise InputError(
            "there is nothing to draw over time, or matplotlib is not installed",
            remedy="export .csv or .jams, or install schillinger_plugins[audio]",
        )
    return picture


def csv_of(views: Views) -> str:
    """Figures, instants, parts and curves as one table; images are left out.

    Returns
    -------
    str
        With the columns kind, name, start_s, end_s, value and unit. A text that a spreadsheet would take for a formula has
        an apostrophe before it.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["kind", "name", "start_s", "end_s", "value", "unit"])
    for figure in views.figures:
        writer.writerow(["figure", figure.name, "", "", _tame(figure.text), _tame(figure.unit)])
    for marks in views.marks:
        writer.writerows(["instant", marks.name, f"{time_s:.6f}", "", "", ""] for time_s in marks.times_s)
    for parts in views.segments:
        for start_s, end_s, label in zip(parts.starts_s, parts.ends_s, parts.labels, strict=True):
            writer.writerow(["part", parts.name, f"{start_s:.6f}", f"{end_s:.6f}", _tame(label), ""])
    for track in views.tracks:
        if track.kind == "curve":
            unit = _tame(track.unit)
            for time_s, value in zip(track.times_s, track.values[0], strict=True):
                text = f"{value:.7g}" if np.isfinite(value) else ""
                writer.writerow(["value", track.name, f"{time_s:.6f}", "", text, unit])
    return file.getvalue()


def _tame(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
