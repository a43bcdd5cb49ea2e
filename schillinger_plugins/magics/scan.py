"""``%plugin scan``, and the rows in which findings are shown anywhere in the notebook.

Owns the taking apart of the line and the words beside the findings: that a scan is advice. Called by
``magics.plugin_magic``, ``magics.info`` and ``magics.commands``.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .grants import as_path
from .session import Session
from .subcommands import SUBCOMMANDS
from .table import Table

if TYPE_CHECKING:
    from ..scanner import Report

ADVICE = (
    "What a scan finds is worth a look, and what it doesn't find is no promise: it reads, and code can be written to "
    "deceive a reader. What a plugin can reach is decided by the kernel (%plugin doctor)."
)


def scan(session: Session, line: str, _: Mapping[str, Any] | None) -> Table:
    """Everything the static scan finds in a plugin, by id or by path. Runs nothing of it."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise InputError(f"the line can't be read: {error}", remedy="close the quote") from None
    if len(words) != 1:
        usage = SUBCOMMANDS["scan"].usage
        raise InputError(f"%plugin scan takes {usage}, one of them", remedy=f"write %plugin scan {usage}")
    target = words[0]
    report = session.manager.findings(as_path(session, target))
    files = f"{report.scanned_files} file{'s' if report.scanned_files != 1 else ''}"
    title = f"{target}: {report.summary()} ({files} read in {report.took_s:.2f} s; nothing of the plugin was run)"
    return findings_table(report, title=title)


def findings_table(report: Report, *, title: str = "Findings of the static scan", more: Sequence[str] = ()) -> Table:
    """Every finding with its line of code, the gravest first; what `more` there is below them."""
    rows = [(one.severity, one.where, one.message, one.snippet, one.rule) for one in report.findings]
    return Table(headings=("severity", "where", "what", "code", "rule"), rows=rows, title=title, notes=[*more, ADVICE])
