"""Records: what ran, what happened, and what was said.

Owns the three tables of them and the questions that are asked of them. Text is kept as it came, but for what a database
can't hold. Base of `Journal`; written by ``writer``.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from ..errors import PluginError
from .database import Database
from .spool import folder_of, left_by_the_dead, left_in
from .tables import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

Outcome = Literal["done", "failed", "cancelled"]

MAX_TEXT = 16_000
"""Characters of one field; the rest is cut, with a mark."""

PAGE = 1_000
"""Rows that are read at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """A call, or several alike.

    Attributes
    ----------
    run_id : str
        What its result's provenance and the lines of its log have, too.
    at : str
        When it began, ISO 8601 in UTC.
    user, session : str
        Who ran it, and in which process of theirs.
    method : str
        execute; ``process`` for sound streamed block by block.
    parameters, config, input_digests : str
        As JSON.
    calls : int
        More than 1 where calls came too fast for a record of each: then the times are their sum, the rest is the last one's.
    wall_s, cpu_s : float
    peak_memory_bytes : int
    error_kind, error : str
        Empty unless it failed.
    """

    run_id: str
    at: str
    user: str
    session: str
    plugin_id: str
    version: str
    content_hash: str
    instance_id: str
    method: str
    parameters: str
    config: str
    input_digests: str
    level: str
    seed: int
    calls: int
    wall_s: float
    cpu_s: float
    peak_memory_bytes: int
    outcome: Outcome
    error_kind: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """Something else that happened to a plugin: it was loaded, reloaded, granted something, …

    Attributes
    ----------
    name : str
        As in `EVENT_NAMES`.
    detail : str
        As JSON.
    """

    at: str
    user: str
    session: str
    name: str
    plugin_id: str
    version: str = ""
    content_hash: str = ""
    instance_id: str = ""
    detail: str = "{}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What a plugin printed or logged.

    Attributes
    ----------
    run_id : str
        Of the call during which, or right after which, it was read; empty before the first.
    level : str
        debug, info, warning, error; host for what the host says of it; empty for what it printed.
    """

    at: str
    user: str
    session: str
    run_id: str
    plugin_id: str
    version: str
    instance_id: str
    level: str
    text: str


Record = Ran | Happening | Line

_TABLES: dict[type, str] = {Ran: "runs", Happening: "happenings", Line: "lines"}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the journal knows of a plugin's runs.

    Attributes
    ----------
    calls, failed, cancelled : int
    p50_s, p90_s, p99_s : float
        Percentiles of the wall time of the calls that returned; of calls that were summed up, of their mean.
    wall_s, cpu_s : float
        In all.
    peak_memory_bytes : int
    first, last : str
        When it was called first and last.
    """

    plugin_id: str
    calls: int
    failed: int
    cancelled: int
    p50_s: float
    p90_s: float
    p99_s: float
    wall_s: float
    cpu_s: float
    peak_memory_bytes: int
    first: str
    last: str


class RecordBook(Database):
    """The part of a journal that holds what ran, happened and was said."""

    def add(self, records: Sequence[Record]) -> None:
        """Write some, in one transaction: all or none."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for record in records:
            rows.setdefault(_TABLES[type(record)], []).append(_row(record))
        with self.writing() as connection:
            for name, of_table in rows.items():
                connection.execute(tables().tables[name].insert(), of_table)

    def runs(
        self,
        *,
        plugin_id: str | None = None,
        outcome: Outcome | None = None,
        run_id: str | None = None,
        since: str = "",
        newest: int | None = None,
    ) -> Iterator[Ran]:
        """What ran, oldest first; with `newest`, that many of the last. Of a run also its parts (``RUN.1``, …)."""
        columns = tables().tables["runs"].c
        which = [columns.at >= since] if since else []
        which += [columns.plugin_id == plugin_id] if plugin_id is not None else []
        which += [columns.outcome == outcome] if outcome is not None else []
        which += [_of_run(columns.run_id, run_id)] if run_id is not None else []
        return self._records(Ran, which, newest)

    def happenings(
        self, *, plugin_id: str | None = None, since: str = "", newest: int | None = None
    ) -> Iterator[Happening]:
        """What else happened, oldest first."""
        columns = tables().tables["happenings"].c
        which = [columns.at >= since] if since else []
        which += [columns.plugin_id == plugin_id] if plugin_id is not None else []
        return self._records(Happening, which, newest)

    def lines(
        self, *, plugin_id: str | None = None, run_id: str | None = None, since: str = "", newest: int | None = None
    ) -> Iterator[Line]:
        """What was printed and logged, oldest first."""
        columns = tables().tables["lines"].c
        which = [columns.at >= since] if since else []
        which += [columns.plugin_id == plugin_id] if plugin_id is not None else []
        which += [_of_run(columns.run_id, run_id)] if run_id is not None else []
        return self._records(Line, which, newest)

    def summaries(self, *, plugin_id: str | None = None, since: str = "") -> list[Summary]:
        """The figures of each plugin's runs, the most called first."""
        found: dict[str, list[Ran]] = {}
        for ran in self.runs(plugin_id=plugin_id, since=since):
            found.setdefault(ran.plugin_id, []).append(ran)
        made = [_summary(name, runs) for name, runs in found.items()]
        return sorted(made, key=lambda summary: -summary.calls)

    def _take_in(self) -> None:
        from sqlalchemy import select

        column = tables().tables["runs"].c.run_id
        for path in left_in(folder_of(self.place)):
            with contextlib.suppress(PluginError), left_by_the_dead(path) as found:
                for at in range(0, len(found or ()), PAGE):
                    page = found[at : at + PAGE] if found else []
                    ids = [ran.run_id for ran in page]
                    with self.reading() as connection:
                        known = set(connection.execute(select(column).where(column.in_(ids))).scalars())
                    self.add([ran for ran in page if ran.run_id not in known])

    def _records(self, kind: type[Any], which: list[ColumnElement[bool]], newest: int | None) -> Iterator[Any]:
        from sqlalchemy import select

        table = tables().tables[_TABLES[kind]]
        query = select(table).where(*which)
        if newest is not None:
            with self.reading() as connection:
                rows = connection.execute(query.order_by(table.c.id.desc()).limit(newest)).mappings().all()
            yield from (_record(kind, row) for row in reversed(rows))
            return
        yield from self._paged(kind, query, table.c.id)

    def _paged(self, kind: type[Any], query: Select[Any], number: Any) -> Iterator[Any]:
        """Page by page, each in a transaction of its own: nobody who writes waits for a reader that takes its time."""
        last = -1
        while True:
            with self.reading() as connection:
                page = query.where(number > last).order_by(number).limit(PAGE)
                rows = connection.execute(page).mappings().all()
            yield from (_record(kind, row) for row in rows)
            if len(rows) < PAGE:
                return
            last = rows[-1]["id"]


def since_days(days: float) -> str:
    """The moment so many days ago, as the journal writes it."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")


def _of_run(column: Any, run_id: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.startswith(f"{run_id}.", autoescape=True) | (column == run_id)
    return found


def _row(record: Record) -> dict[str, Any]:
    values = (
        (field.name, getattr(record, field.name)) for field in fields(record)
    )  # asdict() copies, which takes longer
    return {name: _storable(value) if isinstance(value, str) else value for name, value in values}


def _record(kind: type[Any], row: Any) -> Any:
    return kind(**{field.name: row[field.name] for field in fields(kind)})


def _storable(text: str) -> str:
    """What a plugin says may be no text that a database takes: halves of characters, and the NUL that PostgreSQL refuses."""
    text = text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "backslashreplace").decode()


def _summary(plugin_id: str, runs: list[Ran]) -> Summary:
    done = sorted((ran.wall_s / ran.calls, ran.calls) for ran in runs if ran.outcome == "done")
    return Summary(
        plugin_id=plugin_id,
        calls=sum(ran.calls for ran in runs),
        failed=sum(ran.calls for ran in runs if ran.outcome == "failed"),
        cancelled=sum(ran.calls for ran in runs if ran.outcome == "cancelled"),
        p50_s=_percentile(done, 0.50),
        p90_s=_percentile(done, 0.90),
        p99_s=_percentile(done, 0.99),
        wall_s=math.fsum(ran.wall_s for ran in runs),
        cpu_s=math.fsum(ran.cpu_s for ran in runs),
        peak_memory_bytes=max(ran.peak_memory_bytes for ran in runs),
        first=min(ran.at for ran in runs),
        last=max(ran.at for ran in runs),
    )


def _percentile(weighted: list[tuple[float, int]], share: float) -> float:
    """Of values, each of which counts so many times; sorted."""
    rest = share * sum(count for _, count in weighted)
    for value, count in weighted:
        rest -= count
        if rest <= 0:
            return value
    return 0.0
