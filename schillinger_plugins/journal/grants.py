"""Grants: what was granted to plugins and what was denied.

Owns the two tables of them. Base of `Journal`; called by ``permissions``, which decides what an unusable journal means.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..errors import InputError
from ..paths import demand_storable
from .database import Database
from .tables import tables

MAX_DENIALS = 10_000
"""The oldest go: a job that is refused every minute must not fill the disk."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a user has granted one version of a plugin.

    Attributes
    ----------
    plugin_id, version, content_hash : str
        Of the code that it was granted to; it counts for no other.
    user : str
        Who granted it; it counts for nobody else.
    permission : str
        file_access or network.
    read, write : tuple of str
        Folders, absolute, with links followed.
    hosts : tuple of str
    reason : str
        Why the plugin asked, as its manifest said then.
    granted_at, ended_at : str
        As ISO 8601 in UTC; a grant that has not ended has an empty `ended_at`.
    """

    plugin_id: str
    version: str
    content_hash: str
    user: str
    permission: str
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    reason: str = ""
    granted_at: str = ""
    ended_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Denial:
    """A plugin that was refused what it asks for, or somebody who was refused to upload one.

    Attributes
    ----------
    plugin_id, version, content_hash : str
        Empty where it isn't known which: of what is uploaded nobody may read more than it takes to refuse it.
    permission : str
        ``upload`` is nothing that a plugin asks for.
    target : str
        The folders or hosts it asked for; of an upload, why it was refused.
    """

    plugin_id: str
    version: str
    content_hash: str
    user: str
    permission: str
    target: str = ""
    denied_at: str = ""


def now() -> str:
    """The moment as the journal writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class GrantBook(Database):
    """The part of a journal that holds grants and denials."""

    def add_grant(self, grant: Grant) -> Grant:
        """Write a grant; it takes the place of an earlier one of the same permission to the same code by the same user.

        Returns
        -------
        Grant
            As it was written, with its time.

        Raises
        ------
        InputError
            For text that can't be written.
        """
        row = _row(grant, granted_at=grant.granted_at or now(), ended_at=grant.ended_at)
        table = tables().tables["grants"]
        key = ("plugin_id", "version", "content_hash", "user", "permission")
        with self.writing() as connection:
            same = [table.c[name] == row[name] for name in key]
            connection.execute(table.update().where(*same, table.c.ended_at == "").values(ended_at=row["granted_at"]))
            connection.execute(table.insert().values(row))
        return _grant(row)

    def grants(self, *, plugin_id: str | None = None, user: str | None = None, with_ended: bool = False) -> list[Grant]:
        """The grants of a plugin, or of all, oldest first."""
        table = tables().tables["grants"]
        query = table.select().order_by(table.c.id)
        if plugin_id is not None:
            query = query.where(table.c.plugin_id == demand_storable(plugin_id, "the id"))
        if user is not None:
            query = query.where(table.c.user == user)
        if not with_ended:
            query = query.where(table.c.ended_at == "")
        with self.reading() as connection:
            return [_grant(row) for row in connection.execute(query).mappings()]

    def end_grants(self, plugin_id: str, *, user: str, permission: str | None = None) -> list[Grant]:
        """End a user's grants to a plugin, whatever its version; those that were ended."""
        table = tables().tables["grants"]
        which = [
            table.c.plugin_id == demand_storable(plugin_id, "the id"),
            table.c.user == user,
            table.c.ended_at == "",
        ]
        if permission is not None:
            which.append(table.c.permission == demand_storable(permission, "the permission"))
        with self.writing() as connection:
            ended = [_grant(row) for row in connection.execute(table.select().where(*which)).mappings()]
            if ended:
                connection.execute(table.update().where(*which).values(ended_at=now()))
        return ended

    def add_denial(self, denial: Denial) -> None:
        """Write a denial."""
        row = _row(denial, denied_at=denial.denied_at or now())
        table = tables().tables["denials"]
        with self.writing() as connection:
            number = connection.execute(table.insert().values(row)).inserted_primary_key
            if number is not None:
                connection.execute(table.delete().where(table.c.id <= number[0] - MAX_DENIALS))

    def denials(self, *, plugin_id: str | None = None, user: str | None = None) -> list[Denial]:
        """The denials of a plugin, or of all, oldest first."""
        table = tables().tables["denials"]
        query = table.select().order_by(table.c.id)
        if plugin_id is not None:
            query = query.where(table.c.plugin_id == demand_storable(plugin_id, "the id"))
        if user is not None:
            query = query.where(table.c.user == user)
        with self.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [Denial(**{name: value for name, value in row.items() if name != "id"}) for row in rows]


def _row(entry: Grant | Denial, **times: str) -> dict[str, str]:
    row = {}
    for name, value in {**vars(entry), **times}.items():
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else value
        row[name] = demand_storable(text, f"`{name}`")
    return row


def _grant(row: Any) -> Grant:
    values = {name: value for name, value in row.items() if name != "id"}
    for name in ("read", "write", "hosts"):
        try:
            listed = json.loads(values[name])
        except ValueError as error:
            raise InputError("the journal holds a grant that can't be read", remedy="grant it again") from error
        values[name] = tuple(map(str, listed))
    return Grant(**values)
