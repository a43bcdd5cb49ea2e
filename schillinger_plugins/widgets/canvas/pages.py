"""Pages: a flow's document, in step with what the pages write.

Owns what each page has begun with, so that its writes can be merged: the revisions that were told, and of a page that writes
again before it was answered, its own write before. Refuses what is no document, with the reason, and what is older than what
has been heard already. Called by ``widget``.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import msgspec

from ...errors import InputError
from ...flow import Flow
from ...flow.document import Document, parse
from ..contract import flow as contract

MAX_PAGES = 32
MAX_NAME = 64
MAX_TOLD = 256
"""Revisions that a page may have begun with. They share their nodes, so that each costs little."""


@dataclass(frozen=True)
class _Heard:
    """The last write of a page."""

    write: int
    revision: int
    document: Document


class Pages:
    """Of one flow. To be used by one thread at a time."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._told: OrderedDict[int, Document] = OrderedDict()
        self._heard: OrderedDict[str, _Heard] = OrderedDict()
        self._state: dict[str, Any] = {}
        self._state_of: Any = None

    def state(self) -> dict[str, Any]:
        """The document as it is told to the pages; the same object as long as it is the same."""
        revision, document = self._flow.snapshot()
        heard = {page: one.write for page, one in self._heard.items()}
        if self._state_of != (revision, heard):
            self._told[revision] = document
            if len(self._told) > MAX_TOLD:
                self._told.popitem(last=False)
            plain = document.as_dict()
            self._state = {**plain, "revision": revision, "page": "", "write": 0, "heard": heard}
            self._state_of = revision, heard
        return self._state

    def take(self, written: object) -> bool:
        """Merge what a page has written into the flow. Returns False for what had been heard already.

        Raises
        ------
        InputError
            If it is no document. Nothing is changed then.
        """
        write = _read(written)
        before = self._heard.get(write.page)
        if before is not None and write.write <= before.write:
            return False
        assert isinstance(written, dict)
        document = parse({key: written.get(key) for key in ("nodes", "edges", "viewport")})
        if before is not None and before.revision == write.revision:
            base: Document | None = before.document
        else:
            base = self._told.get(write.revision)
        self._flow.merge(document, write.revision, base=base)
        self._heard[write.page] = _Heard(write.write, write.revision, document)
        self._heard.move_to_end(write.page)
        if len(self._heard) > MAX_PAGES:
            self._heard.popitem(last=False)
        return True


def _read(written: object) -> contract.Document:
    try:
        write = msgspec.convert(written, contract.Document, strict=True)
    except msgspec.ValidationError as error:
        raise InputError(f"the page wrote no document: {error}", remedy="reload the page") from None
    if not 0 < len(write.page) <= MAX_NAME or write.write < 1 or write.revision < 0:
        raise InputError("the page doesn't say who it is, or which write this is", remedy="reload the page")
    return write
