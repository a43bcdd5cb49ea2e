"""A new plugin from a template.

Owns the templates, one folder for each of the eight types, and that a plugin is written whole or not at all. Called by the
faces.
"""

from __future__ import annotations

import json
import keyword
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ..errors import InputError, PackageError
from ..files import put
from ..paths import shown
from .cell import _author, demand_type
from .source import BASES

ASKS_A_SERVICE = (
    "it asks a service at example.org, which stands for yours: put your host into plugin.json. Its own tests have recorded "
    "answers; the rest of the suite needs the service to answer"
)
"""What whoever makes a plugin of the type INTEGRATION is told first."""

TYPES = tuple(kind.lower() for kind in BASES.values())
_TEMPLATES = Path(__file__).parent / "templates"
_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
_ABOUT: dict[str, dict[str, Any]] = {
    "NODE": {"description": "Mixes two sounds.", "category": "Mixing"},
    "ANALYSIS": {"description": "How loud a sound is, moment by moment.", "category": "Loudness"},
    "EFFECT": {"description": "Takes away what is brighter than the cutoff.", "category": "Filters"},
    "GENERATOR": {"description": "A melody that walks at random.", "category": "Melody"},
    "WORKFLOW": {
        "description": "Turns a sound down and analyses it.",
        "category": "Reports",
        "dependencies": ["gain_node", "audio_analyzer"],
    },
    "INTEGRATION": {"description": "Asks a service for what it knows of a title.", "category": "Metadata"},
    "UI": {"description": "A tempo to tap.", "category": "Tempo"},
    "VISUALIZATION": {"description": "Draws a sound's waveform.", "category": "Waveform"},
}


def new(plugin_id: str, plugin_type: str, folder: Path | None = None) -> Path:
    """Write a plugin that works: manifest, code, a test and a page about it.

    Parameters
    ----------
    plugin_id : str
        Its id, and the name of its folder.
    plugin_type : str
        One of the eight, in any case.
    folder : Path, optional
        Where its folder goes; here, if not given.

    Returns
    -------
    Path
        Its folder.

    Raises
    ------
    InputError
        For a name that can't be, or a type that isn't.
    PackageError
        If there is something of that name that isn't empty.

    Examples
    --------
    >>> new("slow_filter", "effect")  # doctest: +SKIP
    PosixPath('/home/you/slow_filter')
    """
    kind = demand_type(plugin_type)
    if not _ID.fullmatch(plugin_id) or keyword.iskeyword(plugin_id):
        raise InputError(
            f"{plugin_id[:80]!r} can't be a plugin's id and a folder's name",
            remedy="write small letters, digits and _, beginning with a letter, at most 64, and no word of Python's own",
        )
    place = ((folder or Path()).expanduser() / plugin_id).absolute()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise PackageError(f"{shown(place)} is there already", remedy="choose another name, or remove it")
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{plugin_id}.", dir=place.parent))
    try:
        made = aside / plugin_id
        for name, text in _rendered(plugin_id, kind).items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            put(path, text.encode())
        if place.exists():
            place.rmdir()
        os.rename(made, place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


def _rendered(plugin_id: str, kind: str) -> dict[str, str]:
    import jinja2

    words = plugin_id.split("_")
    about = {"dependencies": [], **_ABOUT[kind]}
    names = {
        "plugin_id": plugin_id,
        "class_name": "".join(word.capitalize() for word in words),
        "title": " ".join(words).capitalize(),
        "plugin_type": kind,
        **about,
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # it writes Python, and the names are letters, digits and _
    )

    def render(name: str) -> str:
        return environment.get_template(f"{kind.lower()}/{name}.j2").render(names)

    class_name = str(names["class_name"])
    if keyword.iskeyword(class_name) or len(re.findall(rf"\b{class_name}\b", render("main.py"))) > 1:
        names["class_name"] = f"{class_name}{kind.capitalize()}"  # its code has a thing of that name already

    return {
        "plugin.json": _manifest(plugin_id, kind, names["title"], about),
        "main.py": render("main.py"),
        f"tests/test_{plugin_id}.py": render("test.py"),
        "docs/README.md": environment.get_template("README.md.j2").render(names),
    }


def _manifest(plugin_id: str, kind: str, title: str, about: dict[str, Any]) -> str:
    permissions = ["execute"]
    manifest: dict[str, Any] = {
        "id": plugin_id,
        "metadata": {
            "name": title,
            "version": "0.1.0",
            "description": about["description"],
            "author": _author(),
            "plugin_type": kind,
            "category": about["category"],
            "dependencies": about["dependencies"],
            "requires_permissions": permissions,
        },
        "main_file": "main.py",
        "config_schema": {},
        "default_config": {},
    }
    if kind == "INTEGRATION":
        permissions.append("network")
        asked = {"reason": "to look titles up", "hosts": ["example.org"]}
        manifest |= {"permissions": {"network": asked}, "default_config": {"service": "https://example.org/search"}}
    return json.dumps(manifest, indent=2) + "\n"
