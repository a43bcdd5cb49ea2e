"""Request: what a plugin asks for, as its manifest says it.

Owns the translation from the manifest, and the short words for folders and hosts. Judges nothing: what is asked may be
nonsense, and is looked at when it is granted. Called by ``decision`` and ``question``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..manifest import Manifest, Permission
from ..paths import shown


@dataclass(frozen=True, kw_only=True)
class Request:
    """One permission that a plugin asks for.

    Attributes
    ----------
    permission : str
        execute, file_access or network.
    reason : str
        Why, in the author's words; empty if the manifest gives none.
    read, write : tuple of str
        Folders as the author wrote them, as ``~/Music``; empty where the user is to name them.
    hosts : tuple of str
    """

    permission: Permission
    reason: str = ""
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    @property
    def needs_grant(self) -> bool:
        """Whether a person must have said yes: for all but running at all."""
        return self.permission != "execute"

    @property
    def is_open(self) -> bool:
        """Whether it leaves it to the user to say which folders or hosts."""
        return self.needs_grant and not (self.read or self.write or self.hosts)

    def describe(self) -> str:
        """What is asked, in short: ``read ~/Music``."""
        if not self.needs_grant:
            return "run"
        if self.is_open:
            return "folders that you name" if self.permission == "file_access" else "hosts that you name"
        return described(self.read, self.write, self.hosts)


def requests_of(manifest: Manifest) -> tuple[Request, ...]:
    """What a plugin asks for, in the order of its manifest, each once."""
    asked = manifest.permissions
    found: dict[str, Request] = {}
    for name in manifest.metadata.requires_permissions:
        if name == "file_access" and asked.file_access is not None:
            files = asked.file_access
            found[name] = Request(permission=name, reason=files.reason, read=files.read, write=files.write)
        elif name == "network" and asked.network is not None:
            found[name] = Request(permission=name, reason=asked.network.reason, hosts=asked.network.hosts)
        else:
            reason = asked.execute.reason if name == "execute" and asked.execute is not None else ""
            found[name] = Request(permission=name, reason=reason)
    return tuple(found.values())


def described(read: Iterable[str | Path], write: Iterable[str | Path], hosts: Iterable[str]) -> str:
    """Folders and hosts in short.

    >>> described(["/music"], [], ["example.org"])
    'read /music; reach example.org'
    """
    parts = [
        f"{verb} {', '.join(map(shown, what))}"
        for verb, what in (("read", list(read)), ("write", list(write)), ("reach", list(hosts)))
        if what
    ]
    return "; ".join(parts) or "nothing"
