"""Terms: what exactly would be granted.

Owns the way from what somebody names, or the manifest asks, to folders and hosts that may be granted, and the line that
grants them. Refuses a permission that the plugin doesn't ask for, and folders that must not be given to any plugin.
Writes nothing. Called by ``decision`` and ``question``.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, PluginError
from ..hosts import split
from ..manifest import Manifest
from ..paths import grantable_folder, shown
from ..registry import PluginRecord
from ..schema.strict import suggestion
from .request import Request, described, requests_of

GRANTABLE = ("file_access", "network")

_NOT_KNOWN_BY_ID = ("path", "loaded by path")
"""How records were found whose id means nothing in another process: the line that grants names their folder instead."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What exactly would be granted: checked, but nobody has said yes.

    Attributes
    ----------
    more : str
        What of it the plugin didn't ask for, in short; empty if nothing.
    """

    permission: str
    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    hosts: tuple[str, ...] = ()
    more: str = ""

    def describe(self) -> str:
        """In short, as ``read /home/me/Music``."""
        return described(self.read, self.write, self.hosts)


@dataclass(frozen=True, kw_only=True)
class Given:
    """Folders and hosts that somebody names; None where nothing is said of them."""

    read: Iterable[str | Path] | None = None
    write: Iterable[str | Path] | None = None
    hosts: Iterable[str] | None = None

    @property
    def permissions(self) -> tuple[str, ...]:
        """Which permissions they are about."""
        files = () if self.read is None and self.write is None else ("file_access",)
        return files if self.hosts is None else (*files, "network")


@dataclass(frozen=True, kw_only=True)
class Borders:
    """What no grant may reach.

    Attributes
    ----------
    code : sequence of Path
        Folders of plugins: not to be written.
    private : sequence of Path
        Not to be seen.
    """

    code: Sequence[Path] = ()
    private: Sequence[Path] = ()

    def demand(self, folders: Iterable[str | Path], *, writable: bool) -> list[Path]:
        """The folders, if each may be granted.

        Raises
        ------
        InputError
            For the first that may not.
        """
        return [grantable_folder(folder, writable=writable, code=self.code, private=self.private) for folder in folders]

    def unchanged(self, path: str, *, writable: bool) -> Path:
        """A folder that was granted, if it is still the same: a link in its place would lead anywhere.

        Raises
        ------
        InputError
            If it isn't there any more, is a link now, or may not be granted any more.
        """
        (folder,) = self.demand([path], writable=writable)
        if str(folder) != path:
            raise InputError(f"{shown(path)} is a link now, to {shown(folder)}")
        return folder


def terms_of(record: PluginRecord, permission: str, given: Given, borders: Borders) -> Terms:
    """What would be granted. If anything is given, that and nothing else; if nothing is, what the plugin asks for.

    Raises
    ------
    InputError
        If the plugin doesn't ask for that permission, something can't be granted, or nothing is named at all.
    """
    request = requested(record, permission)
    _demand_about(record, request, given)
    remedy = None
    if not given.permissions:
        if request.is_open:
            what = "hosts" if permission == "network" else "folders"
            raise InputError(
                f"it asks for {permission} without naming {what}",
                plugin_id=record.id,
                remedy=f"name them: {granting_line(record, [request])}",
            )
        remedy = f"name others: {granting_line(record, [request], name_them=True)}"
        given = Given(read=request.read, write=request.write, hosts=request.hosts)
    with _about(record.id, remedy):
        write = _outermost(borders.demand(_several(given.write), writable=True))
        read = _outermost(borders.demand(_several(given.read), writable=False))
        # What may be written may be read: naming it twice would only look like more.
        read = [path for path in read if not any(path.is_relative_to(outer) for outer in write)]
        hosts = tuple(dict.fromkeys(map(_host, _several(given.hosts))))
    more = _more(request, read, write, hosts)
    return Terms(permission=permission, read=tuple(read), write=tuple(write), hosts=hosts, more=more)


def requested(record: PluginRecord, permission: str) -> Request:
    """The plugin's own request for a permission that can be granted.

    Raises
    ------
    InputError
        If it doesn't ask for it, or there is no such permission.
    """
    requests: dict[str, Request] = {request.permission: request for request in requests_of(manifest_of(record))}
    found = requests.get(permission)
    if found is not None and found.needs_grant:
        return found
    if permission == "execute":
        raise InputError("execute needs no grant", plugin_id=record.id, remedy="running a plugin is letting it run")
    asked = [request.permission for request in requests.values() if request.needs_grant]
    if permission not in GRANTABLE:
        remedy = suggestion(permission[:60], asked or GRANTABLE)
        raise InputError(f"there is no permission {permission[:60]!r}", plugin_id=record.id, remedy=remedy)
    raise InputError(
        f"it does not ask for {permission}",
        plugin_id=record.id,
        remedy=f"it asks for {' and '.join(asked)}" if asked else "it needs no grant",
    )


def manifest_of(record: PluginRecord) -> Manifest:
    """The manifest, or the error that there is in its place."""
    if record.manifest is None:
        raise record.error or PluginError("it has no manifest", plugin_id=record.id)
    return record.manifest


def granting_line(record: PluginRecord, requests: Sequence[Request], *, name_them: bool = False) -> str:
    """The line that grants what is asked, to be typed as it is but for folders and hosts that nobody has named yet."""
    name = shlex.quote(str(record.root)) if record.source in _NOT_KNOWN_BY_ID else record.id
    # Without the name of a permission all are granted that are asked for.
    words = ["%plugin grant", name, *([requests[0].permission] if len(requests) == 1 else [])]
    for request in requests:
        if name_them or request.is_open:
            words.append("--read FOLDER" if request.permission == "file_access" else "--host NAME")
    return " ".join(words)


def _demand_about(record: PluginRecord, request: Request, given: Given) -> None:
    wrong = [name for name in given.permissions if name != request.permission]
    if wrong:
        about, not_about = ("hosts", "folders") if request.permission == "network" else ("folders", "hosts")
        raise InputError(
            f"{request.permission} is about {about}, not {not_about}",
            plugin_id=record.id,
            remedy=granting_line(record, [request], name_them=True),
        )


def _more(request: Request, read: Sequence[Path], write: Sequence[Path], hosts: Sequence[str]) -> str:
    if request.is_open:
        return ""
    may_write = [_meant(folder) for folder in request.write]
    may_read = [*may_write, *(_meant(folder) for folder in request.read)]
    may_reach = {host.lower() for host in request.hosts}
    more = (
        [path for path in read if not any(path.is_relative_to(folder) for folder in may_read)],
        [path for path in write if not any(path.is_relative_to(folder) for folder in may_write)],
        [host for host in hosts if host not in may_reach],
    )
    return described(*more) if any(more) else ""


def _several(named: Iterable[str | Path] | None) -> list[str]:
    # One name is not a sequence of letters.
    return [str(named)] if isinstance(named, (str, Path)) else [str(one) for one in named or ()]


def _host(text: str) -> str:
    if len(text) > 253:
        raise InputError(f"{text[:60]!r}… is no host: it is too long", remedy="write example.org")
    split(text)
    return text.lower()


def _meant(folder: str) -> Path:
    try:
        return Path(folder).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        return Path(folder)


def _outermost(folders: Iterable[Path]) -> list[Path]:
    """Without those that lie in another of them."""
    distinct = list(dict.fromkeys(folders))
    return [one for one in distinct if not any(one != other and one.is_relative_to(other) for other in distinct)]


@contextlib.contextmanager
def _about(plugin_id: str, remedy: str | None) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        error.plugin_id = plugin_id
        error.remedy = remedy or error.remedy
        raise
