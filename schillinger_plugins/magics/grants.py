"""``%plugin grant | revoke | permissions``, and the question that is asked before a plugin that lacks one is loaded.

Owns the reading of their lines, and that nobody is asked where nobody can answer: then a grant needs ``--yes``, and a
plugin that lacks one is refused by the manager. The words and the decision are in ``permissions``. Called by
``magics.plugin_magic``; `ask_first` by all that loads a plugin.
"""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError, PluginError, nearest
from ..permissions import (
    HEADINGS,
    Given,
    ask,
    confirmed,
    described_grant,
    overview,
    question_about,
    receipt,
)
from .session import Session
from .subcommands import SUBCOMMANDS
from .table import Table, Text, _printable

Locals = Mapping[str, Any] | None


def grant(session: Session, line: str, _: Locals) -> Text:
    """Grant a plugin what it asks for, or what the line names, after a yes."""
    words = _words(line, "grant", at_most=2)
    manager = session.manager
    plugin, permission = words.given[0], words.given[1] if len(words.given) > 1 else None
    record = manager.look(as_path(session, plugin))
    given = Given(
        read=words.options.get("--read"), write=words.options.get("--write"), hosts=words.options.get("--host")
    )
    question = question_about(
        manager.permissions, record, permission, given=given, findings=lambda: manager.findings(record.root).lines()
    )
    if question is None:
        return Text(f"{record.id} has all that it asks for; %plugin permissions {record.id} shows it")
    if "--yes" in words.options:
        grants = confirmed(manager.permissions, question, tell=_tell, given=given)
    elif session.can_ask:
        grants = ask(manager.permissions, question, read=input, tell=_tell, given=given)
    else:
        raise InputError(
            "a grant needs a yes, and nobody can be asked here",
            plugin_id=record.id,
            remedy=f"write %plugin grant {line.strip()} --yes if you know what it will do",
        )
    is_loaded = record.id in manager.plugins and manager.plugins[record.id].state == "loaded"
    return Text("\n".join(receipt(one, is_loaded=is_loaded) for one in grants))


def revoke(session: Session, line: str, _: Locals) -> Text:
    """Take back what was granted."""
    words = _words(line, "revoke", at_most=2)
    plugin_id = words.given[0]
    ended = session.manager.revoke(*words.given)
    if not ended:
        return Text(f"nothing was granted to {plugin_id}")
    lines = [f"revoked {one.permission} of {plugin_id} {one.version}: {described_grant(one)}" for one in ended]
    return Text("\n".join([*lines, "the next time it is loaded it is asked for again"]))


def permissions(session: Session, line: str, _: Locals) -> Table:
    """What plugins ask for, and what they have."""
    words = _words(line, "permissions", at_most=1, at_least=0)
    manager = session.manager
    manager.discover()
    plugin_id = words.given[0] if words.given else None
    if plugin_id is not None and plugin_id not in manager.plugins and manager.permissions.grants(plugin_id):
        records = []  # it has gone, but not what was granted to it
    elif plugin_id is not None:
        records = [manager.look(plugin_id)]
    else:
        records = [manager.look(one.id) for one in manager.plugins.values() if one.error is None]
    rows = overview(manager.permissions, records, plugin_id=plugin_id)
    notes = [] if rows else ["no plugin asks for more than to run, and nothing was granted"]
    return Table(headings=HEADINGS if rows else ("",) * len(HEADINGS), rows=rows, notes=notes)


def ask_first(session: Session, plugin: str | Path, *, anew: bool = False) -> None:
    """Ask for what a plugin lacks before it is loaded, if somebody can be asked. If the answer is no, loading refuses it.

    Parameters
    ----------
    anew : bool
        Also for a plugin that is loaded, which is to be read again.
    """
    manager = session.manager
    known = manager.plugins.get(plugin, None) if isinstance(plugin, str) else None
    if not session.can_ask or (known is not None and known.state == "loaded" and not anew):
        return
    try:
        record = manager.look(plugin)
        question = question_about(manager.permissions, record, findings=lambda: manager.findings(record.root).lines())
    except PluginError:
        return  # loading it says what is wrong
    if question is not None:
        ask(manager.permissions, question, read=input, tell=_tell)


def as_path(session: Session, text: str) -> Path | str:
    """A path where the text looks like one, else the text, so that an unknown id is told the nearest."""
    path = Path(text).expanduser()
    return path if text not in session.manager.plugins and ("/" in text or path.is_dir()) else text


@dataclass(slots=True)
class _Words:
    given: list[str] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)


def _words(line: str, subcommand: str, *, at_most: int, at_least: int = 1) -> _Words:
    command = SUBCOMMANDS[subcommand]
    usage = f"%plugin {subcommand} {command.usage}"
    forms = {option: value for option, value, _ in command.options}
    try:
        # A comment begins after a blank. shlex would cut /data/#1 to /data/, and more would be granted than was written.
        pending = list(itertools.takewhile(lambda word: not word.startswith("#"), shlex.split(line)))
    except ValueError as error:
        raise InputError(f"the line can't be read: {error}", remedy="close the quote") from None
    words = _Words()
    while pending:
        word = pending.pop(0)
        if not word.startswith("--"):
            words.given.append(word)
            continue
        option, equals, value = word.partition("=")
        if option not in forms:
            close = nearest(option, forms)
            raise InputError(
                f"there is no option {option[:60]}", remedy=f"did you mean {close}?" if close else f"write {usage}"
            )
        values = words.options.setdefault(option, [])
        if not forms[option]:
            continue
        if not equals:
            if not pending or pending[0].startswith("--"):
                raise InputError(f"{option} needs {forms[option]}", remedy=f"write {option} {forms[option]}")
            value = pending.pop(0)
        values.append(value)
    if not at_least <= len(words.given) <= at_most:
        problem = "a plugin's id is missing" if not words.given else f"too much: {' '.join(words.given[at_most:])!r}"
        raise InputError(problem, remedy=f"write {usage}")
    return words


def _tell(text: str) -> None:
    print(_printable(text))
