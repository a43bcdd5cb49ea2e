"""``schillinger top``: what runs on this machine, live, whoever runs it.

Owns the picture and its refreshing. It reads the journal, so it sees notebooks, scripts and servers alike, up to a second
late, and costs them nothing.
"""

from __future__ import annotations

import sys
import time

import click

from ..journal import Journal, Summary
from ..journal.overview import growth, latency, local, megabytes, named
from ..journal.records import since_days
from .console import note, tell_table

_HEADINGS = (
    *("plugin", "calls/min", "failed", "p50", "p99", "CPU", "memory", "peak", "growth", "restarts", "waiting", "last"),
)
_DAY_S = 86_400
_EVERY_S = 1.0


@click.command()
@click.option(
    "--window", type=click.FloatRange(min=1, max=_DAY_S), default=60.0, metavar="SECONDS", help="How far to look back."
)
@click.option("--once", is_flag=True, help="Print one table and end; so does an output that is no terminal.")
@click.option("--instances", "by_instance", is_flag=True, help="A row for each instance, with the session it is of.")
def top(window: float, once: bool, by_instance: bool) -> None:
    """Show which plugins run, how often, how long and how they fail, of all notebooks, scripts and servers; Ctrl-C ends it.

    CPU is the share of one core; memory, growth with each call and calls that wait are as of the last calls.

    \b
    Examples:
      schillinger top
      schillinger top --window 3600 --once
    """
    journal = Journal()
    if once or not sys.stdout.isatty():
        rows = _rows(journal, window, by_instance=by_instance)
        tell_table(_HEADINGS, rows) if rows else note(f"nothing ran in the last {window:g} s")
        return
    _follow(journal, window, by_instance=by_instance)


def _follow(journal: Journal, window: float, *, by_instance: bool) -> None:
    from rich.console import Console

    console = Console()
    with console.screen(hide_cursor=True):
        while True:
            rows = _rows(journal, window, by_instance=by_instance)
            console.clear()
            tell_table(_HEADINGS, rows, title=f"the last {window:g} s; Ctrl-C ends\n")
            if not rows:
                print("nothing ran")
            time.sleep(_EVERY_S)


def _rows(journal: Journal, window: float, *, by_instance: bool) -> list[tuple[str, ...]]:
    found = journal.summaries(since=since_days(window / _DAY_S), by_instance=by_instance)
    return [_row(one, window) for one in found]


def _row(one: Summary, window: float) -> tuple[str, ...]:
    return (
        named(one),
        f"{one.calls * 60 / window:.3g}",
        f"{one.failed / one.calls:.1%}" if one.failed else "",
        latency(one.p50_s),
        latency(one.p99_s),
        f"{one.cpu_s / window:.1%}",
        megabytes(one.memory_bytes),
        megabytes(one.peak_memory_bytes),
        growth(one),
        str(one.restarts or ""),
        str(one.waiting or ""),
        local(one.last)[11:],
    )
