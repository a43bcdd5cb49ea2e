"""Retention: how much of the past is kept.

Owns the two bounds of what ran, happened and was said: age and size. Grants are no past and are kept for good. Called by
``writer`` now and then, and by the command line.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ..errors import InputError
from .records import RecordBook, since_days
from .tables import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

DAYS_VARIABLE = "SCHILLINGER_JOURNAL_DAYS"
MEGABYTES_VARIABLE = "SCHILLINGER_JOURNAL_MB"

_TABLES = ("lines", "happenings", "runs")  # what says least goes first
_SHARE = 0.2


@dataclass(frozen=True, kw_only=True)
class Retention:
    """What is kept.

    Attributes
    ----------
    days : float
        What is older goes; with 0 nothing is kept at all, nor told.
    megabytes : float
        Of the whole journal. Where it is more, what test suites did goes first; then the oldest fifth of the lines, then of
        all else, until it fits.
    """

    days: float = 90.0
    megabytes: float = 256.0

    @classmethod
    def from_environment(cls) -> Self:
        """As ``SCHILLINGER_JOURNAL_DAYS`` and ``SCHILLINGER_JOURNAL_MB`` say.

        Raises
        ------
        InputError
            If one of them is no number from 0 on.
        """
        return cls(days=_number(DAYS_VARIABLE, cls.days), megabytes=_number(MEGABYTES_VARIABLE, cls.megabytes))

    def hold(self, journal: RecordBook) -> int:
        """Remove what is beyond the bounds; how many records that were.

        Raises
        ------
        PluginError
            If the journal can't be written.
        """
        since, removed = since_days(self.days), 0
        with journal.writing() as connection:
            for name in _TABLES:
                table = tables().tables[name]
                removed += connection.execute(table.delete().where(table.c.at < since)).rowcount
        for name in _TABLES:
            with journal.writing() as connection:
                if _bytes(connection) > self.megabytes * 1e6:
                    table = tables().tables[name]
                    removed += connection.execute(table.delete().where(table.c.purpose == "test")).rowcount
        for name in _TABLES:
            while True:
                with journal.writing() as connection:
                    gone = _oldest_fifth(connection, name) if _bytes(connection) > self.megabytes * 1e6 else 0
                removed += gone
                if not gone:
                    break
        if removed:
            journal.vacuum()
        return removed


def _number(name: str, usual: float) -> float:
    text = os.environ.get(name, "").strip()
    if not text:
        return usual
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not math.isfinite(value) or value < 0:
        raise InputError(
            f"{name} is {text[:40]!r}, which is no number from 0 on", remedy=f"unset it, or write {name}={usual:g}"
        )
    return value


def _oldest_fifth(connection: Connection, name: str) -> int:
    from sqlalchemy import func, select

    table = tables().tables[name]
    first, last = connection.execute(select(func.min(table.c.id), func.max(table.c.id))).one()
    if first is None:
        return 0
    border = first + max(1, int((last - first) * _SHARE))
    return int(connection.execute(table.delete().where(table.c.id < border)).rowcount)


def _bytes(connection: Connection) -> int:
    """What is in use: room that was freed doesn't count, wherever it is given back."""
    if connection.dialect.name == "sqlite":
        pages, free, size = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size
    total = 0
    for name in _TABLES:
        # What PostgreSQL's tables take shrinks with its vacuum only, so the rows are measured.
        query = f"SELECT coalesce(sum(pg_column_size(t.*)), 0) FROM {name} t"  # noqa: S608 - a constant
        total += int(connection.exec_driver_sql(query).scalar_one())
    return total
