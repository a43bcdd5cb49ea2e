"""``%plugin install``: a plugin out of an archive or a folder into the user's folder of plugins.

Owns the reading of the line and what is told: where the plugin is now, what it asks for, what to do next. Nothing of the
plugin is run and nothing is granted. The rules are in ``package``. Called by ``magics.plugin_magic``.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError, nearest
from ..loader import user_folder
from ..package import unpack
from ..paths import shown
from ..permissions import requests_of
from .session import Session
from .subcommands import SUBCOMMANDS
from .table import Table


def install(session: Session, line: str, _: Mapping[str, Any] | None) -> Table:
    """Install a plugin, by the path of its archive or folder."""
    path, replace = _arguments(line)
    root = unpack(path, user_folder(), replace=replace)
    manager = session.manager
    manager.discover()
    record = manager.look(root)
    assert record.manifest is not None  # unpack has read it
    rows = [(one.permission, one.describe(), one.reason) for one in requests_of(record.manifest)]
    notes = []
    for other in manager.plugins.values():
        if other.root != root and other.id.split("@")[0] == record.id:
            verb = "counts instead" if other.error is None else "doesn't count while this one is there"
            notes.append(f"{shown(other.root)} has the id {record.id}, too, and {verb}")
    known = manager.plugins.get(record.id, None)
    if known is not None and known.root == root and known.state == "loaded":
        notes.append(f"the old code runs until %plugin reload {record.id}")
    notes.append(
        f"nothing of it was run; %plugin info {record.id} shows it, %plugin scan {record.id} looks at its code"
    )
    title = f"{record.id} {record.manifest.metadata.version} is in {shown(root)}"
    return Table(headings=("asks for", "what", "why"), rows=rows, title=title, notes=notes)


def _arguments(line: str) -> tuple[Path, bool]:
    command = SUBCOMMANDS["install"]
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise InputError(f"the line can't be read: {error}", remedy="close the quote") from None
    replace = "--replace" in words
    words = [word for word in words if word != "--replace"]
    for word in words:
        if word.startswith("--"):
            close = nearest(word, ["--replace"])
            remedy = f"did you mean {close}?" if close else f"write %plugin install {command.usage}"
            raise InputError(f"there is no option {word[:60]}", remedy=remedy)
    if len(words) != 1:
        raise InputError(f"%plugin install takes {command.usage}", remedy=f"write %plugin {command.examples[0]}")
    return Path(words[0]).expanduser(), replace
