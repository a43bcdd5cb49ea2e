"""What a node's view and Python tell each other.

The definition is `NodeDefinition` as plain data, every key present; values are by parameter name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from .words import Message, State, of_model

Status = Literal["idle", "running", "done", "failed", "cancelled"]


class InputNote(msgspec.Struct, frozen=True, kw_only=True):
    """What an input gets in the next run."""

    state: Literal["given", "tone", "missing"]
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


class NodeState(State):
    """The traits of a node."""

    definition: Annotated[dict[str, Any], of_model("NodeDefinition")]
    plugin_id: str
    level: str
    """The sandbox level in force."""
    can_run: bool
    parameters: dict[str, Any]
    """What is set; what the page writes is checked."""
    parameter_errors: dict[str, str]
    """Why a value of the page was refused."""
    inputs_set: dict[str, InputNote]
    status: Status
    progress: float
    """0 to 1."""
    message: str
    error: Failure
    """Of the last run."""
    summary: list[Figure]
    """Of the last run that succeeded."""


class Run(Message, tag="run"):
    """Run it."""


class Cancel(Message, tag="cancel"):
    """End the run."""


ToKernel = Run | Cancel
