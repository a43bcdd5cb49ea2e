"""What a panel's view and Python tell each other.

Bytes of sounds and pictures are no part of the state: the page asks for them by the key that their view has.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from .node import Failure
from .words import Message, Mime, State, VegaLite, of_model

Status = Literal["idle", "busy", "failed"]


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """Of a node definition what a panel draws."""

    label: str
    description: str
    parameters: list[Annotated[dict[str, Any], of_model("Parameter")]]
    outputs: list[Annotated[dict[str, Any], of_model("Output")]]


class View(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One output as it is shown; which fields there are depends on the kind of its item."""

    version: int
    """Counts up with everything that is shown."""
    has_data: bool
    """Whether there are bytes to ask for."""
    text: str = ""
    number: float | None = None
    """The value of ``text``, if it is a finite number."""
    header: list[str] = []
    rows: list[list[str]] = []
    alt: str = ""
    note: str = ""
    """What was left out."""


class PanelState(State):
    """The traits of a panel."""

    definition: Drawn
    panel: Annotated[dict[str, Any], of_model("Panel")]
    plugin_id: str
    level: str
    """The sandbox level in force."""
    parameters: dict[str, Any]
    """What is set; what the page writes is checked."""
    parameter_errors: dict[str, str]
    """Why a value of the page was refused."""
    shown: dict[str, View]
    """By ``KIND:NAME`` of the item: one output may be shown in two ways."""
    status: Status
    message: str
    """What the plugin said last."""
    error: Failure
    """Of the last event."""


class Press(Message, tag="press"):
    """A button was pressed."""

    name: str
    time_s: float | None = None
    """By the page's clock."""


class AskData(Message, tag="data"):
    """The bytes of what is shown; answered by `Data`."""

    key: str


class Data(Message, tag="data"):
    """A sound, or what is drawn as a picture, in the buffer."""

    key: str
    version: int
    mime: Mime | VegaLite


ToKernel = Press | AskData
ToPage = Data
