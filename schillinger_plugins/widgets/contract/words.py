"""Words: what a message and a shared state are, and how one is read and written.

Owns the two base classes. A message is told from others by its ``kind``; a field that the reader doesn't know is ignored,
one that has the wrong type makes the whole message unreadable. Called by the other modules of this room and by the widgets.
"""

from __future__ import annotations

import logging
from typing import Annotated, Any, Literal

import msgspec

_log = logging.getLogger(__name__)

Mime = Literal["audio/wav", "image/png", "image/jpeg", "image/svg+xml"]
"""Of the bytes of sounds and pictures."""

VegaLite = Literal["application/vnd.vegalite.v5+json"]
"""Of a specification, as the text of its JSON; what JupyterLab 4 knows it by."""

Buffer = Annotated[Any, msgspec.Meta(extra_json_schema={"tsType": "DataView"})]
"""Bytes that travel as they are: no JSON, and a DataView on the page."""


class Message(msgspec.Struct, kw_only=True, tag_field="kind"):
    """Something said once; buffers travel beside it. A subclass names its ``tag``."""


class State(msgspec.Struct, kw_only=True):
    """The traits that a widget shares with its views, by their names. All of them are always there, as are the fields of
    what is in them, except for those of a struct that omits its defaults."""


def of_model(name: str) -> msgspec.Meta:
    """An annotation of plain data that is a definition's model of that name, as ``model_dump(mode="json")`` writes it."""
    return msgspec.Meta(extra_json_schema={"$ref": f"#/$defs/{name}"})


def read(messages: Any, content: object) -> Any:
    """What the page said.

    Parameters
    ----------
    messages : a subclass of Message, or a union of some
    content : object
        As it came; hostile.

    Returns
    -------
    Message or None
        None if it is none of these.
    """
    try:
        return msgspec.convert(content, messages, strict=True)
    except msgspec.ValidationError as error:
        _log.debug("a message from the page was dropped: %s", error)
        return None


def tell(message: Message) -> dict[str, Any]:
    """A message as ``widget.send`` takes it."""
    plain: dict[str, Any] = msgspec.to_builtins(message)
    return plain
