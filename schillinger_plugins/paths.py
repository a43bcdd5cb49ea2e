"""Paths: the one place where a path that somebody wrote is judged.

Owns three questions. What in a folder is part of the plugin (`belongs`)? Does a relative path stay within the folder of a
plugin or an archive (`inner_path`)? And may a folder be given to a plugin (`grantable_folder`)? Refuses what holds
secrets, what runs the system and, for writing, whatever Python or a shell would run: a plugin that may write there has
left its sandbox. Touches nothing but to look. Called by ``manifest``, ``package`` and ``permissions``.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import site
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

import platformdirs

from .errors import InputError

_PACKAGE = Path(__file__).resolve().parent
_PLUGIN_FILE = "plugin.json"
_SANDBOX_PREFIX = "schillinger-"
_MAX_LENGTH = 4096

_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/run", "/var/run", "/boot")
"""What tells about or drives the machine and other processes. Neither these nor what is in them may be read."""

_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/var/lib", "/var/spool")
"""Where programs and what they run live: never to be written."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)

_SECRETS = (
    ".ssh .gnupg .pki .password-store .aws .azure .kube .docker .config .cache .jupyter .ipython .mozilla .thunderbird "
    ".var snap .vscode .vscode-server "
    ".local/share/jupyter .local/share/schillinger .local/share/keyrings .local/share/python_keyring .local/state"
).split()
"""In a home folder: keys, tokens, histories, and what programs run when they start."""

_SECRET_NAMES = frozenset(
    {".ssh", ".gnupg", ".pki", ".password-store", ".aws", ".azure", ".kube", ".docker", ".jupyter"}
)
"""The same wherever they are, in another user's home folder, too."""

_SECRET_VARIABLES = (
    "XDG_CONFIG_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_RUNTIME_DIR JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR "
    "JUPYTER_RUNTIME_DIR IPYTHONDIR GNUPGHOME"
).split()


CACHES = frozenset(
    {"__pycache__", ".git", ".hypothesis", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
)
"""Folders that change when the plugin doesn't."""


_LEFT_BY_EDITORS = re.compile(
    r".*~|#.*#|\.#.*|\.~.*|\..*\.sw[a-z]|.*\.(?:crswap|kate-swp)|.*___jb_(?:tmp|old)___|\.goutputstream-.*|4913|\.DS_Store",
    re.DOTALL,
)
"""What editors write beside a file while it is open: backups, swap files, locks, the new text before it is renamed."""


def belongs(name: str, *, is_folder: bool) -> bool:
    """Whether a file or folder of that name is part of a plugin: of what is hashed, scanned, packed, copied and run.

    That is one set: nothing that isn't hashed may be run. Caches, compiled files and what editors leave aren't in it.
    """
    if is_folder:
        return name not in CACHES
    return not name.endswith(".pyc") and _LEFT_BY_EDITORS.fullmatch(name) is None


def other_spelling(folder: Path, name: str) -> str | None:
    """What a file is called in a folder if its name differs from `name` by case alone; None if there is no such file.

    Where case doesn't count a file is found by either spelling, and by one only as soon as it is copied elsewhere.
    """
    path = folder / name
    try:
        names = os.listdir(path.parent)
    except OSError:
        return None
    return next((one for one in names if one != path.name and one.casefold() == path.name.casefold()), None)


def inner_path(text: str) -> str:
    """A relative path that stays within the folder it is about, normalised.

    Parameters
    ----------
    text : str
        With forward slashes, as ``assets/kernel.npy``.

    Raises
    ------
    InputError
        If it is absolute, climbs with ``..``, is no path of this system, or names nothing.

    Examples
    --------
    >>> inner_path("assets//./kernel.npy")
    'assets/kernel.npy'
    """
    if _PLAIN_NAME.fullmatch(text):
        return text
    path = PurePosixPath(text)
    if (
        "\\" in text
        or "\0" in text
        or path.is_absolute()
        or ".." in path.parts
        or not path.name
        or ":" in path.parts[0]
    ):
        raise InputError(
            f"the path {_quoted(text)} leaves the plugin's folder",
            remedy='write a path within the folder, with forward slashes, as "main.py"',
        )
    return str(path)


def grantable_folder(
    text: str | Path, *, writable: bool, code: Iterable[Path] = (), private: Iterable[Path] = ()
) -> Path:
    """The folder that a path means, if a plugin may be given it.

    Parameters
    ----------
    text : str or Path
        Absolute, or with ``~``.
    writable : bool
        Whether it is to be written; that is refused for more folders than reading.
    code : iterable of Path
        Folders of plugins: nothing above or in them may be written.
    private : iterable of Path
        Folders that no plugin may see, beside those that are always private.

    Returns
    -------
    Path
        With every link followed. Who grants must be shown this one, not the one that was written.

    Raises
    ------
    InputError
        With the rule, the path and what to do. What a folder holds further down is not looked at: a key that somebody
        left in a folder of samples is granted with it.
    """
    path = _folder(text)
    _refuse_secrets(path, private)
    if writable:
        _refuse_code(path, code)
    return path


def shown(path: str | Path) -> str:
    """A path fit to be read by a person who decides: what is invisible or turns the reading direction is escaped.

    >>> shown("/data/evil\\u202egnp.exe")
    '/data/evil\\\\u202egnp.exe'
    """
    text = str(path)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def demand_storable(text: str, what: str) -> str:
    """`text` itself, if it can be written as UTF-8.

    Raises
    ------
    InputError
        For the halves of surrogate pairs, which stand for bytes of a file name that are no UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{what} {_quoted(text)} holds {_quoted(text[error.start])}, which is no character",
            remedy="rename it, or write it in UTF-8",
        ) from error
    return text


def _folder(text: str | Path) -> Path:
    written = demand_storable(os.fspath(text), "the path")
    quoted = _quoted(written)
    if not written.strip() or "\0" in written or len(written) > _MAX_LENGTH:
        raise InputError(f"{quoted} is no path", remedy="name a folder, as /home/me/samples")
    try:
        path = Path(written).expanduser()
    except RuntimeError as error:  # the home folder of a user that there is not
        raise InputError(f"{quoted} is no path: {error}", remedy="write the whole path") from error
    if not path.is_absolute():
        raise InputError(f"{quoted} is no whole path", remedy=f"write {shown(path.absolute())}")
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # a circle of links is a RuntimeError until Python 3.12
        reason = error.strerror if isinstance(error, OSError) else "it leads to itself"
        raise InputError(f"there is no folder {quoted}: {reason}", remedy="make it, or name another one") from error
    demand_storable(str(real), "the path")
    if not real.is_dir():
        raise InputError(f"{quoted} is no folder", remedy=f"name the folder that it is in: {shown(real.parent)}")
    return real


def _refuse_secrets(path: Path, private: Iterable[Path]) -> None:
    for home in _homes():
        if home.is_relative_to(path):
            what = "is the whole home folder" if home == path else f"holds the home folder {shown(home)}"
            raise _refused(path, what, "name a folder in it, as ~/Music")
        for name in _SECRETS:
            _refuse_around(path, home / name, "keys, tokens or settings")
    for part in (*path.parts, *(name for name in _SECRET_NAMES if os.path.lexists(path / name))):
        if part in _SECRET_NAMES:
            raise _refused(path, f"holds keys or tokens ({part})", "name a folder without them")
    for system in map(Path, _SYSTEM):
        _refuse_around(path, system, "what belongs to the system")
    for folder in (*_secret_places(), *private):
        _refuse_around(path, folder, "keys, tokens or settings")
    scratch = _real(Path(tempfile.gettempdir()))
    inside = path.relative_to(scratch).parts[:1] if path.is_relative_to(scratch) else ()
    if scratch.is_relative_to(path) or (inside and inside[0].startswith(_SANDBOX_PREFIX)):
        raise _refused(path, "holds the private folders of other plugins", "name a folder of its own")


def _refuse_code(path: Path, code: Iterable[Path]) -> None:
    remedy = "name a folder that holds data alone"
    for plugin in map(_real, code):
        if path.is_relative_to(plugin) or plugin.is_relative_to(path):
            raise _refused(path, f"holds a plugin's code ({shown(plugin)}), so it can't be written", remedy)
    for folder in (path, *path.parents):
        if os.path.lexists(folder / _PLUGIN_FILE):
            raise _refused(path, f"belongs to the plugin in {shown(folder)}, so it can't be written", remedy)
    for home in _homes():
        inner = path.relative_to(home).parts if path.is_relative_to(home) and home != Path("/") else ()
        if inner and inner[0].startswith("."):
            where = shown(home / inner[0])
            raise _refused(path, f"is in {where}, where programs keep what they run, so it can't be written", remedy)
    for folder in _library_places():
        if path.is_relative_to(folder) or folder.is_relative_to(path):
            raise _refused(path, f"holds programs or libraries ({shown(folder)}), so it can't be written", remedy)
    for entry in sys.path:
        # Not what is in them: a folder beside a notebook is a fine place for results; its own is where modules come from.
        folder = _real(Path(entry or "."))
        if folder.is_relative_to(path) and folder.is_dir():
            raise _refused(
                path, f"holds {shown(folder)}, from which Python imports, so it can't be written", "name a folder in it"
            )


def _refuse_around(path: Path, folder: Path, what: str) -> None:
    for place in {folder, _real(folder)}:
        if path.is_relative_to(place) or place.is_relative_to(path):
            raise _refused(path, f"holds {what} ({shown(place)})", "name a folder without them")


def _refused(path: Path, why: str, remedy: str) -> InputError:
    return InputError(f"{shown(path)} can't be granted: it {why}", remedy=remedy)


def _homes() -> Iterator[Path]:
    candidates = [os.path.expanduser("~")]
    with contextlib.suppress(KeyError):  # a container's user without a name
        candidates.append(pwd.getpwuid(os.getuid()).pw_dir)
    for home in candidates:
        # A daemon's home may be "/" or "/nonexistent"; the first is refused in any case.
        if os.path.isabs(home) and (real := _real(Path(home))) != Path("/"):
            yield real
    yield Path("/")


def _secret_places() -> Iterator[Path]:
    for variable in _SECRET_VARIABLES:
        value = os.environ.get(variable, "")
        if os.path.isabs(value):
            yield Path(value)
    yield Path(platformdirs.user_data_dir("schillinger", appauthor=False))
    yield Path(platformdirs.user_data_dir("jupyter", appauthor=False))


def _library_places() -> Iterator[Path]:
    yield _PACKAGE
    # The environment itself, whose bin/ is run, too; for a system's Python that is /usr.
    places = [sys.prefix, sys.exec_prefix, sys.base_prefix, *_PROGRAMS]
    places += [sysconfig.get_path(name) or "" for name in ("stdlib", "platstdlib", "purelib", "platlib", "scripts")]
    places += [*site.getsitepackages(), site.getusersitepackages()]
    places += os.environ.get("PATH", "").split(os.pathsep)
    for place in places:
        if os.path.isabs(place):
            yield _real(Path(place))


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path.absolute()


def _quoted(text: str) -> str:
    """Short and in quotes; what is invisible is escaped, as `repr` does."""
    return repr(text if len(text) <= 200 else text[:200] + "…")
