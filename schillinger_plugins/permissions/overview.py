"""Overview: what plugins ask for beside what they were granted, as rows of text.

Owns the words that the tables of the faces have in common. Called by ``magics`` and ``cli``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..errors import PluginError
from ..journal import Grant
from ..policy import Granted
from ..registry import PluginRecord
from .decision import Permissions, Standing
from .request import described, requests_of
from .terms import granting_line

HEADINGS = ("plugin", "permission", "asks for", "granted", "")


class Row(NamedTuple):
    """One permission of one plugin."""

    plugin_id: str
    permission: str
    asked: str
    granted: str
    note: str


def overview(permissions: Permissions, records: Iterable[PluginRecord], *, plugin_id: str | None = None) -> list[Row]:
    """What each plugin asks for and what it has, then the grants that count for nothing that is there.

    Parameters
    ----------
    records : iterable of PluginRecord
        Read afresh.
    plugin_id : str, optional
        That one alone, with ``execute``, too.
    """
    rows, counting = [], []
    for record in records:
        if record.manifest is None:
            continue
        for standing in permissions.standing(record):
            if plugin_id is None and not standing.request.needs_grant:
                continue
            counting.append(standing.grant)
            granted = described_grant(standing.grant) if standing.grant is not None else ""
            rows.append(
                Row(
                    record.id,
                    standing.request.permission,
                    standing.request.describe(),
                    granted or ("yes" if standing.is_met else "no"),
                    _note(record, standing),
                )
            )
    for grant in permissions.grants(plugin_id):
        if grant not in counting:
            note = f"since {grant.granted_at[:10]}, for version {grant.version} alone, whose code is not what is there"
            rows.append(Row(grant.plugin_id, grant.permission, "", described_grant(grant), note))
    return rows


def summary(permissions: Permissions, record: PluginRecord) -> list[str]:
    """What a plugin asks for, why, and how that stands: a line for each permission."""
    if record.manifest is None:
        return []
    try:
        standings = permissions.standing(record)
    except PluginError as error:
        asked = [f"{request.permission}: {request.describe()}" for request in requests_of(record.manifest)]
        return [*asked, f"what was granted is not known: {error.message}"]
    lines = []
    for standing in standings:
        request = standing.request
        parts = [f"{request.permission}: {request.reason}" if request.reason else request.permission]
        if request.needs_grant:
            parts.append(f"asks for: {request.describe()}")
            if standing.grant is not None:
                parts.append(f"granted on {standing.grant.granted_at[:10]}: {described_grant(standing.grant)}")
            else:
                parts.append(f"not granted: {_note(record, standing)}")
        lines.append("; ".join(parts))
    return lines


def described_grant(grant: Grant | Granted) -> str:
    """What was granted, in short."""
    return described(grant.read, grant.write, grant.hosts)


def _note(record: PluginRecord, standing: Standing) -> str:
    if not standing.request.needs_grant:
        return "granted to every plugin that is called"
    if standing.grant is not None:
        return f"since {standing.grant.granted_at[:10]}"
    line = granting_line(record, [standing.request])
    return f"{standing.why_not}; {line}" if standing.before is not None else line
