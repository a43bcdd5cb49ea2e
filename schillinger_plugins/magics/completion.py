"""Tab after ``%plugin``: subcommands, ids, and the names of a plugin with their type, range and unit.

Owns the matcher that IPython asks (its API version 2). Expressions after ``=`` are left to IPython's own completion.
Starts no worker: what is known of a plugin comes from its manifest, or from the worker that has loaded it already.
Registered by ``magics.load``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .subcommands import SUBCOMMANDS, Subcommand

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult

    from ..definition import NodeDefinition
    from .session import Session

_LINE = re.compile(r"(?:^|[=;])\s*%plugin(\s+.*)?$")

Candidate = tuple[str, str]
"""What to insert, and what to show beside it."""


class PluginMatcher:
    """What IPython calls at Tab."""

    matcher_api_version = 2
    matcher_identifier = "schillinger_plugins.%plugin"
    matcher_priority = 1000.0

    def __init__(self, session: Session) -> None:
        self._session = session
        # IPython asks every matcher for it, as functions have it.
        self.__qualname__ = "PluginMatcher"

    def __call__(self, context: CompletionContext) -> SimpleMatcherResult:
        """The candidates at the cursor."""
        line = context.line_with_cursor[: context.cursor_position]
        found = _LINE.search(line)
        if found is None or found.group(1) is None:
            return _answer([], "", suppress=False)
        candidates, fragment, suppress = complete(self._session, found.group(1).lstrip())
        return _answer(
            [(text, kind) for text, kind in candidates if text.startswith(fragment)], fragment, suppress=suppress
        )


def complete(session: Session, text: str) -> tuple[list[Candidate], str, bool]:
    """Candidates, the fragment that they replace, and whether nothing else makes sense here.

    Parameters
    ----------
    session : Session
    text : str
        From after ``%plugin`` to the cursor.
    """
    word, space, rest = text.partition(" ")
    if not space:
        return [(command.name, command.summary) for command in SUBCOMMANDS.values()], word, True
    command = SUBCOMMANDS.get(word)
    if command is None:
        return [], "", False
    if command.name not in ("run", "info"):
        return _words(session, command, rest.lstrip())
    from .arguments import cursor

    place = cursor(rest, command.options)
    if place.expects == "plugin":
        return _ids(session), place.fragment, True
    if place.expects == "option":
        return _options(command), place.fragment, True
    definition = _definition(session, place.plugin_id)
    if place.expects == "name":
        names = _names(definition, place.used)
        return names + (_options(command) if not place.fragment else []), place.fragment, True
    if place.expects == "value" and definition is not None:
        return _values(definition, place.name), place.fragment, True
    return [], "", False


def _words(session: Session, command: Subcommand, rest: str) -> tuple[list[Candidate], str, bool]:
    fragment = rest.split(" ")[-1]
    if fragment.startswith("-"):
        return _options(command), fragment, True
    if command.takes_plugin and " " not in rest:
        # Where a path may stand, too, IPython completes files as soon as no id fits.
        return _ids(session), fragment, True
    if command.name in ("grant", "revoke") and rest.count(" ") == 1:
        return _permissions(session, rest.split(" ")[0]), fragment, True
    if command.name == "rollback" and rest.count(" ") == 1:
        return _versions(session, rest.split(" ")[0]), fragment, True
    return [], "", False


def _permissions(session: Session, plugin_id: str) -> list[Candidate]:
    """Those that the plugin asks for and that can be granted."""
    record = session.manager.plugins.get(plugin_id, None)
    if record is None or record.manifest is None:
        return []
    from ..permissions import requests_of

    asked = [request for request in requests_of(record.manifest) if request.needs_grant]
    return [(request.permission, request.describe()) for request in asked]


def _versions(session: Session, plugin_id: str) -> list[Candidate]:
    """Those that can come back, the last one first."""
    if plugin_id not in session.manager.plugins:
        return []
    former = [version for version in session.manager.history(plugin_id) if version.is_kept and not version.is_serving]
    return [
        (
            version.short_hash,
            f"{version.version}, from {time.strftime('%H:%M:%S', time.localtime(version.served_from_s))}",
        )
        for version in former
    ]


def _ids(session: Session) -> list[Candidate]:
    return [
        (plugin_id, record.manifest.metadata.plugin_type if record.manifest else "broken")
        for plugin_id, record in session.manager.plugins.items()
    ]


def _definition(session: Session, plugin_id: str) -> NodeDefinition | None:
    record = session.manager.plugins.get(plugin_id, None)
    return record.definition if record is not None else None


def _names(definition: NodeDefinition | None, used: Iterable[str]) -> list[Candidate]:
    if definition is None:
        return []
    found = [(f"{port.name}=", f"input: {port.describe()}") for port in definition.inputs]
    found += [(f"{parameter.name}=", parameter.describe()) for parameter in definition.parameters]
    return [candidate for candidate in found if candidate[0][:-1] not in used]


def _values(definition: NodeDefinition, name: str) -> list[Candidate]:
    parameter = definition.parameter(name)
    if parameter is None:
        return []
    if parameter.type == "boolean":
        return [("True", "boolean"), ("False", "boolean")]
    return [(repr(option), parameter.label) for option in parameter.options]


def _options(command: Subcommand) -> list[Candidate]:
    return [(option, meaning) for option, _, meaning in command.options]


def _answer(candidates: list[Candidate], fragment: str, *, suppress: bool) -> SimpleMatcherResult:
    from IPython.core.completer import SimpleCompletion

    answer: dict[str, Any] = {
        "completions": [SimpleCompletion(text=text, type=kind) for text, kind in candidates],
        "matched_fragment": fragment,
        "ordered": True,
        "suppress": suppress and bool(candidates),
    }
    return answer  # type: ignore[return-value]  # a TypedDict
