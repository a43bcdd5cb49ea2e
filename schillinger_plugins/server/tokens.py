"""Tokens: who may ask a server, kept from one start to the next.

Owns the file: of each token its digest, whose it is, and what they may do. The token itself is shown once and never kept.
Refuses a file that others can read or write. Called by ``serving`` and ``schillinger token``.
"""

from __future__ import annotations

import logging
import os
import secrets
import stat
from pathlib import Path
from typing import Annotated, Literal, cast

import msgspec
import platformdirs

from ..errors import InputError
from ..files import put
from .access import OWNER, Scope, digest_of

MAX_BYTES = 1 << 20

_log = logging.getLogger(__name__)


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token as it is kept: without it."""

    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    user: str
    scope: Literal["read", "run", "manage"]
    may_grant: bool = False
    requests_per_s: float | None = None


class Tokens:
    """The tokens of the user who runs the server.

    Parameters
    ----------
    path : Path, optional
        Of the file; that in the user's data folder, if not given.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(platformdirs.user_data_dir("schillinger", appauthor=False)) / "tokens.json"
        self._told: object = self

    def all(self) -> list[Kept]:
        """Those that are known.

        Raises
        ------
        InputError
            If the file isn't this user's alone, or no list of tokens.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise InputError(f"{self.path} can't be read: {error.strerror}", remedy="it has to be a file") from error
        with open(descriptor, "rb") as file:
            about = os.fstat(file.fileno())
            if about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) & 0o077:
                raise InputError(f"{self.path} isn't yours alone", remedy=f"chmod 600 {self.path}")
            text = file.read(MAX_BYTES)
        try:
            return msgspec.json.decode(text, type=list[Kept])
        except msgspec.DecodeError as error:
            raise InputError(
                f"{self.path} is no list of tokens: {error}", remedy="remove it, and make new ones"
            ) from error

    def news(self) -> list[Kept] | None:
        """Those that are known, if the file is another one than when this was asked last; none while it can't be trusted."""
        try:
            about = self.path.lstat()
            now = (about.st_ino, about.st_mtime_ns, about.st_ctime_ns, about.st_size)
        except OSError:
            now = None
        if now == self._told:
            return None
        self._told = now
        try:
            return self.all()
        except InputError as error:
            _log.error("no user is known: %s", error)
            return []

    def new(self, user: str, scope: Scope, *, may_grant: bool = False, requests_per_s: float | None = None) -> str:
        """A new token of 256 random bits for somebody."""
        if not user.isprintable() or not 0 < len(user.strip()) <= 80:
            raise InputError(f"{user[:80]!r} is no name of a user", remedy="up to 80 characters that can be shown")
        if user.strip() == OWNER:
            raise InputError(f"{OWNER!r} is whoever starts the server", remedy="take another name")
        token = secrets.token_urlsafe(32)
        name = cast(Literal["read", "run", "manage"], scope.name.lower())
        kept = Kept(digest_of(token).hex(), user, name, may_grant, requests_per_s)
        self._write([*self.all(), kept])
        return token

    def remove(self, user: str) -> int:
        """Know a user's tokens no more; how many there were."""
        known = self.all()
        left = [one for one in known if one.user != user]
        self._write(left)
        return len(known) - len(left)

    def _write(self, tokens: list[Kept]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        umask = os.umask(0o077)
        try:
            put(self.path, msgspec.json.format(msgspec.json.encode(tokens), indent=1) + b"\n")
        finally:
            os.umask(umask)
