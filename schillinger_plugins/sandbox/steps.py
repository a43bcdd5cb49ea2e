"""The steps of a conversation with a worker, and what is known of the worker between two of them.

Owns plain data, and no decision. Called by ``conversation`` and ``answering``, which yield the steps, and by the drivers,
which take them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

import msgspec

from ..protocol import frames
from .segment import Segment

T = TypeVar("T")


class Send(msgspec.Struct, frozen=True):
    """Send this frame, then this descriptor if there is one. A struct, since it is made for every call."""

    data: bytes
    descriptor: int | None = None


@dataclass(frozen=True, slots=True)
class Receive:
    """Wait for one frame."""


@dataclass(frozen=True, slots=True)
class Consult:
    """Do this, which may take a while, and send its answer in.

    Attributes
    ----------
    ends_with_call : bool
        Whether it ends soon after the worker was asked to cancel: an interrupt then leaves it to its end. Any other is left
        at once, and the conversation with it.
    """

    action: Callable[[], bytes]
    ends_with_call: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """The caller was interrupted while it was told of progress: ask the plugin to stop, then go on."""


RECEIVE = Receive()
CANCEL = Cancel()

Step: TypeAlias = Send | Receive | Consult | Cancel
Conversation: TypeAlias = Generator[Step, bytes | memoryview | None, T]
OnProgress: TypeAlias = Callable[[float, str], None]


class OnFetch(Protocol):
    """Makes requests for a plugin."""

    def __call__(self, request: frames.Fetch, body: bytes, /) -> frames.Fetched:
        """Make one. The body of the reply may be of any length. Raises `PluginError` where it can't."""

    def interrupt(self) -> None:
        """End what is under way, from any thread: the call that it is for was interrupted. Told again and again."""

    def close(self) -> None:
        """End what is under way, from any thread: the worker has ended."""


class Peer(Protocol):
    """What is known of a worker between two frames.

    Its segments, and which arrays lie in the one for inputs; whether it still owes an answer, has started its plugin, and
    was asked to cancel; the number of this turn; how often it had been asked to cancel before it; which folder its
    plugin's files are shown as in messages, since it runs a copy; the last state it told, packed; and who fetches for it.
    """

    input: Segment | None
    other_input: Segment | None
    layout: tuple[tuple[object, ...], ...]
    content: int
    output: Segment | None
    busy: bool
    ready: bool
    cancelling: bool
    turns: int
    interrupts_before: int
    shown_as: tuple[str, str]
    state: bytes
    on_fetch: OnFetch | None

    def read_log(self) -> None:
        """Read what the worker has printed and logged until now."""
