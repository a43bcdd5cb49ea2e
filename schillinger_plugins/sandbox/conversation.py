"""What is said between host and worker, without any I/O.

Owns the order of frames: what is asked, and what becomes of the answer (`answering` waits for it). A conversation is a
generator: it yields what to send, or that it waits, or what to ask the host's own services, is sent the bytes that came,
and returns the outcome. `blocking` and `asynchronous` drive it; tests drive it by hand.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from ..errors import InputError, ProtocolViolation
from ..protocol import frames, values
from . import answering
from .limits import Limits
from .printable import printable
from .segment import Segment
from .steps import Consult, Conversation, OnProgress, Peer, Send

_MB = 1024 * 1024


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
    report : str
        Where the time went, if that was asked for.
    """

    outputs: dict[str, Any]
    cpu_s: float
    seed: int
    sent: frames.Body
    segment: Segment | None
    release: Callable[[], None]
    content: int
    report: str = ""


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
    answer = yield from answering.answer(peer, plugin_id, frames.Started, None)
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
    method: str = "execute",
    profile: bool = False,
) -> Conversation[Outcome]:
    """Have the worker execute once, or call another method of the plugin.

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
        yield Send(frames.encode(frames.Call(seed, body, peer.interrupts_before, peer.turns, method, profile)))
        answer = yield from answering.answer(peer, plugin_id, frames.Returned, limits, on_progress)
        if answer.keeps_inputs:
            answering.retire_input(peer)
        if answer.state:
            peer.state = answer.state
        outputs = _outputs(peer, answer, limits, plugin_id)
    except BaseException:
        release()
        raise
    report = printable(answer.report) if profile else ""
    return Outcome(outputs, answer.cpu_s, answer.seed, body, segment, release, peer.content, report)


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
    answer = yield from answering.answer(peer, plugin_id, frames.Returned, limits)
    return _outputs(peer, answer, limits, plugin_id)


def _outputs(peer: Peer, answer: frames.Returned, limits: Limits, plugin_id: str) -> dict[str, Any]:
    segment_view = peer.output.view if peer.output is not None else None
    try:
        outputs = values.unpack(answer.body, segment_view, copy=True, most=limits.output_mb * _MB)
    except values.TooMuch:
        raise answering.too_large("more", limits, plugin_id) from None
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
    answer = yield from answering.answer(peer, plugin_id, frames.Saved, limits)
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
    answer = yield from answering.answer(peer, plugin_id, frames.Restored, None)
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
        answering.retire_input(peer)
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
