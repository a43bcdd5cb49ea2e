"""``schillinger journal | stats``: what ran, how often, how long, and why it failed; for people and for other tools.

Starts no worker and reads the journal alone, so it tells of other processes' runs, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from ..errors import InputError
from ..journal import Denial, Grant, Happening, Journal, Line, Ran, Retention, export
from ..journal.export import Entry, as_dict
from ..journal.overview import HEADINGS, STATS_HEADINGS, facts, left_out, record_rows, stats_rows
from ..journal.records import Outcome, since_days
from .console import as_json, note, say, tell_table

_KINDS: dict[str, type[Entry]] = {
    "runs": Ran,
    "events": Happening,
    "lines": Line,
    "grants": Grant,
    "denials": Denial,
}


@click.command()
@click.argument("plugin", metavar="ID", required=False)
@click.option("--failed", is_flag=True, help="Only runs that failed.")
@click.option("--run", "run_id", metavar="RUN", help="All that is known of one run, what it printed included.")
@click.option(
    "--what",
    type=click.Choice(tuple(_KINDS)),
    default="runs",
    help="Runs, events (as reloads), log lines, grants (those that were ended, too) or denials.",
)
@click.option("--days", type=click.FloatRange(min=0), metavar="N", help="Of the last N days.")
@click.option("-n", "count", type=click.IntRange(min=1), metavar="N", help="The last N; 30 if nothing else is said.")
@click.option("--tests", "with_tests", is_flag=True, help="Also what test suites ran, which is left out else.")
@click.option("--json", "want_json", is_flag=True, help="Print JSON instead of a table.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write .jsonl, .parquet or (runs) .trace.json."
)
@click.option("--tidy", is_flag=True, help="Remove now what is beyond SCHILLINGER_JOURNAL_DAYS and _MB.")
def journal(
    plugin: str | None,
    failed: bool,
    run_id: str | None,
    what: str,
    days: float | None,
    count: int | None,
    with_tests: bool,
    want_json: bool,
    out: Path | None,
    tidy: bool,
) -> None:
    """Tell what ran on this machine: when, with what, how long, and why it failed. ID is a plugin's, or a flow's name.

    \b
    Examples:
      schillinger journal --failed --days 7
      schillinger journal --run f9c10551-3
      schillinger journal --what lines --out log.jsonl
    """
    book = Journal()
    if tidy:
        say(f"{Retention.from_environment().hold(book)} records removed")
        return
    if run_id is not None:
        ran, parts = book.run(run_id)
        if ran is None:
            raise InputError(f"the journal knows no run {run_id!r}", remedy="schillinger journal shows the last ones")
        printed = list(book.lines(run_id=run_id))
        if want_json:
            lines = [line.text for line in printed]
            as_json({**as_dict(ran), "parts": [as_dict(part) for part in parts], "lines": lines})
        else:
            tell_table(("", ""), facts(ran, printed, parts))
        return
    since = since_days(days) if days is not None else ""
    newest = count if count is not None or out is not None else 30
    records: Iterator[Entry]
    if what == "runs":
        outcome: Outcome | None = "failed" if failed else None
        records = book.runs(plugin_id=plugin, outcome=outcome, since=since, newest=newest, with_tests=with_tests)
    elif what == "events":
        records = book.happenings(plugin_id=plugin, since=since, newest=newest, with_tests=with_tests)
    elif what == "lines":
        records = book.lines(plugin_id=plugin, since=since, newest=newest, with_tests=with_tests)
    elif what == "grants":
        given = book.grants(plugin_id=plugin, with_ended=True)
        records = iter([one for one in given if one.granted_at >= since][-(newest or 0) :])
    else:
        refused = book.denials(plugin_id=plugin)
        records = iter([one for one in refused if one.denied_at >= since][-(newest or 0) :])
    if what == "runs" and not with_tests:
        _say_left_out(book, plugin, since)
    if out is not None:
        note(f"{export(records, _KINDS[what], out)} {what} written to {out}")
        return
    rows: list[Entry] = list(records)
    if want_json:
        as_json([as_dict(row) for row in rows])
    elif rows:
        tell_table(HEADINGS[_KINDS[what]], record_rows(rows))
    else:
        note("the journal has nothing of that")


@click.command()
@click.argument("plugin", metavar="ID", required=False)
@click.option("--days", type=click.FloatRange(min=0), metavar="N", help="Of the last N days.")
@click.option("--instances", "by_instance", is_flag=True, help="A row for each instance, with the session it is of.")
@click.option("--tests", "with_tests", is_flag=True, help="Also the calls of test suites, which are left out else.")
@click.option("--json", "want_json", is_flag=True, help="Print JSON instead of a table.")
def stats(plugin: str | None, days: float | None, by_instance: bool, with_tests: bool, want_json: bool) -> None:
    """Tell how often plugins and flows ran, how many runs failed, how long they took (percentiles), and what they used."""
    since = since_days(days) if days is not None else ""
    book = Journal()
    found = book.summaries(plugin_id=plugin, since=since, by_instance=by_instance, with_tests=with_tests)
    if not with_tests:
        _say_left_out(book, plugin, since)
    if want_json:
        as_json([asdict(one) for one in found])
    elif found:
        tell_table(STATS_HEADINGS, stats_rows(found))
    else:
        note("the journal has nothing of that")


def _say_left_out(book: Journal, plugin: str | None, since: str) -> None:
    said = left_out(book.tested(plugin_id=plugin, since=since))
    if said:
        note(said)
