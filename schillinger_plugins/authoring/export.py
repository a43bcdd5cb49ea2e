"""From a plugin to a folder or an archive of its own.

Owns that nothing half-done stays behind, and that what is there is never overwritten. The archive is ``package``'s.
Called by the faces.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from .. import package
from ..errors import PackageError
from ..paths import belongs, shown


def export(root: Path, target: Path | None = None, *, archive: bool = False) -> Path:
    """Copy a plugin's folder, or pack it.

    Parameters
    ----------
    root : Path
        Of the plugin.
    target : Path, optional
        The folder or file to be; its name here, if not given.
    archive : bool
        Whether to write a zip: the same bytes for the same content.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    PackageError
        If there is something already, or the plugin breaks a rule of archives.
    """
    if archive:
        return package.pack(root, target)
    place = (target or Path(root.name)).expanduser()
    if place.exists():
        raise PackageError(f"{shown(place)} is there already", remedy="name another folder, or remove that one")
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        shutil.copytree(root, aside / "it", ignore=_left_out, symlinks=True)
        os.rename(aside / "it", place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place.absolute()


def _left_out(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not belongs(name, is_folder=Path(folder, name).is_dir())]
