"""What a node's view and Python tell each other.

The definition is `NodeDefinition` as plain data, every key present; values are by parameter name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from .words import Message, State, of_model

Status = Literal["idle", "running", "done", "failed", "cancelled"]


class InputNote(msgspec.Struct, frozen=True, kw_only=True):
    """What an input, or a parameter that is a file, gets in the next run."""

    state: Literal["given", "tone", "missing", "reading", "refused"]
    text: str


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a call failed; empty if it didn't. Every text of it is hostile."""

    type: str = ""
    message: str = ""
    remedy: str = ""
    path: str = ""
    traceback: str = ""
    """The plugin's own, as text."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A value of the last result."""

    label: str
    text: str
    unit: str


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person has to grant, and whether somebody has."""

    name: str
    granted: bool
    text: str


class Waveform(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The outline of the first sound, for the curves that are drawn over it; empty if there is none."""

    duration_s: float = 0.0
    lows: list[float] = []
    highs: list[float] = []
    """From -1 to 1, over the whole of it."""


class NodeState(State):
    """The traits of a node."""

    definition: Annotated[dict[str, Any], of_model("NodeDefinition")]
    plugin_id: str
    level: str
    """The sandbox level in force."""
    can_run: bool
    parameters: dict[str, Any]
    """What is set; what the page writes is checked. A file is its path, or ``{name, bytes}`` of what was sent."""
    parameter_errors: dict[str, str]
    """Why a value of the page was refused."""
    inputs_set: dict[str, InputNote]
    files_set: dict[str, InputNote]
    """Of parameters that are files: which is set, and whether it can be read."""
    status: Status
    progress: float
    """0 to 1."""
    message: str
    error: Failure
    """Of the last run."""
    summary: list[Figure]
    """Of the last run that succeeded."""
    live: bool
    """Whether it runs by itself when something changes."""
    waiting: bool
    """Whether newer values wait for the run that goes on."""
    permissions: list[Permission]
    waveform: Waveform
    can_read: bool
    """Whether a file may be named for an input."""
    can_save: bool
    presets: dict[str, dict[str, Any]]
    """The author's: values of all parameters by name."""
    saved_presets: dict[str, dict[str, Any]]
    """The user's own."""
    preset_error: str
    """Why one could not be kept."""


class Run(Message, tag="run"):
    """Run it."""


class Cancel(Message, tag="cancel"):
    """End the run."""


class Read(Message, tag="read"):
    """Take a file for an audio input; no path takes it away again."""

    name: str
    path: str


class Offer(Message, tag="offer"):
    """Offer a file of the page's own computer for an audio input or a parameter; answered by `Want`, if it may come."""

    name: str
    file: str
    """Its name, without a folder."""
    size: int
    """In bytes."""


class Piece(Message, tag="piece"):
    """What was wanted of that file: at most 1 MiB, in the one buffer beside."""

    name: str
    at: int
    """From which byte on."""


class Want(Message, tag="want"):
    """Send the file that was offered for that name, from that byte on."""

    name: str
    at: int


class Save(Message, tag="save"):
    """Keep the values as a preset of one's own."""

    name: str


class Delete(Message, tag="delete"):
    """Forget a preset of one's own."""

    name: str


ToKernel = Run | Cancel | Read | Offer | Piece | Save | Delete
ToPage = Want
