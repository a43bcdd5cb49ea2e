"""``%plugin new | path | edit | export``: plugins in folders, from a notebook.

Owns the taking apart of the lines, and what is said afterwards. The work is ``authoring``'s. Called by
``magics.plugin_magic``.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import authoring
from ..errors import InputError, nearest
from ..manifest import FILE_NAME
from ..paths import shown
from .session import Session
from .subcommands import SUBCOMMANDS
from .table import Text

Locals = Mapping[str, Any] | None


def new(session: Session, line: str, _: Locals) -> Text:
    """A plugin from a template."""
    plugin_id, options = _split(line, "new")
    made = authoring.new(plugin_id, options.get("--type", "node"), Path(options.get("--dir", ".")))
    record = session.manager.look(made)
    if record.manifest is not None and not record.manifest.permissions.network:
        session.manager.load(made)  # so that its id is known from now on
    files = sorted(str(path.relative_to(made)) for path in made.rglob("*") if path.is_file())
    word = record.id if record.id in session.manager.plugins else shlex.quote(shown(made))
    return Text(
        f"{record.id} is in {shown(made)}: {', '.join(files)}\n"
        f"next: %plugin test {word}; %plugin edit {word}; %plugin watch {word}"
    )


def path(session: Session, line: str, _: Locals) -> Text:
    """Where a plugin is."""
    plugin_id, _options = _split(line, "path")
    return Text(str(session.manager.plugins[plugin_id].root))


def edit(session: Session, line: str, _: Locals) -> Text:
    """Its code, in the editor where there is a terminal."""
    plugin_id, _options = _split(line, "edit")
    record = session.manager.plugins[plugin_id]
    main = record.root / (record.manifest.main_file if record.manifest is not None else FILE_NAME)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if session.in_notebook or not editor:
        hint = "" if session.in_notebook else " (set EDITOR to have it opened)"
        return Text(f"{main}{hint}\nopen it; %plugin watch {plugin_id} has every save of it serve")
    subprocess.run([*shlex.split(editor), str(main)], check=False)  # the user's own program, at the user's own word
    return Text(f"%plugin reload {plugin_id} has the changes serve")


def export(session: Session, line: str, _: Locals) -> Text:
    """A folder or an archive of its own."""
    plugin_id, options = _split(line, "export")
    archive = "--archive" in options
    target = Path(options["--to"]) if "--to" in options else None
    written = shlex.quote(shown(authoring.export(session.manager.plugins[plugin_id].root, target, archive=archive)))
    return Text(f"{plugin_id} is in {written}\nwho gets it: %plugin {'install' if archive else 'load'} {written}")


def _split(line: str, subcommand: str) -> tuple[str, dict[str, str]]:
    """The id and the options; a path with spaces is quoted as in a shell."""
    command = SUBCOMMANDS[subcommand]
    takes = {option: bool(value) for option, value, _ in command.options}
    usage = f"write %plugin {subcommand} {command.usage}"
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise InputError(f"{line.strip()!r}: {error}", remedy="close the quote") from None
    given: list[str] = []
    options: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            given.append(word)
        elif word not in takes:
            close = nearest(word, takes)
            raise InputError(f"no option {word}", remedy=f"did you mean {close}?" if close else usage)
        elif takes[word] and not words:
            raise InputError(f"{word} needs a value", remedy=usage)
        else:
            options[word] = words.pop(0) if takes[word] else ""
    if len(given) != 1:
        what = f"too much: {given[1]!r}" if given else "a plugin's id is missing"
        raise InputError(what, remedy=usage)
    return given[0], options
