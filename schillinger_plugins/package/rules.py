"""The rules of an archive: what an entry may be called, and how much there may be.

Owns the bounds and the `Ledger` that every entry is entered in before a byte of it is written. Whether a path stays within
its folder is judged by `paths.inner_path`; here is what else makes a name mean two things: on another system, in another
case, in another spelling of the same character, or to the eye. Called by the readers and by ``placing``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, PackageError
from ..manifest import FILE_NAME
from ..paths import inner_path, shown

MAX_ARCHIVE_BYTES = 256 * 1024**2
MAX_ENTRIES = 5_000
MAX_TOTAL_BYTES = 512 * 1024**2
MAX_FILE_BYTES = 256 * 1024**2
MAX_RATIO = 250
"""Unpacked to packed, beyond the first MiB. Deflate reaches 1,032 on nothing but zeros; real text stays below 30."""
MAX_PATH_BYTES = 1024
MAX_NAME_BYTES = 255
MAX_DEPTH = 32

RATIO_FROM_BYTES = 1024**2
CHUNK_BYTES = 256 * 1024

_ASK = "ask its author for an archive made by `schillinger pack`"
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³]) *(?:\.|\Z)", re.IGNORECASE)
_FOREIGN = frozenset('<>:"|?*\\')


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One entry, as a reader found it.

    Attributes
    ----------
    name : str
        As it is written, but for the slash at the end of a folder.
    is_folder : bool
    size : int
        What the archive says; `chunks` never yields more or less, or raises.
    chunks : callable
        The content from its beginning. Of a tar, once, and before the next entry is asked for.
    """

    name: str
    is_folder: bool
    size: int
    chunks: Callable[[], Iterator[bytes]]


def refusal(source: Path, entry: str | bytes | None, problem: str, remedy: str = _ASK) -> PackageError:
    """The error for a broken rule: the archive, the entry, the rule, what to do."""
    subject = shown(source.name or str(source))
    if entry is not None:
        text = entry.decode("utf-8", "backslashreplace") if isinstance(entry, bytes) else entry
        subject += f": the entry {text if len(text) <= 200 else text[:200] + '…'!r}"
    return PackageError(f"{subject} {problem}", remedy=remedy)


class Ledger:
    """What has come out of one archive so far. Refuses the entry that breaks a rule, alone or with those before it.

    Attributes
    ----------
    files : list of str
        Paths of the files, in their order.
    total_bytes : int
        Of those files.
    """

    def __init__(self, source: Path) -> None:
        self.files: list[str] = []
        self.total_bytes = 0
        self._source = source
        self._entries = 0
        self._kinds: dict[str, bool] = {}  # path -> whether it is a folder
        self._spellings: dict[str, str] = {}  # as a system sees it that ignores case -> path
        self._told: set[str] = set()  # paths that had an entry of their own

    def admit(self, member: Member) -> str | None:
        """The path of an entry, relative to the archive; None for the archive's own root (``./``).

        Raises
        ------
        PackageError
        """
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise refusal(self._source, None, f"has more than {MAX_ENTRIES} entries", "pack fewer, larger files")
        if member.is_folder and member.name in (".", "./", ""):
            return None
        path = self._path(member.name)
        if path in self._told:
            raise refusal(self._source, member.name, "is there twice")
        self._told.add(path)
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            self._place("/".join(parts[:depth]), member.is_folder or depth < len(parts), member.name)
        if not member.is_folder:
            self._weigh(member)
            self.files.append(path)
        return path

    def root(self) -> str:
        """Where the plugin is in the archive: empty for its root, else the one folder that everything is in.

        Raises
        ------
        PackageError
            If there is no ``plugin.json``, or it can't be known which one counts.
        """
        if self._kinds.get(FILE_NAME) is False:
            return ""
        tops = {path.split("/")[0] for path in self._kinds}
        plugins = sorted(top for top in tops if self._kinds.get(f"{top}/{FILE_NAME}") is False)
        if not plugins:
            remedy = "pack the plugin's folder itself: `schillinger pack FOLDER`"
            raise refusal(self._source, None, f"has no {FILE_NAME}, neither at its root nor in its one folder", remedy)
        if len(plugins) > 1:
            listed = ", ".join(plugins[:5])
            raise refusal(self._source, None, f"holds {len(plugins)} plugins ({listed})", "pack each on its own")
        if len(tops) > 1:
            stranger = sorted(tops - set(plugins))[0]
            raise refusal(self._source, stranger, f"lies beside the plugin's folder {plugins[0]!r}")
        return plugins[0]

    def _path(self, name: str) -> str:
        try:
            path = inner_path(name)
        except InputError as error:
            raise refusal(self._source, name, "leads out of its folder") from error
        # What a tar of "." begins every name with; any other detour is somebody's trick.
        if path != name.removeprefix("./").removesuffix("/"):
            raise refusal(self._source, name, f"is a roundabout way to write {path!r}")
        parts = path.split("/")
        if len(parts) > MAX_DEPTH:
            raise refusal(self._source, name, f"lies {len(parts)} folders deep, at most {MAX_DEPTH} are made")
        if len(path.encode("utf-8", "replace")) > MAX_PATH_BYTES:
            raise refusal(self._source, name, f"has a path of more than {MAX_PATH_BYTES} bytes")
        for part in parts:
            if (problem := _name_problem(part)) is not None:
                raise refusal(self._source, name, problem)
        return path

    def _place(self, path: str, is_folder: bool, entry: str) -> None:
        known = self._kinds.get(path)
        if known is not None:
            if not (known and is_folder):
                raise refusal(self._source, entry, f"needs {path!r} to be a file and a folder")
            return
        folded = _folded(path)
        other = self._spellings.setdefault(folded, path)
        if other != path:
            raise refusal(self._source, entry, f"is the same name as {other!r} where case or composition don't count")
        self._kinds[path] = is_folder

    def _weigh(self, member: Member) -> None:
        if not 0 <= member.size <= MAX_FILE_BYTES:
            raise refusal(
                self._source,
                member.name,
                f"has {member.size} bytes; a file may have {MAX_FILE_BYTES}",
                "move large assets out of the plugin",
            )
        self.total_bytes += member.size
        if self.total_bytes > MAX_TOTAL_BYTES:
            raise refusal(
                self._source,
                member.name,
                f"brings the total beyond {MAX_TOTAL_BYTES} bytes",
                "move large assets out of the plugin",
            )


def _name_problem(name: str) -> str | None:
    if not name.isprintable():
        culprit = next(character for character in name if not character.isprintable())
        return f"holds the character U+{ord(culprit):04X}, which can't be seen or misleads"
    if foreign := _FOREIGN.intersection(name):
        return f"holds {min(foreign)!r}, which is no part of a name on every system"
    if name != name.rstrip(". ") or name != name.lstrip(" "):
        return "begins or ends with a space or ends with a dot, which some systems drop"
    if _RESERVED.match(name):
        return f"is called {name!r}, which is a device on Windows"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"has a name of more than {MAX_NAME_BYTES} bytes"
    return None


def _folded(path: str) -> str:
    """Equal for what a system takes for the same name that ignores case or how a character is composed."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", path).casefold())
