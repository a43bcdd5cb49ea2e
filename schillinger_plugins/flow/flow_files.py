"""The files of a flow's nodes: parameters that name one, and content that somebody handed over.

Owns content that is held for as long as the flow is open, and the way to a file by its path, which leads through the host:
that knows whether it reads any. A document has paths and never content. Called by ``running``, ``problems`` and
``signature``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..definition import NodeDefinition, Parameter
from ..errors import InputError
from ..schema.json_text import json_path
from ..schema.strict import show
from ..types import File
from .host import Host


class FlowFiles:
    """By node and parameter."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._held: dict[tuple[str, str], File] = {}

    def hold(self, node_id: str, parameter: Parameter, file: File | None) -> None:
        """Have a node get this content, whatever path it has; None lets go of it.

        Raises
        ------
        Misfit
            If it doesn't fit.
        """
        checked = parameter.check(file)
        if checked is None:
            self._held.pop((node_id, parameter.name), None)
        else:
            self._held[node_id, parameter.name] = checked

    def held(self, node_id: str, parameter: Parameter) -> File | None:
        """What is held for it."""
        return self._held.get((node_id, parameter.name))

    def take_over(self, other: FlowFiles) -> None:
        """Hold what another flow's nodes hold."""
        self._held.update(other._held)

    def contents(self, node_id: str, definition: NodeDefinition, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as a call takes them: read now, whatever was read before.

        Raises
        ------
        InputError
            If a file can't be read, or the host reads none.
        """
        given = dict(parameters)
        for parameter, path in _files(definition, parameters):
            held = self.held(node_id, parameter)
            if held is not None:
                given[parameter.name] = held
            elif path is not None:
                try:
                    given[parameter.name] = self._host.read_file(parameter, path)
                except InputError as error:
                    raise _at(error, parameter) from None
        return given

    def hindrances(
        self, node_id: str, definition: NodeDefinition, parameters: Mapping[str, Any]
    ) -> Iterator[InputError]:
        """Why files that a node names couldn't be read now. Reads none."""
        for parameter, path in _files(definition, parameters):
            if path is not None and self.held(node_id, parameter) is None:
                try:
                    self._host.seen_file(parameter, path)
                except InputError as error:
                    yield _at(error, parameter)

    def marks(self, node_id: str, definition: NodeDefinition, parameters: Mapping[str, Any]) -> list[Any]:
        """What tells the files as they are now from those of another time, by size and time of change."""
        marks: list[Any] = []
        for parameter, path in _files(definition, parameters):
            held = self.held(node_id, parameter)
            if held is not None:
                marks.append(["held", id(held)])
            elif path is not None:
                try:
                    marks.append(list(self._host.seen_file(parameter, path)))
                except InputError:
                    marks.append([])
        return marks


def _files(definition: NodeDefinition, parameters: Mapping[str, Any]) -> Iterator[tuple[Parameter, str | None]]:
    """The parameters that are files, and the path that each has, if it has one that could be."""
    for parameter in definition.parameters:
        if parameter.type == "file":
            named = (parameters[name] for name in (parameter.name, *parameter.aliases) if name in parameters)
            value = next(named, None)
            yield parameter, value if isinstance(value, str) else None


def _at(error: InputError, parameter: Parameter) -> InputError:
    error.message = f"parameter {show(parameter.name)}: {error.message}"
    error.path = json_path(["parameters", parameter.name])
    return error
