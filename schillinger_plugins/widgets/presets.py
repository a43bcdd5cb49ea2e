"""Presets: named settings of a node; the author's beside those that a person has saved.

Owns the files in which saved ones are kept, one for each plugin, in the user's data folder: JSON, written whole or not at
all, under a lock, so that two notebooks don't lose each other's. Refuses names that can't be shown and more than fit in a
list. A file that can't be read is told and left alone. Called by ``node``.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs

from ..definition import NodeDefinition
from ..errors import InputError, PluginError
from ..files import put

MAX_PRESETS = 100
MAX_NAME = 64
MAX_BYTES = 2**20

_FORMAT = 1


class SavedPresets:
    """What a person has saved for one plugin.

    Parameters
    ----------
    plugin_id : str
    folder : Path, optional
        ``presets`` in the user's data folder.
    """

    def __init__(self, plugin_id: str, *, folder: Path | None = None) -> None:
        folder = folder or Path(platformdirs.user_data_dir("schillinger", appauthor=False)) / "presets"
        self._plugin_id = plugin_id
        self._file = folder / f"{plugin_id}.json"

    def read(self) -> dict[str, dict[str, Any]]:
        """Name and values of each, by name, as they were saved.

        Raises
        ------
        InputError
            If the file is there and is none of ours.
        """
        try:
            if self._file.stat().st_size > MAX_BYTES:
                raise ValueError(f"it is larger than {MAX_BYTES} bytes")
            data = json.loads(self._file.read_bytes())
            presets = data["presets"]
            if data["format"] != _FORMAT or not all(isinstance(values, dict) for values in presets.values()):
                raise ValueError("it has another format")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(
                f"the saved presets can't be read: {error}",
                plugin_id=self._plugin_id,
                remedy=f"mend or move away {self._file}",
            ) from error
        return {str(name): presets[name] for name in sorted(presets)}

    def save(self, name: str, values: Mapping[str, Any]) -> None:
        """Keep values under a name; one of that name is replaced.

        Raises
        ------
        InputError
            If the name can't be used, there are too many, they are too large, or the disk says no.
        """
        name = self._checked(name)
        with self._changing() as presets:
            if name not in presets and len(presets) >= MAX_PRESETS:
                raise InputError(
                    f"there are {len(presets)} presets, at most {MAX_PRESETS} are kept",
                    plugin_id=self._plugin_id,
                    remedy="delete one",
                )
            presets[name] = dict(values)

    def delete(self, name: str) -> None:
        """Forget one; nothing happens if there is none of that name."""
        with self._changing() as presets:
            presets.pop(name, None)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, Any]]]:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.with_suffix(".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                presets = self.read()
                yield presets
                text = json.dumps(
                    {"format": _FORMAT, "presets": presets}, ensure_ascii=False, allow_nan=False, indent=1
                )
                data = text.encode()
                if len(data) > MAX_BYTES:
                    raise InputError(
                        f"the presets would have {len(data)} bytes, at most {MAX_BYTES} are kept",
                        plugin_id=self._plugin_id,
                        remedy="delete one, or give curves fewer points",
                    )
                put(self._file, data)
        except (OSError, TypeError, ValueError) as error:
            raise InputError(
                f"the preset can't be saved: {error}",
                plugin_id=self._plugin_id,
                remedy=f"see that {self._file.parent} can be written, and that the values are plain data",
            ) from error

    def _checked(self, name: object) -> str:
        text = name.strip() if isinstance(name, str) else ""
        if not text or len(text) > MAX_NAME or not text.isprintable():
            raise InputError(
                f"a preset can't be called {str(name)[:MAX_NAME]!r}",
                plugin_id=self._plugin_id,
                remedy=f"give 1 to {MAX_NAME} characters on one line",
            )
        return text


def fitting(definition: NodeDefinition, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of values what a definition takes: renamed ones by their present names, the rest left out.

    Files, too: what another version had as a text, be it the author's default, must not become a path that is read.
    """
    kept: dict[str, Any] = {}
    for name, value in values.items():
        parameter = definition.parameter(name)
        if parameter is None or parameter.type == "file":
            continue
        try:
            kept[parameter.name] = definition.check_settings({name: value}, plugin_id="")[parameter.name]
        except PluginError:  # another version took it
            continue
    return kept


def whole(definition: NodeDefinition, presets: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each preset with a value for every parameter: what it doesn't name has its default."""
    return {
        name: definition.check_settings(fitting(definition, values), plugin_id="") for name, values in presets.items()
    }
