"""``%plugin history`` and ``%plugin rollback``: which versions of a plugin served, and back to one of them.

Owns the taking apart of the line and the table. Called by ``magics.plugin_magic``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from ..versions import told
from .run import progress_for
from .session import Session
from .subcommands import SUBCOMMANDS
from .table import Table, Text

_WHY = {
    "load": "it was loaded",
    "reload": "it was reloaded",
    "watch": "its folder had changed",
    "rollback": "it was brought back",
}


def history(session: Session, line: str, _: Mapping[str, Any] | None) -> Table:
    """The last versions that served since the plugin was loaded."""
    (plugin_id,) = _words(line, "history", most=1)
    versions = session.manager.history(plugin_id)
    rows = [
        (
            "serves" if version.is_serving else "" if version.is_kept else "code gone",
            version.short_hash,
            version.version,
            time.strftime("%H:%M:%S", time.localtime(version.served_from_s)),
            _WHY.get(version.why, version.why),
        )
        for version in versions
    ]
    notes = [f"%plugin rollback {plugin_id} HASH brings one back; its folder stays as it is"] if len(rows) > 1 else []
    return Table(
        headings=("", "hash", "version", "from", "because"),
        rows=rows,
        notes=notes if rows else [f"{plugin_id} is not loaded: its history begins when it is"],
    )


def rollback(session: Session, line: str, _: Mapping[str, Any] | None) -> Text:
    """Have a former version serve again."""
    plugin_id, *wanted = _words(line, "rollback", most=2)
    with progress_for(session, plugin_id) as progress:
        session.manager.rollback(plugin_id, *wanted, on_progress=progress.update)
    report = session.manager.last_reload(plugin_id)
    return Text("\n".join(told(report)) if report is not None else "")


def _words(line: str, subcommand: str, *, most: int) -> list[str]:
    words = line.split()
    if not 1 <= len(words) <= most:
        usage = SUBCOMMANDS[subcommand].usage
        problem = "which is missing" if not words else f"not {' '.join(words)!r}"[:200]
        raise InputError(f"%plugin {subcommand} takes {usage}, {problem}", remedy=f"write %plugin {subcommand} {usage}")
    return words
