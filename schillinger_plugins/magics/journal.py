"""``%plugin journal`` and ``%plugin stats``: what ran, how often, how long, and why it failed.

Owns the taking apart of the line. Other notebooks' runs are told, too: the journal is the user's. Called by
``magics.plugin_magic``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from ..flow import FlowRun
from ..journal import Journal, Ran
from ..journal.overview import HEADINGS, STATS_HEADINGS, facts, left_out, record_rows, stats_rows
from ..journal.records import Outcome, since_days
from ..result import Result
from .arguments import Assignment
from .run import evaluate
from .session import Session
from .subcommands import SUBCOMMANDS
from .table import Table

_SHOWN = 30
_WORD = re.compile(r"\"[^\"]*\"(?!\S)|'[^']*'(?!\S)|\S+")
"""In quotation marks it may have spaces in it, as names of flows do."""

_RUN = re.compile(r"[0-9a-f]+-[0-9]+(\.[0-9]+)*")


def journal(session: Session, line: str, local_ns: Mapping[str, Any] | None) -> Table:
    """The last runs; or all that is known of one, by its id or by its result."""
    words = _WORD.findall(line)
    failed, with_tests = "--failed" in words, "--tests" in words
    words = [word for word in words if word not in ("--failed", "--tests")]
    run_id, words = _option(words, "--run", "journal")
    days, words = _option(words, "--days", "journal")
    plugin_id = _plugin(words, "journal")
    book = _book(session)
    if run_id is not None:
        run_id = run_id if _RUN.fullmatch(run_id) else _of_value(session, run_id, local_ns)
        ran, parts = book.run(run_id)
        if ran is None:
            raise InputError(f"the journal knows no run {run_id[:60]!r}", remedy="%plugin journal shows the last ones")
        return Table(headings=("", ""), rows=facts(ran, book.lines(run_id=run_id), parts))
    since = _since(days, "journal")
    outcome: Outcome | None = "failed" if failed else None
    runs = book.runs(plugin_id=plugin_id, outcome=outcome, since=since, newest=_SHOWN, with_tests=with_tests)
    rows = record_rows(runs)
    notes = (
        ["%plugin journal --run RUN tells all that is known of one"] if rows else ["the journal has nothing of that"]
    )
    notes += _left_out(book, plugin_id, since, with_tests=with_tests)
    return Table(headings=HEADINGS[Ran], rows=rows, notes=[*notes, *_losses(session)])


def stats(session: Session, line: str, _: Mapping[str, Any] | None) -> Table:
    """How often plugins ran, how many runs failed, how long they took, and what they used."""
    days, words = _option(_WORD.findall(line), "--days", "stats")
    by_instance, with_tests = "--instances" in words, "--tests" in words
    plugin_id = _plugin([word for word in words if word not in ("--instances", "--tests")], "stats")
    since, book = _since(days, "stats"), _book(session)
    rows = stats_rows(book.summaries(plugin_id=plugin_id, since=since, by_instance=by_instance, with_tests=with_tests))
    notes = [] if rows else ["the journal has nothing of that"]
    notes += _left_out(book, plugin_id, since, with_tests=with_tests)
    return Table(headings=STATS_HEADINGS, rows=rows, notes=[*notes, *_losses(session)])


def _book(session: Session) -> Journal:
    session.manager.recorder.flush()
    return session.manager.permissions.journal


def _of_value(session: Session, expression: str, local_ns: Mapping[str, Any] | None) -> str:
    """The run of a result, or the id that a name stands for."""
    value = evaluate(session, [Assignment("run", expression, 0)], local_ns)["run"]
    if isinstance(value, Result):
        return value.provenance.run_id
    if isinstance(value, FlowRun):
        return value.run_id
    if isinstance(value, str):
        return value
    raise InputError(
        f"--run needs a run's id or a result, not {type(value).__name__}",
        remedy="write --run RESULT, or --run f9c10551-3",
    )


def _left_out(book: Journal, plugin_id: str | None, since: str, *, with_tests: bool) -> list[str]:
    said = "" if with_tests else left_out(book.tested(plugin_id=plugin_id, since=since))
    return [said] if said else []


def _losses(session: Session) -> list[str]:
    recorder = session.manager.recorder
    lost = [f"{recorder.dropped} records of this notebook were lost: they came too fast"] if recorder.dropped else []
    return lost + ([f"at the moment nothing is written: {recorder.problem}"] if recorder.problem else [])


def _option(words: list[str], name: str, subcommand: str) -> tuple[str | None, list[str]]:
    if name not in words:
        return None, words
    index = words.index(name)
    if index + 1 == len(words):
        raise InputError(f"{name} needs a value", remedy=f"write %plugin {subcommand} {SUBCOMMANDS[subcommand].usage}")
    return words[index + 1], words[:index] + words[index + 2 :]


def _since(days: str | None, subcommand: str) -> str:
    if days is None:
        return ""
    try:
        if float(days) >= 0:
            return since_days(float(days))
        raise ValueError(days)
    except (ValueError, OverflowError):
        raise InputError(
            f"--days needs a number from 0 on, not {days[:40]!r}", remedy=f"write %plugin {subcommand} --days 7"
        ) from None


def _plugin(words: list[str], subcommand: str) -> str | None:
    if len(words) > 1 or (words and words[0].startswith("-")):
        raise InputError(
            f"%plugin {subcommand} can't be told {' '.join(words)[:60]!r}",
            remedy=f"write %plugin {subcommand} {SUBCOMMANDS[subcommand].usage}"
            + (", and a name with spaces in quotation marks" if len(words) > 1 else ""),
        )
    return _unquoted(words[0]) if words else None


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word
