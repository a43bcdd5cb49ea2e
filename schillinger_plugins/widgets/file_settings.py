"""Parameters that are files, on a node: a path that is set, or content that came from the page or from Python.

Owns the content, which is held here and nowhere that is saved: the trait, and with it the notebook, has a path, or the name
and size of what is held. Refuses such a name and size where nothing is held for it, as in a notebook that was opened again.
A path is looked at here and read by the call that it is for. Called by ``node``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..definition import NodeDefinition, Parameter
from ..definition.parameters import size_in_words
from ..definition.ports import Misfit
from ..errors import InputError, PluginError
from ..reading import seen
from ..schema.strict import show
from ..types import File
from .node_files import sentence


class FileSettings:
    """Of one node."""

    def __init__(self) -> None:
        self._held: dict[str, File] = {}

    def check(
        self, definition: NodeDefinition, values: Mapping[str, Any], *, plugin_id: str, by_hand: bool = False
    ) -> dict[str, Any]:
        """Settings as a node has them; content that Python gives is held.

        Raises
        ------
        InputError
            As `NodeDefinition.check_settings`; for content that doesn't fit, or is not here any more.
        """
        rest = definition.renamed(values, plugin_id=plugin_id)
        told: dict[str, Any] = {}
        for parameter in _files(definition):
            value = rest.get(parameter.name)
            path = f"$.parameters.{parameter.name}"
            if isinstance(value, (bytes, File)) and not by_hand:
                try:
                    told[parameter.name] = self.hold(parameter, parameter.check(value))
                except Misfit as misfit:
                    message = f"parameter `{parameter.name}` {misfit}"
                    raise InputError(message, plugin_id=plugin_id, remedy=misfit.remedy, path=path) from None
            elif isinstance(value, Mapping):
                held = self._held.get(parameter.name)
                if held is None or _told(held) != value:
                    message = f"the content of {show(str(value.get('name'))[:100])} isn't here"
                    remedy = f"choose the file for `{parameter.name}` again"
                    raise InputError(message, plugin_id=plugin_id, remedy=remedy, path=path)
                told[parameter.name] = dict(value)
            rest = {name: one for name, one in rest.items() if name != parameter.name or name not in told}
        return {**definition.check_settings(rest, plugin_id=plugin_id), **told}

    def hold(self, parameter: Parameter, file: File) -> dict[str, Any]:
        """Hold content for a parameter: what its setting is then."""
        self._held[parameter.name] = file
        return _told(file)

    def contents(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Settings for a call: what is held in the place of its name."""
        return {
            name: self._held[name] if isinstance(value, Mapping) and name in self._held else value
            for name, value in values.items()
        }

    def kept(self, definition: NodeDefinition, values: Mapping[str, Any], *, former: NodeDefinition) -> dict[str, Any]:
        """Files that another version of the plugin gets, too: those that were files before, and no text that becomes one."""
        before = {one.name for one in _files(former)}
        kept: dict[str, Any] = {}
        for parameter in _files(definition):
            value = values.get(parameter.name) if parameter.name in before else None
            try:
                kept[parameter.name] = dict(value) if isinstance(value, Mapping) else parameter.named(value)
            except Misfit:  # the new version takes other files
                continue
        return kept

    def savable(self, definition: NodeDefinition, values: Mapping[str, Any]) -> dict[str, Any]:
        """Settings that may be kept beyond the session: no files, since a later version may mean something else by them."""
        files = {one.name for one in _files(definition)}
        return {name: value for name, value in values.items() if name not in files}

    def notes(self, definition: NodeDefinition, values: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """What the node says about each file: its name and size, or why it couldn't be read now."""
        notes: dict[str, dict[str, str]] = {}
        for parameter in _files(definition):
            value = values.get(parameter.name)
            if isinstance(value, Mapping):
                text = ", ".join(filter(None, [str(value["name"]), size_in_words(value["bytes"])]))
                notes[parameter.name] = {"state": "given", "text": text}
            elif isinstance(value, str):
                try:
                    size, _ = seen(parameter, value)
                except PluginError as error:
                    notes[parameter.name] = {"state": "refused", "text": sentence(error)}
                else:
                    text = f"{value.rpartition('/')[2]}, {size_in_words(size)}"
                    notes[parameter.name] = {"state": "given", "text": text}
        return notes


def _files(definition: NodeDefinition) -> Iterator[Parameter]:
    return (parameter for parameter in definition.parameters if parameter.type == "file")


def _told(file: File) -> dict[str, Any]:
    return {"name": file.name, "bytes": len(file.data)}
