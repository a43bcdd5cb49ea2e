"""Table: rows that read well in a notebook and in a terminal.

Owns the escaping: every cell is taken for hostile text, whether it came from a plugin or not. Called by
``magics.commands``.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

_MAX_WIDTH = 70


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under headings, with a line above and lines below.

    Parameters
    ----------
    headings : sequence of str
        Empty headings make a table of facts.
    rows : sequence of sequences of str
    title : str
    notes : sequence of str
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    notes: Sequence[str] = ()

    def __repr__(self) -> str:
        lines = [self.title] if self.title else []
        shown = [[_one_line(cell) for cell in row] for row in self.rows]
        if any(self.headings):
            shown.insert(0, list(self.headings))
        widths = (
            [min(_MAX_WIDTH, max(_width(row[i]) for row in shown)) for i in range(len(self.headings))] if shown else []
        )
        for row in shown:
            # The last column is not padded, so that it may be long.
            cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
            lines.append("  ".join([*cells, row[-1]]).rstrip())
        return "\n".join([*lines, *(_printable(note) for note in self.notes)])

    def _repr_html_(self) -> str:
        left = 'style="text-align:left; vertical-align:top"'
        title = f"<p><strong>{html.escape(self.title)}</strong></p>" if self.title else ""
        head = "".join(f"<th {left}>{html.escape(text)}</th>" for text in self.headings) if any(self.headings) else ""
        head = f"<thead><tr>{head}</tr></thead>" if head else ""
        body = "".join(
            "<tr>" + "".join(f"<td {left}>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in self.rows
        )
        table = f"<table>{head}<tbody>{body}</tbody></table>" if self.rows else ""
        notes = "".join(f"<p>{_cell(note)}</p>" for note in self.notes)
        return title + table + notes


class Drawn(Protocol):
    """What has text for a terminal and HTML for a notebook."""

    def _repr_html_(self) -> str: ...


def publish(drawn: Drawn) -> None:
    """Show it in the cell's output, in both forms."""
    from IPython.display import publish_display_data

    show: Any = publish_display_data
    show({"text/html": drawn._repr_html_(), "text/plain": repr(drawn)})


class Text(str):
    """Text that shows itself as it is, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return _printable(self)


def _cell(text: str) -> str:
    return html.escape(text, quote=True).replace("\n", "<br>")


def _one_line(text: str) -> str:
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Without what would move a terminal's cursor or change its colours."""
    return "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "�" for c in text)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)
