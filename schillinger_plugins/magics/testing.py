"""``%plugin test ID``: the conformance suite and the author's tests, with a report.

Owns the reading of the line, and which checks failed the last time that a plugin was tested in this session. The work is
that of ``conformance``. Called by ``magics.plugin_magic``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from .arguments import parse
from .grants import ask_first
from .run import evaluate, progress_for, required_id
from .session import Session
from .subcommands import SUBCOMMANDS

if TYPE_CHECKING:
    from ..conformance import Report

_failed_last: WeakKeyDictionary[Session, dict[str, tuple[str, ...]]] = WeakKeyDictionary()


def test(session: Session, line: str, local_ns: Mapping[str, Any] | None) -> Report:
    """Test a plugin.

    Returns
    -------
    Report
        After Ctrl-C with what was found so far.

    Raises
    ------
    InputError
        For a line that can't be read, or a group that there is not.
    PluginError
        If the plugin can't be loaded.
    """
    from ..conformance import examine

    arguments = parse(line, SUBCOMMANDS["test"].options)
    plugin_id = required_id(arguments, "test")
    options = arguments.options
    only = tuple(word.expression for word in options.get("--only", []))
    only_failed = "--only-failed" in options
    failed_last = _failed_last.setdefault(session, {})
    if only_failed and not only:
        only = failed_last.get(plugin_id, ())
    config = evaluate(session, options.get("--config", []), local_ns)
    ask_first(session, plugin_id)
    with progress_for(session, f"testing {plugin_id}") as progress:
        report = examine(
            session.manager,
            plugin_id,
            only=only,
            with_author_tests="--no-author-tests" not in options,
            config=config,
            on_progress=progress.update,
        )
    if not report.interrupted:
        failed_last[plugin_id] = tuple(outcome.check for outcome in report.failed)
    return report.failures_only() if only_failed else report
