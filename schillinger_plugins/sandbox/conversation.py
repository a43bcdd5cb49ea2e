"""What is said between host and worker, without any I/O.

Owns the order of frames and what each answer means. A conversation is a generator: it yields what to send or that it
waits, is sent the bytes that came, and returns the outcome. `blocking` and `asynchronous` drive it; tests drive it by hand.
Refuses everything that no honest worker sends.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from ..errors import (
    DefinitionError,
    InputError,
    LimitExceeded,
    LoadError,
    PluginError,
    PluginExecutionError,
    ProtocolViolation,
)
from ..protocol import frames, values
from .limits import Limits
from .segment import Segment

_MB = 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send this frame, with these descriptors."""

    data: bytes
    descriptors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Receive:
    """Wait for one frame."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """The caller was interrupted while it was told of progress: ask the plugin to stop, then go on."""


RECEIVE = Receive()
CANCEL = Cancel()

Conversation: TypeAlias = Generator[Send | Receive | Cancel, bytes | None, T]
OnProgress: TypeAlias = Callable[[float, str], None]


class Peer(Protocol):
    """What is known of a worker between two frames.

    Its two segments; whether it still owes an answer, has started its plugin, and was asked to cancel; and which folder its
    plugin's files are shown as in messages, since it runs a copy.
    """

    input: Segment | None
    output: Segment | None
    busy: bool
    ready: bool
    cancelling: bool
    shown_as: tuple[str, str]


class Cancelled(Exception):
    """The plugin stopped because it was asked to. The drivers turn it into what their caller expects."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave."""

    outputs: dict[str, Any]
    cpu_s: float


def start(
    peer: Peer, *, plugin_id: str, instance_id: str, root: str, main_file: str, plugin_type: str, config: dict[str, Any]
) -> Conversation[Any]:
    """Have the worker import the plugin and make its instance; return the node definition as it came, unchecked."""
    packed = values.pack(config, "$.config")
    peer.busy = True
    yield Send(frames.encode(frames.Start(plugin_id, instance_id, root, main_file, plugin_type, packed.structure)))
    answer = yield from _answer(peer, None)
    if isinstance(answer, frames.Raised):
        raise _error(answer, peer, plugin_id)
    if not isinstance(answer, frames.Started):
        raise ProtocolViolation(f"{type(answer).__name__} instead of Started", plugin_id=plugin_id)
    peer.ready = True
    return values.unpack(frames.Body(answer.definition), None, copy=True)


def call(
    peer: Peer,
    inputs: dict[str, Any],
    parameters: dict[str, Any],
    *,
    plugin_id: str,
    seed: int,
    limits: Limits,
    on_progress: OnProgress | None = None,
) -> Conversation[Outcome]:
    """Have the worker execute once.

    Raises
    ------
    InputError
        For inputs that can't cross.
    PluginExecutionError, LimitExceeded, LoadError, DefinitionError
        For what the worker reports.
    ProtocolViolation
        For what no honest worker sends.
    """
    try:
        packed = values.pack({"inputs": inputs, "parameters": parameters}, "$")
    except values.CannotCross as error:
        raise InputError(str(error), plugin_id=plugin_id) from error
    descriptors: tuple[int, ...] = ()
    if packed.size and (peer.input is None or peer.input.size < packed.size):
        if peer.input is not None:
            peer.input.close()
        peer.input = Segment(packed.size, writable=False)
        descriptors = (peer.input.descriptor,)
    body = packed.write(peer.input.view if peer.input is not None else None)
    size = peer.input.size if peer.input is not None else 0
    peer.busy = True
    yield Send(frames.encode(frames.Call(seed, body, size)), descriptors)
    answer = yield from _answer(peer, on_progress)
    if isinstance(answer, frames.NeedSegment):
        if not 0 < answer.size <= limits.output_mb * _MB:
            raise LimitExceeded(
                f"its outputs need {answer.size / _MB:.1f} MB, the limit output is {limits.output_mb:g} MB",
                limit="output",
                plugin_id=plugin_id,
                remedy="raise limits.output_mb in plugin.json or limits={'output_mb': …} in the call",
            )
        if peer.output is not None:
            peer.output.close()
        peer.output = Segment(answer.size, writable=True)
        given = frames.GiveSegment(peer.output.size)
        yield Send(frames.encode(given), (peer.output.descriptor,))
        answer = yield from _answer(peer, on_progress)
    if isinstance(answer, (frames.Returned, frames.Raised)) and answer.keeps_inputs and peer.input is not None:
        peer.input.close()
        peer.input = None
    if isinstance(answer, frames.Raised):
        raise _error(answer, peer, plugin_id)
    if not isinstance(answer, frames.Returned):
        raise ProtocolViolation(f"{type(answer).__name__} instead of Returned", plugin_id=plugin_id)
    outputs = values.unpack(answer.body, peer.output.view if peer.output is not None else None, copy=True)
    if not isinstance(outputs, dict):
        raise ProtocolViolation(f"outputs are a dictionary, not a {type(outputs).__name__}", plugin_id=plugin_id)
    return Outcome(outputs, max(0.0, answer.cpu_s))


def _answer(
    peer: Peer, on_progress: OnProgress | None
) -> Conversation[frames.Started | frames.NeedSegment | frames.Returned | frames.Raised]:
    while True:
        data = yield RECEIVE
        frame = frames.decode_from_worker(data or b"")
        if not isinstance(frame, frames.Progress):
            peer.busy = isinstance(frame, frames.NeedSegment)
            return frame
        if on_progress is not None and 0 <= frame.fraction <= 1:
            try:
                on_progress(frame.fraction, printable(frame.message))
            except KeyboardInterrupt:
                yield CANCEL


def _error(answer: frames.Raised, peer: Peer, plugin_id: str) -> BaseException:
    message, trace = (_shown(text, peer) for text in (answer.message, answer.traceback_text))
    match answer.kind:
        case "cancelled" if (
            peer.cancelling
        ):  # a plugin that raises KeyboardInterrupt unasked must not interrupt the host
            return Cancelled()
        case "load":
            return LoadError(message, plugin_id=plugin_id)
        case "cannot_cross":
            return DefinitionError(message, plugin_id=plugin_id)
        case "memory" | "file_size" | "open_files" | "processes" as limit:
            error: PluginError = LimitExceeded(
                f"{_LIMIT_WORDS[limit]}: {message or 'MemoryError'}",
                limit=limit,
                plugin_id=plugin_id,
                remedy=_LIMIT_REMEDIES[limit],
            )
            error.add_note(trace)
            return error
        case _:
            return PluginExecutionError(
                f"{printable(answer.exception_type)}: {message}",
                exception_type=printable(answer.exception_type),
                traceback_text=trace,
                plugin_id=plugin_id,
            )


_LIMIT_WORDS = {
    "memory": "it ran out of the memory it may use",
    "file_size": "it wrote a file longer than it may",
    "open_files": "it opened more files than it may",
    "processes": "it tried to start a process or too many threads",
}
_LIMIT_REMEDIES = {
    "memory": "give it less, or raise limits.memory_mb in plugin.json or limits={'memory_mb': …} in the call",
    "file_size": "raise limits.file_size_mb in plugin.json",
    "open_files": "raise limits.open_files in plugin.json",
    "processes": "a plugin can't start processes; ask its author for a version that works in one",
}


def _shown(text: str, peer: Peer) -> str:
    copy, original = peer.shown_as
    return printable(text.replace(copy, original) if copy else text)


def printable(text: str) -> str:
    """`text` without control characters, so that a plugin can't drive a terminal."""
    return "".join(
        c if c in "\n\t" or (c.isprintable() and c not in _BIDI) else "\N{REPLACEMENT CHARACTER}" for c in text
    )


_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
