"""A flow as data: out of a file and into one, as Python, and put together with what somebody else has made of it.

Owns the ways in and out. What comes in is taken as it is, and what can't run here is told by `problems`; what is no flow is
refused. Base of `Flow`, which owns the runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from ..errors import InputError
from .document import Document, open_file, parse, save_file
from .editing import Editing
from .graph import Node
from .host import Host
from .merge import merge
from .python import script


class Keeping(Editing):
    """What makes a flow outlast its process."""

    def __init__(self, host: Host, **options: Any) -> None:
        """As `Flow`."""
        raise NotImplementedError

    def as_dict(self) -> dict[str, Any]:
        """As React Flow's JSON, with all that was in it when it was opened. Arrays and sounds aren't in it.

        A parameter that has been renamed since is in it by the name that it has now.
        """
        with self._lock:
            return self._named_as_now().as_dict()

    @classmethod
    def from_dict(cls, data: object, host: Host, **options: Any) -> Self:
        """A flow of plain data; for `options` see `Flow`.

        Raises
        ------
        InputError
            For data that is no flow, with the path in it. What can't be run here is no error: see `problems`.
        """
        return cls._of(parse(data), host, **options)

    def save(self, path: str | Path) -> None:
        """Write it to a file. Raises `PluginError` if that can't be; what was there before is then still there."""
        with self._lock:
            document = self._named_as_now()
        save_file(document, path)

    @classmethod
    def open(cls, path: str | Path, host: Host, **options: Any) -> Self:
        """A flow of a file. Raises `InputError` for one that is cut short, of a newer format or no flow."""
        return cls._of(open_file(path), host, **options)

    @classmethod
    def _of(cls, document: Document, host: Host, **options: Any) -> Self:
        flow = cls(host, **{"name": document.about.get("name", "flow"), **options})
        about = {**flow._document.about, **document.about}
        flow._document = Document(document.graph, document.viewport, about, document.rest)
        flow._former = {0: flow._kept()}
        return flow

    def snapshot(self) -> tuple[int, Document]:
        """The revision that it is, and its document, which later changes leave alone."""
        with self._lock:
            return self.revision, self._kept()

    def merge(self, theirs: object, revision: int, *, base: Document | None = None) -> int:
        """Take in what somebody has made of an earlier revision; nothing that either side added is lost.

        Parameters
        ----------
        theirs : dict or Document
            Their document as a whole.
        revision : int
            Which one they began with. If it was too long ago, all that both have is put together.
        base : Document, optional
            What they began with, if that is known better.

        Returns
        -------
        int
            The revision that it is now.

        Raises
        ------
        InputError
            If it is no document. Nothing is changed then.
        """
        if isinstance(theirs, Document):
            other = theirs
        else:
            plain = dict(theirs) if isinstance(theirs, Mapping) else theirs
            if isinstance(plain, dict):
                plain.pop("revision", None)
            other = parse(plain)
        with self._lock:
            base = base or self._former.get(revision, Document())
            other.about = {**base.about, **other.about}  # a page says nothing of these
            other.rest = {**base.rest, **other.rest}
            merged = merge(base, self._document, other)
            if merged.as_dict() != self._document.as_dict():
                with self._changing():
                    self._document = merged
                    for name, node in merged.graph.nodes.items():
                        if not node.data.get("held"):  # they have put another value into its place, or none
                            self._values.pop(name, None)
            return self.revision

    def to_python(self) -> str:
        """A script that builds the same flow and runs it."""
        with self._lock:
            return script(self._named_as_now(), set(self._values))

    def _named_as_now(self) -> Document:
        """The document for whoever opens it next: former names of parameters may be unknown by then."""
        document = self._kept()
        for node in list(document.graph.nodes.values()):
            definition = self.definition(node.plugin) if node.plugin else None
            if definition is None:
                continue
            with suppress(InputError):  # given by both names: only a person can tell which one counts
                named = definition.renamed(node.parameters, plugin_id=node.plugin)
                if list(named) != list(node.parameters):
                    document.graph.put(Node({**node.raw, "data": {**node.data, "parameters": named}}))
        return document
