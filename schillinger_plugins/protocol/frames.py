"""The frames that host, zygote and worker exchange.

Owns their shape, their limits and their encoding (MessagePack through msgspec, one frame a SEQPACKET message). Refuses
anything that doesn't decode to exactly one known frame. Both sides call it; the host treats every frame from a worker as
hostile, so a frame holds plain numbers, strings and bytes only.

A conversation, from the host's side::

    Start          → Started | Raised
    (Attach) Call  → (Progress | Fetch → Fetched (More → Fetched)* | NeedSegment → Attach)* → Returned | Raised
    Save           → (NeedSegment → Attach) → Saved | Raised
    (Attach) Restore → Restored | Raised
    Stop           → the worker cleans up and exits

`Start`, `Save` and `Restore` may be answered by `Fetch` too, before their answer. Each request has the number of its
turn, and its answer repeats it: an answer too many, or one too late, is not taken for that to the next request.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ..errors import ProtocolViolation

MAX_FRAME_BYTES = 64 * 1024
MAX_INLINE_BYTES = 48 * 1024
"""A body longer than this travels in the segment instead of the frame."""

PIECE_BYTES = 24 * 1024
"""Of a fetched body, in one frame."""

MAX_TRACEBACK_CHARS = 20_000
MAX_MESSAGE_CHARS = 4_000


class Frame(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=True):
    """Base of all frames."""


class Body(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Packed values: the bytes themselves, or where they lie in the segment."""

    inline: bytes
    offset: int = 0
    size: int = 0


# Host to worker.


class Start(Frame, frozen=True):
    """Import the plugin, make the instance, await `initialize`. `readable`, `writable`: folders that were granted."""

    plugin_id: str
    instance_id: str
    root: str
    main_file: str
    plugin_type: str
    config: bytes
    readable: list[str]
    writable: list[str]
    spare_core: bool
    turn: int


class Attach(Frame, frozen=True):
    """A segment: for inputs from now on, or for the outputs that were asked about. Its descriptor is the next message."""

    size: int


class Call(Frame, frozen=True):
    """Await `execute`, or another `method`. Large arrays lie in the input segment. Without a seed the worker takes one and
    says which. With `profile` it tells where the time went.

    `interrupts` says how many calls before this one the host has interrupted: one more that has come is meant for this one,
    even if it came before the call did.
    """

    seed: int | None
    body: Body
    interrupts: int
    turn: int
    method: str = "execute"
    profile: bool = False


class Save(Frame, frozen=True):
    """Give the state of the instance."""

    turn: int


class Restore(Frame, frozen=True):
    """Take a state that was given by `Saved` or `Returned`; if not `same_code`, by another version of the plugin."""

    state: Body
    same_code: bool
    turn: int


class Fetched(Frame, frozen=True):
    """What the host fetched, or why not (`error` is the message, `refused` whether a permission is missing).

    A long reply comes in pieces: `remaining` bytes follow when they are asked for with `More`.
    """

    status: int = 0
    url: str = ""
    headers: dict[str, str] = {}
    piece: bytes = b""
    remaining: int = 0
    error: str = ""
    refused: bool = False


class Stop(Frame, frozen=True):
    """Await `cleanup` and exit."""


# Worker to host.


class Started(Frame, frozen=True):
    """The plugin is ready; its node definition as packed values."""

    definition: bytes
    turn: int = 0


class Progress(Frame, frozen=True):
    """How far the call has come."""

    fraction: float
    message: str


class NeedSegment(Frame, frozen=True):
    """The outputs, or the state, need an output segment of at least this many bytes."""

    size: int


class Fetch(Frame, frozen=True):
    """Fetch something over HTTP for the plugin, if that was granted. A long body lies in the output segment."""

    method: str
    url: str
    headers: dict[str, str]
    body: Body
    timeout_s: float


class More(Frame, frozen=True):
    """Give the next piece of the reply."""


class Returned(Frame, frozen=True):
    """`execute` returned.

    `keeps_inputs`: the plugin still holds an input array, so the segment can't be reused. `state`: that of the instance,
    packed, if it is small and has changed since it was last told; empty otherwise. `report`: where the time went. `said`:
    something was printed or logged since the last answer, which is to be read before the next call begins.
    """

    body: Body
    cpu_s: float
    seed: int
    keeps_inputs: bool = False
    state: bytes = b""
    turn: int = 0
    report: str = ""
    said: bool = False


class Saved(Frame, frozen=True):
    """The state of the instance; nothing if it has none."""

    state: Body | None
    turn: int = 0


class Restored(Frame, frozen=True):
    """The state was taken; `left` names what did not fit, with the reason."""

    left: dict[str, str]
    turn: int = 0


class Site(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where an exception passed through, and what the names meant there, as text."""

    file: str
    line: int
    function: str
    names: list[tuple[str, str]]


class Raised(Frame, frozen=True):
    """Something raised. `kind` says what it means to the host, `sites` the way it took, outermost first."""

    kind: str
    exception_type: str
    message: str
    traceback_text: str
    keeps_inputs: bool = False
    turn: int = 0
    sites: list[Site] = []
    said: bool = False


# Host to zygote, and its answers.


class Spawn(Frame, frozen=True):
    """Fork a worker. Its channel, its log pipe and its trace pipe come along as descriptors."""

    scratch: str
    readable: list[str]
    writable: list[str]
    data_bytes: int
    file_size_bytes: int
    open_files: int


class Spawned(Frame, frozen=True):
    """The worker's process id, or -1 if no process could be forked.

    It stays a zombie until it is reaped, so the id can't be reused meanwhile.
    """

    pid: int


class Reap(Frame, frozen=True):
    """Wait for a worker that has ended or been killed."""

    pid: int


class Leave(Frame, frozen=True):
    """End: the host goes on without this zygote, and tidies up by itself. It can't say so when it is killed."""


class Reaped(Frame, frozen=True):
    """How the worker ended, as `os.waitstatus_to_exitcode` gives it: negative for a signal."""

    exit_code: int


class Hello(Frame, frozen=True):
    """The zygote is warm. `missing` names each layer this machine lacks, with the reason."""

    landlock_abi: int
    seccomp: bool
    missing: dict[str, str]


class Warming(Frame, frozen=True):
    """What the zygote is preparing, before it says `Hello`."""

    fraction: float
    message: str


_FromWorker = Started | Progress | NeedSegment | Fetch | More | Returned | Saved | Restored | Raised
_ToWorker = Start | Attach | Call | Save | Restore | Fetched | Stop
_FromZygote = Hello | Warming | Spawned | Reaped
_ToZygote = Spawn | Reap | Leave

F = TypeVar("F", bound=Frame)

_encoder = msgspec.msgpack.Encoder()
_from_worker: msgspec.msgpack.Decoder[_FromWorker] = msgspec.msgpack.Decoder(_FromWorker)
_to_worker: msgspec.msgpack.Decoder[_ToWorker] = msgspec.msgpack.Decoder(_ToWorker)
_from_zygote: msgspec.msgpack.Decoder[_FromZygote] = msgspec.msgpack.Decoder(_FromZygote)
_to_zygote: msgspec.msgpack.Decoder[_ToZygote] = msgspec.msgpack.Decoder(_ToZygote)


def encode(frame: Frame) -> bytes:
    """The frame as bytes, at most `MAX_FRAME_BYTES` long."""
    data = _encoder.encode(frame)
    if len(data) > MAX_FRAME_BYTES:
        raise ProtocolViolation(
            f"a frame may have {MAX_FRAME_BYTES} bytes, this {type(frame).__name__} has {len(data)}"
        )
    return data


def decode_from_worker(data: bytes | memoryview) -> _FromWorker:
    """One frame of a worker.

    Raises
    ------
    ProtocolViolation
        For anything else: an empty, oversized, truncated or unknown frame.
    """
    return _decode(_from_worker, data, "worker")


def decode_to_worker(data: bytes | memoryview) -> _ToWorker:
    """One frame of the host, as the worker reads it."""
    return _decode(_to_worker, data, "host")


def decode_from_zygote(data: bytes) -> _FromZygote:
    """One frame of the zygote."""
    return _decode(_from_zygote, data, "zygote")


def decode_to_zygote(data: bytes) -> _ToZygote:
    """One frame of the host, as the zygote reads it."""
    return _decode(_to_zygote, data, "host")


T = TypeVar("T")


def _decode(decoder: msgspec.msgpack.Decoder[T], data: bytes | memoryview, sender: str) -> T:
    if not data or len(data) > MAX_FRAME_BYTES:
        raise ProtocolViolation(f"a frame of the {sender} has 1 to {MAX_FRAME_BYTES} bytes, this one {len(data)}")
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError) as error:
        # A tag that nobody knows is repeated in the error, and is anything that the sender liked to put there.
        why = ascii(str(error)[:200])[1:-1]
        raise ProtocolViolation(f"the {sender} sent a frame that can't be read: {why}") from error
