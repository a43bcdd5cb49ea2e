"""Records: what ran, what happened, and what was said.

Owns the three tables of them and the questions that are asked of them. Text is kept as it came, but for what a database
can't hold. Base of `Journal`; written by ``writer``.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from ..behalf import Purpose
from ..errors import PluginError
from .database import Database
from .figures import Summary, summary_of
from .spool import folder_of, left_by_the_dead, left_in
from .tables import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

Outcome = Literal["done", "failed", "cancelled"]

Kind = Literal["call", "workflow", "flow"]
"""What ran: a plugin; a plugin with steps over others; plugins that somebody has wired together."""

MAX_TEXT = 16_000
"""Characters of one field; the rest is cut, with a mark."""

PAGE = 1_000
"""Rows that are read at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """A call, or several alike; or a flow, whose calls are its parts.

    Attributes
    ----------
    run_id : str
        What its result's provenance and the lines of its log have, too. A part's begins with that of the whole: ``RUN.1``.
    at : str
        When it began, ISO 8601 in UTC.
    user, session : str
        Who ran it, and in which process of theirs.
    plugin_id, version, content_hash, instance_id, level : str
        Empty for a flow.
    method : str
        execute; ``process`` for sound streamed block by block.
    parameters, config, input_digests : str
        As JSON.
    calls : int
        More than 1 where calls came too fast for a record of each: then the times are their sum, the rest is the last one's.
    wall_s, cpu_s : float
    peak_memory_bytes : int
    memory_bytes, growth_bytes_per_call : int, float
        Of its worker when it had ended, and by how much that grows with each call.
    waiting : int
        Calls that waited for the instance then.
    error_kind, error : str
        Empty unless it failed; of a flow, those of the node that failed first.
    traceback : str
        The plugin's own, its end at least; empty if it raised nothing, or failed over and over.
    kind : str
    name : str
        Of a flow; empty for all else.
    nodes_ran, nodes_cached, nodes_failed : int
        Of a flow: nodes that were run to their end, whose result was there already, and that failed.
    purpose : str
        test: by a test suite; else empty.
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
    memory_bytes: int = 0
    growth_bytes_per_call: float = 0.0
    waiting: int = 0
    kind: Kind = "call"
    name: str = ""
    nodes_ran: int = 0
    nodes_cached: int = 0
    nodes_failed: int = 0
    purpose: Purpose = ""
    traceback: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """Something else that happened to a plugin: it was loaded, reloaded, granted something, …

    Attributes
    ----------
    name : str
        As in `EVENT_NAMES`; load_failed for a load that failed.
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
    purpose: Purpose = ""


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
    purpose: Purpose = ""


Record = Ran | Happening | Line

_TABLES: dict[type, str] = {Ran: "runs", Happening: "happenings", Line: "lines"}


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
        with_tests: bool = False,
    ) -> Iterator[Ran]:
        """What ran, oldest first; with `newest`, that many of the last. Of a run also its parts (``RUN.1``, …).

        Parameters
        ----------
        plugin_id : str
            Of a plugin, or the name of a flow.
        with_tests : bool
            Also what test suites ran. A run that is asked for by its id is told whatever it was made for.
        """
        columns = tables().tables["runs"].c
        which = _of_whom(columns, since, with_tests=with_tests or run_id is not None)
        which += [_of_plugin_or_flow(columns, plugin_id)] if plugin_id is not None else []
        which += [columns.outcome == outcome] if outcome is not None else []
        which += [_of_run(columns.run_id, run_id)] if run_id is not None else []
        return self._records(Ran, which, newest)

    def run(self, run_id: str) -> tuple[Ran | None, list[Ran]]:
        """A run, if it is known, and its parts. Of one that was killed its parts may be all there is: then the last one."""
        found = list(self.runs(run_id=run_id))
        whole = next((ran for ran in found if ran.run_id == run_id), found[-1] if found else None)
        return whole, [ran for ran in found if ran is not whole]

    def happenings(
        self,
        *,
        plugin_id: str | None = None,
        since: str = "",
        newest: int | None = None,
        with_tests: bool = False,
    ) -> Iterator[Happening]:
        """What else happened, oldest first; as `runs`."""
        columns = tables().tables["happenings"].c
        which = _of_whom(columns, since, with_tests=with_tests)
        which += [columns.plugin_id == plugin_id] if plugin_id is not None else []
        return self._records(Happening, which, newest)

    def lines(
        self,
        *,
        plugin_id: str | None = None,
        run_id: str | None = None,
        since: str = "",
        newest: int | None = None,
        with_tests: bool = False,
    ) -> Iterator[Line]:
        """What was printed and logged, oldest first; as `runs`."""
        columns = tables().tables["lines"].c
        which = _of_whom(columns, since, with_tests=with_tests or run_id is not None)
        which += [columns.plugin_id == plugin_id] if plugin_id is not None else []
        which += [_of_run(columns.run_id, run_id)] if run_id is not None else []
        return self._records(Line, which, newest)

    def tested(self, *, plugin_id: str | None = None, since: str = "") -> int:
        """How many calls test suites made."""
        from sqlalchemy import func, select

        columns = tables().tables["runs"].c
        which = [columns.purpose == "test", *([columns.at >= since] if since else [])]
        which += [_of_plugin_or_flow(columns, plugin_id)] if plugin_id is not None else []
        with self.reading() as connection:
            return int(connection.execute(select(func.coalesce(func.sum(columns.calls), 0)).where(*which)).scalar_one())

    def summaries(
        self, *, plugin_id: str | None = None, since: str = "", by_instance: bool = False, with_tests: bool = False
    ) -> list[Summary]:
        """The figures of each plugin's runs, or of each instance's, and of each flow's; the most called first."""
        found: dict[tuple[str, ...], list[Ran]] = {}
        for ran in self.runs(plugin_id=plugin_id, since=since, with_tests=with_tests):
            # Flows have none of these; a name of theirs may be a plugin's id, too.
            of_instance = (ran.session, ran.instance_id) if by_instance and ran.kind != "flow" else ("", "")
            found.setdefault((ran.plugin_id, ran.name, *of_instance), []).append(ran)
        restarts: Counter[tuple[str, ...]] = Counter()
        for one in self.happenings(plugin_id=plugin_id, since=since, with_tests=with_tests):
            if one.name == "restarted":
                restarts[(one.plugin_id, "", *((one.session, one.instance_id) if by_instance else ("", "")))] += 1
        made = [summary_of(whose, runs, restarts[whose]) for whose, runs in found.items()]
        return sorted(made, key=lambda summary: -summary.calls)

    def _take_in(self) -> None:
        from sqlalchemy import select

        column = tables().tables["runs"].c.run_id
        for path in left_in(folder_of(self.place)):
            with contextlib.suppress(PluginError), left_by_the_dead(path) as found:
                ran = [one for one in found if isinstance(one, Ran)]
                for at in range(0, len(ran), PAGE):
                    page = ran[at : at + PAGE]
                    last = {one.run_id: one for one in page}  # what grows is there several times
                    with self.reading() as connection:
                        known = set(connection.execute(select(column).where(column.in_(list(last)))).scalars())
                    self.add([one for one in last.values() if one.run_id not in known])
                nameless = [one for one in found if not isinstance(one, Ran)]
                for kind, session in {(type(one), one.session) for one in nameless}:
                    self._take_in_nameless([one for one in nameless if (type(one), one.session) == (kind, session)])

    def _take_in_nameless(self, found: Sequence[Happening | Line]) -> None:
        """Of one kind and session, but for those that had been written; equal ones are as good as each other."""
        kind = type(found[0])
        found = [kind(**_row(one)) for one in found]
        columns = tables().tables[_TABLES[kind]].c
        first, last = min(one.at for one in found), max(one.at for one in found)
        which = [columns.session == found[0].session, columns.at >= first, columns.at <= last]
        written = Counter(self._records(kind, which, None))
        missing = []
        for one in found:
            written[one] -= 1
            if written[one] < 0:
                missing.append(one)
        for at in range(0, len(missing), PAGE):
            self.add(missing[at : at + PAGE])

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


def _of_whom(columns: Any, since: str, *, with_tests: bool) -> list[ColumnElement[bool]]:
    return [*([columns.at >= since] if since else []), *([] if with_tests else [columns.purpose != "test"])]


def _of_plugin_or_flow(columns: Any, name: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = (columns.plugin_id == name) | ((columns.kind == "flow") & (columns.name == name))
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
