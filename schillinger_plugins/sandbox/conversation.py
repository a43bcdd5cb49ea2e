"""What is said between host and worker, without any I/O.

Owns the order of frames and what each answer means. A conversation is a generator: it yields what to send, or that it
waits, or what to ask the host's own services, is sent the bytes that came, and returns the outcome. `blocking` and
`asynchronous` drive it; tests drive it by hand. Refuses everything that no honest worker sends.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

import msgspec
import numpy as np

from ..errors import (
    InputError,
    LimitExceeded,
    PermissionDenied,
    PluginError,
    ProtocolViolation,
)
from ..protocol import frames, values
from . import interrupts
from .limits import Limits
from .printable import printable
from .raised import error_of
from .segment import Segment

_MB = 1024 * 1024
_STARTING_S = 60.0

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
    """Do this, which may take a while, and send its answer in."""

    action: Callable[[], bytes]


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


class Outcome(msgspec.Struct):
    """What a call gave, and what was sent for it. A struct, since one is made for every call.

    Attributes
    ----------
    sent : Body
        The packed arguments.
    segment : Segment or None
        Where their large arrays lie, held: whoever has the outcome calls `release`.
    content : int
        The same number for calls with the same large arrays, no other.
    """

    outputs: dict[str, Any]
    cpu_s: float
    seed: int
    sent: frames.Body
    segment: Segment | None
    release: Callable[[], None]
    content: int


def start(
    peer: Peer,
    *,
    plugin_id: str,
    instance_id: str,
    root: str,
    main_file: str,
    plugin_type: str,
    config: dict[str, Any],
    readable: list[str],
    writable: list[str],
    spare_core: bool,
) -> Conversation[Any]:
    """Have the worker import the plugin and make its instance; return the node definition as it came, unchecked."""
    packed = values.pack(config, "$.config")
    frame = frames.Start(
        plugin_id,
        instance_id,
        root,
        main_file,
        plugin_type,
        packed.structure,
        readable,
        writable,
        spare_core,
        peer.turns,
    )
    peer.busy = True
    yield Send(frames.encode(frame))
    answer = yield from _answer(peer, plugin_id, frames.Started, None)
    peer.ready = True
    return values.unpack(frames.Body(answer.definition), None, copy=True)


_contents = itertools.count(1)
_NO_ARGUMENTS = values.pack({"inputs": {}, "parameters": {}}, "$")


def call(
    peer: Peer,
    inputs: dict[str, Any],
    parameters: dict[str, Any],
    *,
    plugin_id: str,
    seed: int | None,
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
        packed = (
            values.pack({"inputs": inputs, "parameters": parameters}, "$") if inputs or parameters else _NO_ARGUMENTS
        )
    except values.CannotCross as error:
        raise InputError(str(error), plugin_id=plugin_id) from error
    there = not packed.size or _lies_there(peer, packed)
    body = packed.written(None) if there else (yield from _write(peer, packed))
    peer.busy = True
    segment = peer.input if packed.size else None
    release = segment.hold() if segment is not None else _nothing
    try:
        yield Send(frames.encode(frames.Call(seed, body, peer.interrupts_before, peer.turns)))
        answer = yield from _answer(peer, plugin_id, frames.Returned, limits, on_progress)
        if answer.keeps_inputs:
            _retire_input(peer)
        if answer.state:
            peer.state = answer.state
        outputs = _outputs(peer, answer, limits, plugin_id)
    except BaseException:
        release()
        raise
    return Outcome(outputs, answer.cpu_s, answer.seed, body, segment, release, peer.content)


def call_on_file(
    peer: Peer, descriptor: int, size: int, parameters: dict[str, Any], *, plugin_id: str, limits: Limits
) -> Conversation[dict[str, Any]]:
    """Have the worker execute with the content of an open file as the input ``file``, which nobody copies for it.

    The worker sees that file's own pages, read-only, until it is given another one: if somebody cuts the file off meanwhile,
    it is the worker that crashes. For its own code alone, since such an input can't be repeated.
    """
    stand_in = np.broadcast_to(np.uint8(0), (size,))  # of that shape, and no memory
    packed = values.pack({"inputs": {"file": stand_in}, "parameters": parameters}, "$")
    yield Send(frames.encode(frames.Attach(size)), descriptor)
    peer.busy = True
    yield Send(frames.encode(frames.Call(None, packed.written(None), peer.interrupts_before, peer.turns)))
    answer = yield from _answer(peer, plugin_id, frames.Returned, limits)
    return _outputs(peer, answer, limits, plugin_id)


def _outputs(peer: Peer, answer: frames.Returned, limits: Limits, plugin_id: str) -> dict[str, Any]:
    segment_view = peer.output.view if peer.output is not None else None
    try:
        outputs = values.unpack(answer.body, segment_view, copy=True, most=limits.output_mb * _MB)
    except values.TooMuch:
        raise _too_large("more", limits, plugin_id) from None
    if not isinstance(outputs, dict):
        raise ProtocolViolation(f"outputs are a dictionary, not a {type(outputs).__name__}", plugin_id=plugin_id)
    if not 0 <= answer.seed < 2**63 or not 0 <= answer.cpu_s < float("inf"):
        raise ProtocolViolation(f"no such seed or CPU time: {answer.seed}, {answer.cpu_s}", plugin_id=plugin_id)
    return outputs


def discard(outcome: object) -> None:
    """Let go of an outcome that nobody will get: the exception in its place may be kept for long, and it with that."""
    if isinstance(outcome, Outcome):
        outcome.release()


def _nothing() -> None:
    """The release of what was not held."""


def save(peer: Peer, *, plugin_id: str, limits: Limits) -> Conversation[Any]:
    """The state of the instance as plain data, or None if it has none."""
    peer.busy = True
    yield Send(frames.encode(frames.Save(peer.turns)))
    answer = yield from _answer(peer, plugin_id, frames.Saved, limits)
    if answer.state is None:
        return None
    state = values.unpack(answer.state, peer.output.view if peer.output is not None else None, copy=True)
    try:
        values.pack(state, "state")  # can be larger than it came: what the next worker can't be given is no state
    except values.CannotCross as error:
        raise ProtocolViolation(f"its state can't be given back to it: {error}", plugin_id=plugin_id) from error
    return state


def restore(peer: Peer, state: Any, *, plugin_id: str, same_code: bool) -> Conversation[dict[str, str]]:
    """Give an instance the state of another one; what didn't fit, with the reason."""
    packed = values.pack(state, "state")
    body = yield from _write(peer, packed)
    peer.busy = True
    yield Send(frames.encode(frames.Restore(body, same_code, peer.turns)))
    answer = yield from _answer(peer, plugin_id, frames.Restored, None)
    return {printable(name)[:200]: printable(reason)[:500] for name, reason in answer.left.items()}


def _write(peer: Peer, packed: values.Packed) -> Conversation[frames.Body]:
    """Put values where the worker finds them, in a larger segment than before if need be."""
    if not packed.size:
        return packed.write(None)
    segment = peer.input
    if segment is not None and segment.is_read:
        # The digests of the last call's inputs are still being computed: take turns with a second segment.
        if peer.other_input is not None and peer.other_input.is_read:
            yield Consult(_wait_until_free(peer.other_input))  # may be interrupted: nothing has changed yet
            if peer.other_input.is_read:  # by somebody who forgot that he does
                peer.other_input.close()
                peer.other_input = None
        peer.input, peer.other_input = peer.other_input, segment
    if peer.input is None or peer.input.size < packed.size:
        _retire_input(peer)
        peer.input = Segment(packed.size, writable=False)
    if peer.input is not segment:
        yield Send(frames.encode(frames.Attach(peer.input.size)), peer.input.descriptor)
    peer.layout, peer.content = packed.layout, next(_contents)
    return packed.write(peer.input.view)


def _lies_there(peer: Peer, packed: values.Packed) -> bool:
    """Whether the large arrays lie in the segment already: people mostly send the same sound with another parameter."""
    return bool(
        packed.arrays and peer.input is not None and peer.layout == packed.layout and packed.lies_in(peer.input.view)
    )


def _wait_until_free(segment: Segment) -> Callable[[], bytes]:
    def action() -> bytes:
        segment.wait_until_free()
        return b""

    return action


def _retire_input(peer: Peer) -> None:
    peer.layout = ()
    if peer.input is not None:
        peer.input.close()
        peer.input = None


A = TypeVar("A", frames.Started, frames.Returned, frames.Saved, frames.Restored)


def _answer(
    peer: Peer, plugin_id: str, expected: type[A], limits: Limits | None, on_progress: OnProgress | None = None
) -> Conversation[A]:
    """Receive until the answer has come; meanwhile give the worker what it asks for."""
    progress: _Rate | None = None
    fetches: _Rate | None = None
    begun_s = time.monotonic()
    rest = memoryview(b"")
    while True:
        data = yield RECEIVE
        frame = frames.decode_from_worker(data or b"")
        if isinstance(frame, (expected, frames.Raised)) and frame.turn != peer.turns:
            raise ProtocolViolation("it answered something that it was not asked now", plugin_id=plugin_id)
        if isinstance(frame, expected):
            peer.busy = False
            return frame
        if isinstance(frame, frames.Progress):
            progress = progress or _Rate("reports progress", burst=100, per_s=50)
            progress.count(plugin_id)
            if on_progress is not None and 0 <= frame.fraction <= 1:
                try:
                    with interrupts.opened():
                        on_progress(frame.fraction, printable(frame.message))
                except KeyboardInterrupt:
                    yield CANCEL
        elif isinstance(frame, frames.NeedSegment) and limits is not None:
            yield _segment(peer, frame.size, limits, plugin_id)
        elif isinstance(frame, frames.Fetch):
            fetches = fetches or _Rate("asks the host to fetch", burst=500, per_s=10)
            fetches.count(plugin_id)
            left_s = (limits.wall_s if limits is not None else _STARTING_S) - (time.monotonic() - begun_s)
            asked = msgspec.structs.replace(frame, timeout_s=max(0.001, min(frame.timeout_s, left_s)))
            fetched, rest = yield from _fetch(peer, asked, plugin_id)
            yield Send(fetched)
        elif isinstance(frame, frames.More) and rest:
            piece, rest = rest[: frames.PIECE_BYTES], rest[frames.PIECE_BYTES :]
            yield Send(frames.encode(frames.Fetched(piece=bytes(piece), remaining=len(rest))))
        elif isinstance(frame, frames.Raised):
            peer.busy = False
            if frame.keeps_inputs:
                _retire_input(peer)
            raise error_of(frame, peer, plugin_id)
        else:
            raise ProtocolViolation(f"{type(frame).__name__} instead of {expected.__name__}", plugin_id=plugin_id)


class _Rate:
    """Refuses a flood: an honest worker reports twenty times a second, and fetches twice."""

    __slots__ = ("_burst", "_number", "_per_s", "_since_s", "_what")

    def __init__(self, what: str, *, burst: int, per_s: float) -> None:
        self._what = what
        self._burst = burst
        self._per_s = per_s
        self._number = 0
        self._since_s = time.monotonic()

    def count(self, plugin_id: str) -> None:
        self._number += 1
        if self._number > self._burst + self._per_s * (time.monotonic() - self._since_s):
            raise ProtocolViolation(f"it {self._what} more often than a worker may", plugin_id=plugin_id)


def _segment(peer: Peer, size: int, limits: Limits, plugin_id: str) -> Send:
    if not 0 < size <= limits.output_mb * _MB:
        raise _too_large(f"{size / _MB:.1f} MB", limits, plugin_id)
    if peer.output is not None:
        if size <= peer.output.size:  # else it could have new ones made without end
            raise ProtocolViolation("it asks for a segment that it has", plugin_id=plugin_id)
        peer.output.close()
    peer.output = Segment(size, writable=True)
    return Send(frames.encode(frames.Attach(peer.output.size)), peer.output.descriptor)


def _too_large(size: str, limits: Limits, plugin_id: str) -> LimitExceeded:
    return LimitExceeded(
        f"its outputs take {size}, the limit output is {limits.output_mb:g} MB",
        limit="output",
        plugin_id=plugin_id,
        remedy="raise limits.output_mb in plugin.json or limits={'output_mb': …} in the call",
    )


def _fetch(peer: Peer, request: frames.Fetch, plugin_id: str) -> Conversation[tuple[bytes, memoryview]]:
    """Have the host fetch; the first frame of the answer, and what is left of the body."""
    body = memoryview(b"")
    sent = _sent_body(peer, request.body, plugin_id)

    def action() -> bytes:
        nonlocal body
        try:
            if peer.on_fetch is None:
                raise PermissionDenied(
                    "it may not use the network", permission="network", plugin_id=plugin_id, target=request.url[:200]
                )
            reply = peer.on_fetch(request, sent)
        except PluginError as error:
            refused = isinstance(error, PermissionDenied)
            return frames.encode(frames.Fetched(error=str(error)[: frames.MAX_MESSAGE_CHARS], refused=refused))
        body = memoryview(reply.piece)[frames.PIECE_BYTES :]
        first = frames.Fetched(
            reply.status, reply.url, reply.headers, reply.piece[: frames.PIECE_BYTES], remaining=len(body)
        )
        return frames.encode(first)

    answer = yield Consult(action)
    return bytes(answer or b""), body


def _sent_body(peer: Peer, body: frames.Body, plugin_id: str) -> bytes:
    if not body.size:
        return body.inline
    if peer.output is None or body.offset < 0 or not 0 < body.size <= peer.output.size - body.offset:
        raise ProtocolViolation("the body of a request lies outside the segment", plugin_id=plugin_id)
    return bytes(peer.output.view[body.offset : body.offset + body.size])
