"""Permissions: the decision, and what was decided before.

Owns whose grant counts for which code, and why an earlier one doesn't any more. Refuses by default: where the journal
can't be read, nothing counts as granted. Called by the manager before any code of a plugin is run, and by the faces to
show and to ask.
"""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import InputError, PermissionDenied, PluginError, UnknownPlugin
from ..events import Event, Events
from ..journal import Denial, Grant, Journal
from ..manifest import Manifest
from ..policy import Granted
from ..registry import PluginRecord
from ..schema.strict import suggestion
from .request import Request, requests_of
from .terms import GRANTABLE, Borders, Given, Terms, granting_line, manifest_of, requested, terms_of


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a request stands for one user and one code.

    Attributes
    ----------
    request : Request
    grant : Grant or None
        The one that counts.
    why_not : str
        Why there is none, as ``granted for version 1.0.0 on 2026-11-20; the code has changed since``.
    before : Grant or None
        The last one of that permission, which counts no more or counts for other code.
    """

    request: Request
    grant: Grant | None
    why_not: str = ""
    before: Grant | None = None

    @property
    def is_met(self) -> bool:
        """Whether nobody has to be asked."""
        return self.grant is not None or not self.request.needs_grant


class Permissions:
    """What plugins may do for the user who runs this.

    Parameters
    ----------
    plugins : Mapping of str to PluginRecord
        Those that are known; their folders can't be granted for writing.
    journal : Journal, optional
        Where grants are kept; the user's own, if not given.
    """

    def __init__(
        self, plugins: Mapping[str, PluginRecord], *, journal: Journal | None = None, events: Events | None = None
    ) -> None:
        self._plugins = plugins
        self._events = events or Events()
        self.journal = journal or Journal()

    def requests(self, plugin_id: str) -> tuple[Request, ...]:
        """What a plugin asks for.

        Raises
        ------
        UnknownPlugin, ManifestError
            If there is no such plugin, or its manifest is broken.
        """
        return requests_of(manifest_of(self._plugins[plugin_id]))

    def grants(self, plugin_id: str | None = None) -> list[Grant]:
        """This user's grants that have not been revoked, whatever the code they were made for."""
        return self.journal.grants(plugin_id=plugin_id, user=current_user())

    def standing(self, record: PluginRecord) -> tuple[Standing, ...]:
        """How each request of a plugin stands, for the code that lies in its folder.

        Raises
        ------
        PluginError
            If the journal is needed and can't be read.
        """
        manifest = manifest_of(record)
        if not any(request.needs_grant for request in requests_of(manifest)):
            return tuple(Standing(request=request, grant=None) for request in requests_of(manifest))
        return self._standing(manifest, record.id, record.content_hash)

    def demand(self, record: PluginRecord, *, content_hash: str) -> Granted:
        """What is granted to a plugin, which is all it asks for or more or less of it; or refuse to run it.

        Parameters
        ----------
        record : PluginRecord
        content_hash : str
            Of the code that would be run.

        Raises
        ------
        PermissionDenied
            With the permission, the folders or hosts, why an earlier grant doesn't count, and the line that grants it. The
            denial is written into the journal.
        """
        manifest = manifest_of(record)
        asked = [request for request in requests_of(manifest) if request.needs_grant]
        if not asked:
            return Granted()
        try:
            standings = [one for one in self._standing(manifest, record.id, content_hash) if one.request.needs_grant]
        except PluginError as error:
            raise PermissionDenied(
                f"it requires {_and(asked)}, and whether that was granted can't be read: {error.message}",
                permission=_and(asked),
                target=_target(asked),
                plugin_id=record.id,
                remedy=error.remedy,
            ) from error
        missing = [one for one in standings if not one.is_met]
        if missing:
            requests = [one.request for one in missing]
            self._note_denial(manifest, record.id, content_hash, requests)
            what = " and ".join(f"{one.request.permission} ({one.request.describe()})" for one in missing)
            raise PermissionDenied(
                f"it requires {what}, {'; '.join(dict.fromkeys(one.why_not for one in missing))}",
                permission=_and(requests),
                target=_target(requests),
                plugin_id=record.id,
                remedy=granting_line(record, requests),
            )
        grants = [one.grant for one in standings if one.grant is not None]
        borders = self._borders(record)
        try:
            return Granted(
                read=tuple(borders.unchanged(path, writable=False) for grant in grants for path in grant.read),
                write=tuple(borders.unchanged(path, writable=True) for grant in grants for path in grant.write),
                hosts=tuple(host for grant in grants for host in grant.hosts),
            )
        except InputError as error:
            files = [one.request for one in standings if one.request.permission == "file_access"]
            self._note_denial(manifest, record.id, content_hash, files)
            raise PermissionDenied(
                f"a folder that was granted to it can't be given to it now: {error.message}",
                permission="file_access",
                target=", ".join(path for grant in grants for path in (*grant.read, *grant.write)),
                plugin_id=record.id,
                remedy=f"grant anew: {granting_line(record, files, name_them=True)}",
            ) from error

    def terms(self, record: PluginRecord, permission: str, given: Given | None = None) -> Terms:
        """What would be granted, checked; see `terms_of`.

        Raises
        ------
        InputError
            If it can't be granted.
        """
        return terms_of(record, permission, given or Given(), self._borders(record))

    def grant(self, record: PluginRecord, terms: Terms) -> Grant:
        """Write a grant into the journal, for the code that lies in the plugin's folder as `record` has read it.

        Raises
        ------
        PluginError
            If the journal can't be written.
        """
        request = requested(record, terms.permission)
        grant = self.journal.add_grant(
            Grant(
                plugin_id=record.id,
                version=manifest_of(record).metadata.version,
                content_hash=record.content_hash,
                user=current_user(),
                permission=terms.permission,
                read=tuple(map(str, terms.read)),
                write=tuple(map(str, terms.write)),
                hosts=terms.hosts,
                reason=request.reason,
            )
        )
        self._events.emit(Event("granted", record.id, data={"permission": terms.permission}))
        return grant

    def revoke(self, plugin_id: str, permission: str | None = None) -> list[Grant]:
        """End this user's grants to a plugin, whatever the code they were made for; those that were ended.

        Raises
        ------
        UnknownPlugin
            If there is neither such a plugin nor a grant to one.
        """
        if permission is not None and permission not in GRANTABLE:
            raise InputError(
                f"{permission[:60]!r} can't be revoked", plugin_id=plugin_id, remedy=suggestion(permission, GRANTABLE)
            )
        ended = self.journal.end_grants(plugin_id, user=current_user(), permission=permission)
        if not ended and plugin_id not in self._plugins:
            known = [*self._plugins, *(grant.plugin_id for grant in self.grants())]
            raise UnknownPlugin(
                f"there is no plugin {plugin_id[:100]!r}, nor a grant to one", remedy=suggestion(plugin_id, known)
            )
        for grant in ended:
            self._events.emit(Event("revoked", plugin_id, data={"permission": grant.permission}))
        return ended

    def _standing(self, manifest: Manifest, plugin_id: str, content_hash: str) -> tuple[Standing, ...]:
        known = self.journal.grants(plugin_id=plugin_id, user=current_user(), with_ended=True)
        version = manifest.metadata.version
        standings = []
        for request in requests_of(manifest):
            mine = [grant for grant in known if grant.permission == request.permission]
            counts = [g for g in mine if not g.ended_at and (g.version, g.content_hash) == (version, content_hash)]
            # A grant that has not ended tells more than one that has.
            before = max(mine, key=lambda grant: (not grant.ended_at, grant.granted_at), default=None)
            standings.append(
                Standing(
                    request=request,
                    grant=counts[-1] if counts else None,
                    why_not="" if counts else _why_not(before, version),
                    before=None if counts else before,
                )
            )
        return tuple(standings)

    def _borders(self, record: PluginRecord) -> Borders:
        code = [record.root, *(known.root for known in self._plugins.values())]
        return Borders(code=code, private=[self.journal.file] if self.journal.file is not None else [])

    def _note_denial(self, manifest: Manifest, plugin_id: str, content_hash: str, requests: Sequence[Request]) -> None:
        for request in requests:
            # That it is refused doesn't depend on whether it can be written down.
            with contextlib.suppress(PluginError):
                self.journal.add_denial(
                    Denial(
                        plugin_id=plugin_id,
                        version=manifest.metadata.version,
                        content_hash=content_hash,
                        user=current_user(),
                        permission=request.permission,
                        target=", ".join([*request.read, *request.write, *request.hosts]),
                    )
                )

    def known_since(self, plugin_id: str) -> str:
        """The day this user was first asked about a plugin, as 2026-11-20; empty if never."""
        user = current_user()
        times = [grant.granted_at for grant in self.journal.grants(plugin_id=plugin_id, user=user, with_ended=True)]
        denials = self.journal.denials(plugin_id=plugin_id, user=user)
        times += [denial.denied_at for denial in denials if denial.permission in GRANTABLE]
        return min(times, default="")[:10]


def current_user() -> str:
    """Whose grants count: the user that this process runs as, whatever the environment says."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"


def _why_not(before: Grant | None, version: str) -> str:
    if before is None:
        return "which was not granted"
    granted = f"granted for version {before.version} on {before.granted_at[:10]}"
    if before.ended_at:
        return f"{granted} and revoked on {before.ended_at[:10]}"
    if before.version != version:
        return f"{granted}; this is version {version}"
    return f"{granted}; the code has changed since"


def _and(requests: Iterable[Request]) -> str:
    return " and ".join(request.permission for request in requests)


def _target(requests: Iterable[Request]) -> str | None:
    named = [what for request in requests for what in (*request.read, *request.write, *request.hosts)]
    return ", ".join(named) or None
