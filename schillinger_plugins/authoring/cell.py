"""A plugin that is written in a notebook's cell.

Owns the way from a cell to a plugin's folder: the manifest that follows from the code, and where the folder is. A cell that
can't be a plugin is refused before anything is written. Called by ``%%plugin``.
"""

from __future__ import annotations

import getpass
import importlib.metadata
import importlib.util
import json
import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import InputError, ManifestError
from ..files import put
from ..loader import cells_folder
from ..manifest import FILE_NAME, Manifest
from . import source
from .source import Source

MAIN = "main.py"
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class Cell:
    """A cell that can be a plugin.

    Attributes
    ----------
    text : str
        Of the main file: the magic's line as a comment, then the cell, so that its lines have the numbers that they have in
        the notebook.
    """

    plugin_id: str
    text: str
    source: Source

    @property
    def folder(self) -> Path:
        """Where it is written to."""
        return cell_folder(self.plugin_id)

    @property
    def notes(self) -> list[str]:
        """What its author should know."""
        notes = [
            f"{name} is imported and not installed here: pip install {name}"
            for name in self.source.imports
            if importlib.util.find_spec(name) is None
        ]
        if self.source.fetches:
            hosts = " and ".join(self.source.hosts)
            notes.append(
                f"it fetches from {hosts or 'hosts that are not written in the cell'}, which has to be granted: "
                f"%plugin grant {self.plugin_id} network" + ("" if hosts else " --host NAME")
            )
        return notes

    def write(self) -> Callable[[], None]:
        """Write its folder; what else lies there, its tests for example, stays.

        What somebody has changed in the manifest by hand (version, author, limits, …) stays, too.

        Returns
        -------
        callable
            The undo: the files that were there are there again, or none if there were none.

        Raises
        ------
        ManifestError
            If what was there or what is inferred makes no sound manifest. Nothing has been written then.
        """
        folder = self.folder
        manifest = json.dumps(self._manifest(), indent=2, ensure_ascii=False) + "\n"
        Manifest.parse(manifest, where=folder)
        folder.mkdir(parents=True, exist_ok=True)
        # The manifest comes last: a folder without one is no plugin, if this is where it ends.
        files = {folder / MAIN: self.text, folder / FILE_NAME: manifest}
        before = {path: path.read_text(encoding="utf-8") if path.is_file() else None for path in files}
        for path, text in files.items():
            if before[path] != text:
                put(path, text.encode())

        def undo() -> None:
            for path, text in reversed(before.items()):
                if text is None:
                    path.unlink(missing_ok=True)
                elif text != files[path]:
                    put(path, text.encode())
            if not any(folder.iterdir()):
                folder.rmdir()

        return undo

    def _manifest(self) -> dict[str, Any]:
        found = self.source
        manifest = _read(self.folder / FILE_NAME)
        metadata = manifest.setdefault("metadata", {})
        metadata |= {
            "name": _words(found.class_name),
            "version": metadata.get("version", "0.1.0"),
            "description": found.description or "Written in a notebook.",
            "author": metadata.get("author") or _author(),
            "plugin_type": found.plugin_type,
            "category": metadata.get("category", "Notebook"),
            "dependencies": metadata.get("dependencies", []),
            "requires_permissions": ["execute", *(["network"] if found.fetches else [])],
        }
        if found.fetches:
            asked = {"reason": "it fetches from there", "hosts": list(found.hosts)}
            manifest["permissions"] = {**manifest.get("permissions", {}), "network": asked}
        elif "network" in manifest.get("permissions", {}):  # it has fetched before
            kept = {name: asked for name, asked in manifest.pop("permissions").items() if name != "network"}
            manifest |= {"permissions": kept} if kept else {}
        needed = map(_distribution, found.imports)
        return {
            **manifest,
            "id": self.plugin_id,
            "main_file": MAIN,
            "config_schema": manifest.get("config_schema", {}),
            "default_config": manifest.get("default_config", {}),
            "python_dependencies": sorted(set(needed)),
        }


def read_cell(plugin_id: str, magic_line: str, code: str, *, plugin_type: str | None = None) -> Cell:
    """A cell, checked without running it.

    Parameters
    ----------
    magic_line : str
        What stands after ``%%plugin``.
    plugin_type : str, optional
        As ``--type`` says: one of the eight, in any case.

    Raises
    ------
    InputError
        If it can't be a plugin; with the line.
    """
    if not _ID.fullmatch(plugin_id) or keyword.iskeyword(plugin_id):
        raise InputError(
            f"{plugin_id[:80]!r} can't be the id of a plugin in a cell",
            remedy="begin with a letter; letters, digits and _ follow, at most 64, and no word of Python's own",
        )
    kind = None if plugin_type is None else demand_type(plugin_type)
    first = magic_line.strip().replace("\n", " ")
    text = f"# %%plugin {first}\n{code}"
    return Cell(plugin_id, text, source.read(text, plugin_id=plugin_id, plugin_type=kind))


def demand_type(word: str) -> str:
    """One of the eight types, however it is written.

    Raises
    ------
    InputError
        If it is none; the nearest is named.
    """
    from ..errors import nearest

    kinds = list(source.BASES.values())
    if word.upper() not in kinds:
        close = nearest(word.upper(), kinds)
        listed = ", ".join(kind.lower() for kind in kinds)
        remedy = f"did you mean {close.lower()}?" if close else f"write one of {listed}"
        raise InputError(f"there is no plugin type {word[:40]!r}", remedy=remedy)
    return word.upper()


def cell_folder(plugin_id: str) -> Path:
    """Where the plugin of a cell is."""
    return (cells_folder() / plugin_id).resolve()


@cache
def _distribution(module: str) -> str:
    """What is installed with pip to import a module."""
    try:
        return str(importlib.metadata.metadata(module)["Name"])
    except importlib.metadata.PackageNotFoundError:  # it is called otherwise: looked for in all of them, for a second
        return importlib.metadata.packages_distributions().get(module, [module])[0]


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ManifestError(f"{path} can't be read: {error}", remedy="mend it, or remove it") from error
    if not isinstance(found, dict) or not isinstance(found.get("metadata", {}), dict):
        raise ManifestError(f"{path} is no manifest", remedy="remove it")
    return found


def _words(name: str) -> str:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name) or [name]
    return " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])])


def _author() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # nobody, as in some containers
        return "unknown"
