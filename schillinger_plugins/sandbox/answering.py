"""What a worker says until it has answered: progress, what it needs, what it wants fetched, then the answer.

Owns what each of these frames means and how many of them are too many. Refuses everything that no honest worker sends.
Called by ``conversation``.
"""

from __future__ import annotations

import time
from typing import TypeVar

import msgspec

from ..errors import LimitExceeded, PermissionDenied, PluginError, ProtocolViolation
from ..protocol import frames
from . import interrupts
from .limits import Limits
from .printable import printable
from .raised import error_of
from .segment import Segment
from .steps import CANCEL, RECEIVE, Consult, Conversation, OnProgress, Peer, Send

_MB = 1024 * 1024
_STARTING_S = 60.0
_AFTER_LIMIT_S = 1.0
"""How much longer than its call a request may take: the limit of the call is what ends it then, not the one or the other."""


def retire_input(peer: Peer) -> None:
    peer.layout = ()
    if peer.input is not None:
        peer.input.close()
        peer.input = None


A = TypeVar("A", frames.Started, frames.Returned, frames.Saved, frames.Restored)


def answer(
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
        if isinstance(frame, (frames.Returned, frames.Raised)) and frame.said:
            peer.read_log()  # now, while what is read belongs to this call
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
            asked = msgspec.structs.replace(frame, timeout_s=max(0.001, min(frame.timeout_s, left_s + _AFTER_LIMIT_S)))
            fetched, rest = yield from _fetch(peer, asked, plugin_id)
            yield Send(fetched)
        elif isinstance(frame, frames.More) and rest:
            piece, rest = rest[: frames.PIECE_BYTES], rest[frames.PIECE_BYTES :]
            yield Send(frames.encode(frames.Fetched(piece=bytes(piece), remaining=len(rest))))
        elif isinstance(frame, frames.Raised):
            peer.busy = False
            if frame.keeps_inputs:
                retire_input(peer)
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
        raise too_large(f"{size / _MB:.1f} MB", limits, plugin_id)
    if peer.output is not None:
        if size <= peer.output.size:  # else it could have new ones made without end
            raise ProtocolViolation("it asks for a segment that it has", plugin_id=plugin_id)
        peer.output.close()
    peer.output = Segment(size, writable=True)
    return Send(frames.encode(frames.Attach(peer.output.size)), peer.output.descriptor)


def too_large(size: str, limits: Limits, plugin_id: str) -> LimitExceeded:
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
            if peer.cancelling:
                raise PluginError("the call was interrupted: nothing is fetched for it any more")
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

    answer = yield Consult(action, ends_with_call=True)
    return bytes(answer or b""), body


def _sent_body(peer: Peer, body: frames.Body, plugin_id: str) -> bytes:
    if not body.size:
        return body.inline
    if peer.output is None or body.offset < 0 or not 0 < body.size <= peer.output.size - body.offset:
        raise ProtocolViolation("the body of a request lies outside the segment", plugin_id=plugin_id)
    return bytes(peer.output.view[body.offset : body.offset + body.size])
