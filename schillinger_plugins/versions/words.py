"""A reload in lines, the same in a notebook and in a terminal.

Owns the words. What comes from a plugin is made printable here; whoever draws it as HTML escapes it. Called by the faces.
"""

from __future__ import annotations

import time

from ..result import brief
from ..sandbox.printable import printable
from .report import Reload
from .version import SHORT

_MAX_NAMED = 8


def told(report: Reload) -> list[str]:
    """What happened, what has changed and, if it failed, what broke: without the diff."""
    return [headline(report), *(f"  {line}" for line in changes(report)), *failure(report)]


def headline(report: Reload) -> str:
    """When, what and how long, in one line."""
    clock = time.strftime("%H:%M:%S", time.localtime(report.at_s))
    return f"{clock} {report.plugin_id} {outcome(report)}"


def outcome(report: Reload) -> str:
    """What happened, without when and to what."""
    before, after = report.hash_before[:SHORT], report.hash_after[:SHORT]
    if report.error is not None:
        if not before:
            return "can't be loaded"
        wish = "did not go back" if report.why == "rollback" else "was not reloaded"
        return f"{wish}: {_named(before, report.version_before)} goes on serving"
    took = f"in {report.seconds * 1000:.0f} ms" if report.seconds < 1 else f"in {report.seconds:.1f} s"
    if not before:
        return f"is loaded: {_named(after, report.version_after)} {took}"
    if before == after:
        return f"is as it was: {_named(after, report.version_after)}"
    verb = "went back" if report.why == "rollback" else "is reloaded"
    return f"{verb}: {before} → {_named(after, report.version_after)} {took}"


def changes(report: Reload) -> list[str]:
    """What has become of parameters and state, one line each."""
    parameters = report.parameters
    lines = [f"parameter {old} is called {new} now; {old} goes on working" for old, new in parameters.renamed.items()]
    if parameters.added:
        lines.append(f"new: {_list(parameters.added)}")
    if parameters.removed:
        lines.append(f"gone: {_list(parameters.removed)}; who still sets it is told so")
    lines += [f"parameter {name} was {old}, is {new}" for name, (old, new) in parameters.changed.items()]
    lines += [
        f"parameter {name} has the default {brief(new)}, it was {brief(old)}"
        for name, (old, new) in parameters.defaults.items()
    ]
    for instance_id, left in report.state_left.items():
        lines += [f"{instance_id}: of its state, {name} was left: {reason}" for name, reason in left.items()]
    if report.example:
        lines.append(f"its example: {report.example}")
    return [printable(line) for line in [*lines, *report.notes]]


def failure(report: Reload) -> list[str]:
    """What broke: the plugin's own traceback, the rule, the remedy."""
    error = report.error
    if error is None:
        return []
    lines = [report.traceback_text.rstrip()] if report.traceback_text.strip() else []
    lines.append(f"{type(error).__name__}: {error.message.rstrip()}" + (f" - at {error.path}" if error.path else ""))
    if error.remedy:
        lines.append(f"→ {error.remedy}")
    return printable("\n".join(lines)).split("\n")


def kept(report: Reload) -> str:
    """Beside the error of a reload that failed: what became of the example, what goes on serving, what has changed."""
    lines = [f"its example: {report.example}"] if report.example else []
    lines += [f"changed since {report.hash_before[:SHORT]}, which goes on serving:", report.diff] if report.diff else []
    return printable("\n".join(lines))


def _named(content_hash: str, version: str) -> str:
    return f"{content_hash} (version {version})" if version else content_hash


def _list(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more
