"""``%plugin``: from a line to the function that does it.

Owns the dispatch, and that whatever fails is shown short while the cell still fails. Called by the line magic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import InputError, PluginError, nearest
from . import (
    authoring,
    check,
    commands,
    debug,
    flow,
    grants,
    help,
    install,
    journal,
    report,
    run,
    scan,
    serve,
    testing,
    trace,
    ui,
    versions,
    watching,
)
from .session import Session
from .subcommands import SUBCOMMANDS
from .tracebacks import shown_as_interrupted, shown_short

Handler = Callable[[Session, str, Mapping[str, Any] | None], Any]

_HANDLERS: dict[str, Handler] = {
    "list": commands.list_plugins,
    "info": commands.info,
    "run": run.run,
    "ui": ui.ui,
    "load": commands.load,
    "unload": commands.unload,
    "reload": commands.reload,
    "watch": watching.watch,
    "unwatch": watching.unwatch,
    "history": versions.history,
    "rollback": versions.rollback,
    "status": commands.status,
    "logs": commands.logs,
    "journal": journal.journal,
    "stats": journal.stats,
    "profile": debug.profile,
    "report": report.report,
    "trace": trace.trace,
    "new": authoring.new,
    "path": authoring.path,
    "edit": authoring.edit,
    "export": authoring.export,
    "check": check.check,
    "debug": debug.debug,
    "doctor": commands.doctor,
    "validate": commands.validate,
    "test": testing.test,
    "scan": scan.scan,
    "install": install.install,
    "flow": flow.flow,
    "serve": serve.serve,
    "grant": grants.grant,
    "revoke": grants.revoke,
    "permissions": grants.permissions,
}


def run_line(session: Session, line: str, local_ns: Mapping[str, Any] | None = None) -> Any:
    """Do what a line says.

    Raises
    ------
    PluginError
        Rendered without frames of this package.
    """
    try:
        return _dispatch(session, line.strip(), local_ns)
    except PluginError as error:
        # What was its cause has been said in its message.
        raise shown_short(error) from None
    except KeyboardInterrupt as interrupt:
        raise shown_as_interrupted(interrupt) from None


def _dispatch(session: Session, line: str, local_ns: Mapping[str, Any] | None) -> Any:
    word, _, rest = line.partition(" ")
    if word in ("", "-h", "--help", "help"):
        return help.overview()
    command = SUBCOMMANDS.get(word)
    if command is None:
        close = nearest(word, SUBCOMMANDS)
        remedy = f"did you mean %plugin {close}?" if close else "%plugin alone shows them"
        raise InputError(f"%plugin has no subcommand {word[:60]!r}", remedy=remedy)
    if rest.split()[:1] in (["-h"], ["--help"]) or rest.split()[-1:] in (["-h"], ["--help"]):
        return help.details(command)
    return _HANDLERS[word](session, rest, local_ns)
