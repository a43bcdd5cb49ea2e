"""MP3 files that don't count their frames, given a count.

libsndfile stops reading an MP3 where its library estimates the end to be: from a Xing header if there is one, else
from the first frame's bitrate, which for a variable bitrate is wrong by any factor. Owns the walk over the frames of
MPEG 1, 2 and 2.5 Layer III, and a copy of the file in memory that begins with the header it lacked. Called by
``engine.decode``.
"""

from __future__ import annotations

from dataclasses import dataclass

_COUNTED = (b"Xing", b"Info", b"VBRI")
_KBPS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_KBPS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_RESYNC_BYTES = 64 * 1024
MAX_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class _Frame:
    """One frame's header: its four bytes, and how long the frame is."""

    head: bytes
    size: int

    @property
    def kind(self) -> tuple[int, int]:
        """Version and sampling rate, which don't change within a file."""
        return self.head[1] & 0x1E, self.head[2] & 0x0C


def has_count(file: memoryview) -> bool:
    """Whether the file begins with a header that counts its frames."""
    start = _tag_size(bytes(file[:10]))
    first = bytes(file[start : start + 4096])
    return any(mark in first for mark in _COUNTED)


def with_count(file: memoryview) -> bytes | None:
    """The file with a header that counts its frames, or None if it has no Layer III frames or is longer than 1 GiB."""
    if len(file) > MAX_BYTES:
        return None
    data = bytes(file)
    start = _sync(data, _tag_size(data[:10]), None)
    if start is None:
        return None
    first = _frame(data, start)
    assert first is not None
    count, position = 0, start
    while True:
        frame = _frame(data, position)
        if frame is not None and frame.kind == first.kind:
            # The last frame may be cut off: what there is of it can't be decoded.
            if position + frame.size > len(data):
                break
            count += 1
            position += frame.size
            continue
        next_position = _sync(data, position + 1, first)
        if next_position is None:
            break
        position = next_position
    return _header(first, count) + data[start:]


def _header(first: _Frame, count: int) -> bytes:
    """A frame without sound that says how many follow (the Xing header of 1999)."""
    mono, version_1 = first.head[3] >> 6 == 3, first.head[1] >> 3 & 3 == 3
    # Without a checksum, at the highest bitrate, so that there is room for the header.
    head = bytes([first.head[0], first.head[1] | 1, 0xE0 | first.head[2] & 0x0C, first.head[3]])
    frame = _frame(head, 0)
    assert frame is not None
    side_information = (17 if mono else 32) if version_1 else (9 if mono else 17)
    xing = b"Xing" + (1).to_bytes(4, "big") + count.to_bytes(4, "big")
    return (head + bytes(side_information) + xing).ljust(frame.size, b"\0")


def _frame(data: bytes, position: int) -> _Frame | None:
    head = data[position : position + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # eleven bits of sync, Layer III
        return None
    version, bitrate, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return None
    kbps = (_KBPS_1 if version == 3 else _KBPS_2)[bitrate]
    per_bit = 144 if version == 3 else 72
    return _Frame(head, per_bit * 1000 * kbps // _RATES_HZ[version][rate] + (head[2] >> 1 & 1))


def _sync(data: bytes, position: int, like: _Frame | None) -> int | None:
    """Where the next frame begins: a header that is followed by another of its kind, or by the end."""
    end = min(len(data), position + _RESYNC_BYTES)
    while (position := data.find(b"\xff", position, end)) >= 0:
        frame = _frame(data, position)
        if frame is not None and (like is None or frame.kind == like.kind):
            following = _frame(data, position + frame.size)
            if (following is not None and following.kind == frame.kind) or position + frame.size == len(data):
                return position
        position += 1
    return None


def _tag_size(start: bytes) -> int:
    if start[:3] != b"ID3" or len(start) < 10:
        return 0
    # Seven bits in each byte, so that no byte looks like the start of a frame.
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(start[6:10], (21, 14, 7, 0), strict=True))
