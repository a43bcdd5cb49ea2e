"""What it means when a worker says that something raised.

Owns the way from the plugin's exception, told as text, to one of ours, with the remedy. Nothing is believed: the words
are made printable, and a kind that nobody knows is the plugin's own exception. Called by ``conversation``.
"""

from __future__ import annotations

import re
from typing import Protocol

from ..errors import DefinitionError, LimitExceeded, LoadError, PluginError, PluginExecutionError, Site
from ..protocol import frames
from .printable import printable


class Told(Protocol):
    """What must be known of a worker to understand it: was it asked to cancel, and which folder is shown for its own."""

    cancelling: bool
    shown_as: tuple[str, str]


class Cancelled(Exception):
    """The plugin stopped because it was asked to. The drivers turn it into what their caller expects."""


def error_of(answer: frames.Raised, peer: Told, plugin_id: str) -> BaseException:
    """The error that a worker's `Raised` stands for."""
    message, trace = (_shown(text, peer) for text in (answer.message, answer.traceback_text))
    match answer.kind:
        case "cancelled" if (
            peer.cancelling
        ):  # a plugin that raises KeyboardInterrupt unasked must not interrupt the host
            return Cancelled()
        case "load":
            return LoadError(message, plugin_id=plugin_id)
        case "cannot_cross":
            return DefinitionError(message, plugin_id=plugin_id)
        case "memory" | "file_size" | "open_files" | "processes" as limit:
            error: PluginError = LimitExceeded(
                f"{_LIMIT_WORDS[limit]}: {message or 'MemoryError'}",
                limit=limit,
                plugin_id=plugin_id,
                remedy=_LIMIT_REMEDIES[limit],
            )
            error.add_note(trace)
            return error
        case _:
            return PluginExecutionError(
                f"{printable(answer.exception_type)}: {message}",
                exception_type=printable(answer.exception_type),
                traceback_text=trace,
                sites=tuple(_site(site, peer) for site in answer.sites),
                plugin_id=plugin_id,
                remedy=_way_out(message, trace, plugin_id) if answer.kind == "denied" else _lacking(answer, message),
            )


def _lacking(answer: frames.Raised, message: str) -> str | None:
    """What a plugin needs that imports what isn't there."""
    named = _MODULE.search(message) if answer.exception_type == "ModuleNotFoundError" else None
    if named is None:
        return None
    return f"a library: pip install {named[1]}; a module of the plugin's own: put it beside the main file"


def _way_out(message: str, trace: str, plugin_id: str) -> str | None:
    """What a plugin that ran into the wall would need. Its words are the plugin's, so they only choose among ours."""
    if "%plugin grant" in message:
        return None
    named = _PATH.search(message)
    if named is None:
        if "socket" not in trace:
            return None
        return (
            "a plugin has no sockets: its author asks for the permission network and uses context.fetch(), and you name "
            f"the host: %plugin grant {plugin_id} network --host NAME"
        )
    folder, _, _ = named[1].rpartition("/")
    option = "--write" if _WRITES.search(trace) else "--read"
    return (
        "if it should: its author asks for the permission file_access, and you grant it: "
        f"%plugin grant {plugin_id} file_access {option} {folder or '/'}"
    )


_MODULE = re.compile(r"\ANo module named '([A-Za-z_]\w{0,60})['.]")
_PATH = re.compile(r"'(/[^'\n]{0,1000})'\Z")
_WRITES = re.compile(r"'[rbt]*[wax+][rbt+]*'|write|mkdir|unlink|remove|rename|symlink|to_csv|savez?\(")


_LIMIT_WORDS = {
    "memory": "it ran out of the memory it may use",
    "file_size": "it wrote a file longer than it may",
    "open_files": "it opened more files than it may",
    "processes": "it tried to start a process or too many threads",
}
_LIMIT_REMEDIES = {
    "memory": "give it less, or raise limits.memory_mb in plugin.json or limits={'memory_mb': …} in the call",
    "file_size": "raise limits.file_size_mb in plugin.json",
    "open_files": "raise limits.open_files in plugin.json",
    "processes": "a plugin can't start processes; ask its author for a version that works in one",
}


def _site(site: frames.Site, peer: Told) -> Site:
    names = tuple((printable(name), printable(value)) for name, value in site.names)
    return Site(_shown(site.file, peer), site.line, printable(site.function), names)


def _shown(text: str, peer: Told) -> str:
    copy, original = peer.shown_as
    return printable(text.replace(copy, original) if copy else text)
