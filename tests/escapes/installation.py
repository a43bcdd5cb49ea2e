"""A Python that an ordinary user may read, with this package and what it needs.

The Python that runs the tests may lie under a home folder of mode 0700, which nobody but its owner can enter: an attack run
there under another user would fail at ``import os`` and prove nothing. So the interpreter, its standard library and the
distributions this package requires are put, by hard links where that is possible, into a folder that everybody may read.
Called by `conftest`, once a session, as root.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import shutil
import stat
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import schillinger_plugins
from packaging.requirements import Requirement

_LEFT_OUT = {
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "lib2to3",
}


def make(target: Path) -> Path:
    """Install into `target`; the interpreter's path."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = target / "lib" / version
    site = library / "site-packages"
    for folder in (target, target / "bin", target / "lib", library, site):
        folder.mkdir(mode=0o755, exist_ok=True)
    executable = target / "bin" / version
    _put(Path(sys.executable).resolve(), executable)
    executable.chmod(0o755)
    _put_tree(Path(sysconfig.get_paths()["stdlib"]), library)
    shared = sysconfig.get_config_var("LDLIBRARY")
    if sysconfig.get_config_var("Py_ENABLE_SHARED") and shared:
        for path in Path(sysconfig.get_config_var("LIBDIR")).glob(f"{shared}*"):
            _put(path.resolve(), target / "lib" / path.name)
    for source, inner in _distribution_files():
        place = site / inner
        place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        _put(source, place)
    package = Path(schillinger_plugins.__file__).parent
    shutil.copytree(
        package, site / package.name, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copy
    )
    for folder, _, names in os.walk(site / package.name):
        os.chmod(folder, 0o755)
        for name in names:
            os.chmod(os.path.join(folder, name), 0o644)
    return executable


def _distribution_files() -> Iterator[tuple[Path, str]]:
    pending, seen = ["schillinger_plugins"], set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform
        for line in distribution.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                pending.append(requirement.name)
        for file in distribution.files or ():
            if name == "schillinger_plugins" and not file.parts[0].endswith(".dist-info"):
                continue  # the package is copied as it is in the tree; it may be installed as a link
            source = Path(str(file.locate()))
            if ".." not in file.parts and source.is_file():
                yield source, str(file)


def _put_tree(source: Path, target: Path) -> None:
    for folder, names, files in os.walk(source):
        names[:] = [name for name in names if name not in _LEFT_OUT]
        place = target / os.path.relpath(folder, source)
        place.mkdir(mode=0o755, exist_ok=True)
        for name in files:
            _put(Path(folder, name), place / name)


def _put(source: Path, target: Path) -> None:
    if target.exists():
        return
    if source.stat().st_mode & stat.S_IROTH and not source.is_symlink():
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)
    target.chmod(0o755 if source.stat().st_mode & stat.S_IXUSR else 0o644)
