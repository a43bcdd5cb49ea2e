"""Files that a client sends for the nodes of a flow, for one run.

Owns which parameter of which node each is for, as ``files`` of the body says it or the name of a part. Refuses those that
are for none. They are held by the run's own copy of the flow and go with it. Called by ``flows``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..definition import Parameter
from ..errors import InputError
from ..flow import Flow
from ..flow.document import Document
from ..flow.host import Host
from ..schema.strict import show
from ..types import File
from . import crossing


class SentFiles:
    """Of one run.

    Parameters
    ----------
    plugin_id : str
        What problems name: the flow.
    """

    def __init__(self, document: Document, host: Host, *, plugin_id: str) -> None:
        self._graph = document.graph
        self._host = host
        self._plugin_id = plugin_id
        self._files: dict[tuple[str, str], tuple[Parameter, File]] = {}

    def parameter(self, part: str) -> Parameter | None:
        """The parameter that a part called ``NODE.PARAMETER`` is for. Its plugin is loaded if that takes it."""
        node_id, _, name = part.rpartition(".")
        node = self._graph.nodes.get(node_id)
        if node is None or node.kind != "plugin":
            return None
        return crossing.file_parameter(self._host.definition(node.plugin), name)

    def take(self, given: Mapping[str, Mapping[str, Any]], parts: Mapping[str, File]) -> None:
        """Take what the body has, and the parts beside it.

        Raises
        ------
        InputError
            For a node or a parameter that takes no file, or content that doesn't fit.
        """
        for node_id, files in given.items():
            for name, value in files.items():
                parameter, path = self.parameter(f"{node_id}.{name}"), f"$.files.{node_id[:128]}.{name[:128]}"
                if parameter is None:
                    raise InputError(
                        f"no node {show(node_id[:128])} has a parameter {show(name[:128])} that is a file",
                        plugin_id=self._plugin_id,
                        path=path,
                        remedy='write "files": {NODE: {PARAMETER: {"name": "…", "base64": "…"}}}',
                    )
                file = crossing.file_from(parameter, value, plugin_id=self._plugin_id, path=path)
                self._files[node_id, parameter.name] = parameter, file
        for part, file in parts.items():
            parameter = self.parameter(part)
            if parameter is not None:
                self._files[part.rpartition(".")[0], parameter.name] = parameter, file

    def hold(self, flow: Flow) -> None:
        """Have the nodes of a flow get them."""
        for (node_id, _), (parameter, file) in self._files.items():
            flow.files.hold(node_id, parameter, file)
