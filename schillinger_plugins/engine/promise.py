"""How many frames the header of an audio file promises, where libsndfile doesn't say.

libsndfile takes a WAV or AIFF file that was cut off for a shorter one. Owns just enough of the formats' headers to
notice: the chunks of RIFF and AIFF, the last page of Ogg. Refuses nothing: None means that nothing is promised. Called by
``engine.decode``.
"""

from __future__ import annotations

import struct

_MAX_CHUNKS = 1000
_MAX_PAGE = 65_307
_UNSET = 0xFFFF0000
"""A recorder that can't go back and fill in a length leaves all bits set, or nearly."""


def promised_frames(data: memoryview, container: str) -> int | None:
    """Frames per the header.

    Parameters
    ----------
    data : memoryview
        The file.
    container : str
        As libsndfile calls it: WAV, WAVEX, AIFF, …

    Returns
    -------
    int or None
        None where the header doesn't say.
    """
    try:
        if container in ("WAV", "WAVEX"):
            return _riff(data)
        if container == "AIFF":
            return _aiff(data)
    except struct.error:  # the header itself is cut off
        pass
    return None


def ends_properly(data: memoryview) -> bool:
    """Whether the last page of an Ogg file is there and says that it is the last (RFC 3533)."""
    tail = bytes(data[-_MAX_PAGE:])
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if not page.startswith(b"OggS") or len(page) < 27 or not page[5] & 0x04:
        return False
    lengths = page[27 : 27 + page[26]]
    return len(page) >= 27 + page[26] + sum(lengths)


def _riff(data: memoryview) -> int | None:
    big = bytes(data[:4]) == b"RIFX"
    order = ">" if big else "<"
    block_align, offset = 0, 12
    for _ in range(_MAX_CHUNKS):
        name, size = struct.unpack(f"{order}4sI", data[offset : offset + 8])
        if name == b"fmt ":
            (tag, _, _, _, block_align) = struct.unpack(f"{order}HHIIH", data[offset + 8 : offset + 22])
            if tag not in (1, 3, 6, 7, 0xFFFE):  # PCM, float, A-law, µ-law: a frame is a block
                return None
        if name == b"data":
            return size // block_align if block_align and 0 < size < _UNSET else None
        offset += 8 + size + size % 2
    return None


def _aiff(data: memoryview) -> int | None:
    offset = 12
    for _ in range(_MAX_CHUNKS):
        name, size = struct.unpack(">4sI", data[offset : offset + 8])
        if name == b"COMM":
            frames: int = struct.unpack(">I", data[offset + 10 : offset + 14])[0]
            return frames if frames < _UNSET else None
        offset += 8 + size + size % 2
    return None
