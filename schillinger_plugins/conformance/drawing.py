"""A report as text for terminals and as HTML for notebooks.

Owns the escaping: every word of a report is taken for a stranger's. There is no script in the HTML. Called by ``outcome``.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .outcome import Outcome, Report

_MARKS = {"passed": "✓", "failed": "✗", "skipped": "–"}
_COLOURS = {"passed": "#3a9140", "failed": "#d9482f", "skipped": "#888"}

_WORTH_TELLING_S = 0.05
_MANY = 3


def as_text(report: Report) -> str:
    """The report for a terminal: a line for each check, below it what went wrong and with which input."""
    lines, told = [summary(report)], _Told(report)
    for group, outcomes in _groups(report):
        lines.append(f"\n{group}")
        for outcome in _without_the_like(outcomes):
            remark = f"  ({told.remark(outcome)})" if outcome.message and outcome.verdict != "failed" else ""
            took = f"  {outcome.seconds:.1f} s" if outcome.seconds >= _WORTH_TELLING_S else ""
            lines.append(f"  {_MARKS[outcome.verdict]} {outcome.title}{took}{remark}")
            if outcome.verdict == "failed":
                lines.extend(f"      {line}" for line in outcome.message.splitlines())
                lines.extend(f"      with {line}" for line in outcome.input.splitlines())
                if outcome.line:
                    lines.append(f"      again, in a notebook: {outcome.line}")
    return "\n".join(lines)


def as_html(report: Report) -> str:
    """The report for a notebook.

    Returns
    -------
    str
        An HTML fragment; all text escaped.
    """
    parts, told = [f"<p><strong>{_safe(summary(report))}</strong></p>"], _Told(report)
    for group, outcomes in _groups(report):
        shown = list(outcomes)
        bad = any(outcome.verdict == "failed" for outcome in shown)
        counts = Counter[str](outcome.verdict for outcome in shown)
        count = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _MARKS if counts[verdict])
        rows = "".join(_row(outcome, told) for outcome in shown)
        parts.append(
            f"<details{' open' if bad or len(report.outcomes) <= 8 else ''}>"
            f"<summary>{_safe(group)} ({count})</summary><table>{rows}</table></details>"
        )
    return f'<div class="schillinger-report">{"".join(parts)}</div>'


def summary(report: Report) -> str:
    """``gain_node 1.0.0: 31 passed, 1 failed, 4 skipped in 3.2 s``; first that it is inconclusive, if it is."""
    counts = f"{len(report.passed)} passed, {len(report.failed)} failed, {len(report.skipped)} skipped"
    broken_off = "; it was interrupted, so this is not all" if report.interrupted else ""
    so_far = f"inconclusive, {report.inconclusive}; " if report.inconclusive else ""
    return f"{report.plugin_id} {report.version}: {so_far}{counts} in {report.seconds:.1f} s{broken_off}"


def _groups(report: Report) -> Iterator[tuple[str, Iterator[Outcome]]]:
    shown = report.failed if report.shows_failed_only else report.outcomes
    return groupby(shown, key=lambda outcome: outcome.group)


def _without_the_like(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """All of them, but one for many in a row that say nothing about this plugin, for the same reason."""

    def reason(outcome: Outcome) -> str:
        return outcome.message if outcome.verdict == "skipped" and not outcome.is_uncalled else ""

    for why, alike in groupby(outcomes, key=reason):
        them = list(alike)
        if why and len(them) >= _MANY:
            yield replace(them[0], title=f"{len(them)} skipped", seconds=0.0)
        else:
            yield from them


class _Told:
    """What was said: why checks that apply were not tried is told once, at the top of the report or by the first of them."""

    def __init__(self, report: Report) -> None:
        self._words = report.inconclusive

    def remark(self, outcome: Outcome) -> str:
        """What is said beside a check that didn't fail."""
        words = outcome.message.partition("\n")[0]
        if not outcome.is_uncalled:
            return words
        if words in self._words:
            return "not tried"
        self._words += f"\n{words}"
        return f"not tried: {words}"


def _row(outcome: Outcome, told: _Told) -> str:
    mark = f'<span style="color:{_COLOURS[outcome.verdict]}">{_MARKS[outcome.verdict]} {outcome.verdict}</span>'
    what = _safe(outcome.title)
    if outcome.verdict == "failed":
        what += f'<pre style="margin:.2em 0; white-space:pre-wrap">{_safe(outcome.message)}</pre>'
        if outcome.input:
            what += f"<div>with {_safe(outcome.input)}</div>"
        if outcome.line:
            what += f"<div>again: <code>{_safe(outcome.line)}</code></div>"
    elif outcome.message:
        what += f" <small>{_safe(told.remark(outcome))}</small>"
    left = "text-align:left; vertical-align:top"
    took = f"{outcome.seconds:.1f} s" if outcome.seconds >= _WORTH_TELLING_S else ""
    cells = ((f"{left}; white-space:nowrap", mark), (left, what), (f"{left}; white-space:nowrap", took))
    row = "".join(f'<td style="{style}">{cell}</td>' for style, cell in cells)
    return f"<tr>{row}</tr>"


def _safe(words: str) -> str:
    return html.escape(words, quote=True)
