"""Reading a tar.gz in one pass, without any of the format's ways to say a thing twice.

Python's ``tarfile`` takes everything that was ever called a tar: sizes from extended headers, maps of sparse files, links to
what was unpacked before. This reader knows regular files, folders, long names (pax's and GNU's), and pax's remarks on times
and owners, which it drops. It refuses the rest. Called by ``package``.

The format is that of POSIX.1-2001 (pax) with the long names of GNU tar.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from .rules import (
    CHUNK_BYTES,
    MAX_ENTRIES,
    MAX_PATH_BYTES,
    MAX_RATIO,
    MAX_TOTAL_BYTES,
    RATIO_FROM_BYTES,
    Member,
    refusal,
)

_BLOCK = 512
_MAX_HEADERS = 3 * MAX_ENTRIES
_MAX_EXTENDED_BYTES = 64 * 1024
_MAX_STREAM_BYTES = MAX_TOTAL_BYTES + 64 * 1024**2

_REMARKS = frozenset({"mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment"})
_REMARK_PREFIXES = ("SCHILY.", "LIBARCHIVE.")
"""Extended attributes and the like. None is restored, so none needs to be believed."""

_KINDS = {
    b"1": "a link",
    b"2": "a link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"K": "a link with a long target",
    b"S": "a sparse file",
}


def tar_members(file: IO[bytes], source: Path) -> Iterator[Member]:
    """The entries of a gzipped tar, in their order. Each one's content is read before the next is asked for, or skipped.

    Raises
    ------
    PackageError
        For whatever isn't plainly a file or a folder, and for damage.
    """
    stream = _Gunzipped(file, source)
    long_name: str | None = None
    for _ in range(_MAX_HEADERS):
        header = stream.block()
        if not any(header):
            _end(stream, source)
            if long_name is not None:
                raise refusal(source, long_name, "has a name and nothing else")
            return
        name, kind, size = _header(header, source)
        if kind in (b"x", b"g", b"L"):
            found = _long_name(stream, kind, size, name, source)
            if found is not None and long_name is not None:
                raise refusal(source, found, "has two long names")
            long_name = long_name if found is None else found
            continue
        name, long_name = (name if long_name is None else long_name), None
        # Before there was a kind for folders, a slash made one.
        is_folder = kind == b"5" or (kind == b"\0" and name.endswith("/"))
        if not is_folder and kind not in (b"0", b"\0"):
            raise refusal(
                source, name, f"is {_KINDS.get(kind, f'of the kind {kind!r}')}", "put the file itself in its place"
            )
        if is_folder and size:
            raise refusal(source, name, "is a folder with content")
        if not is_folder and name.endswith("/"):
            raise refusal(source, name, "is a file that is called a folder")
        content = stream.content(name, size)
        yield Member(name=name.removesuffix("/"), is_folder=is_folder, size=size, chunks=partial(iter, content))
        for _chunk in content:
            pass
    raise refusal(source, None, f"has more than {_MAX_HEADERS} headers", "pack fewer, larger files")


class _Gunzipped:
    """The tar inside the gzip, block by block; what it would grow to is bounded, and its end is the file's end."""

    def __init__(self, file: IO[bytes], source: Path) -> None:
        self._file = file
        self._source = source
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._buffer = b""
        self._packed = self._unpacked = 0

    def block(self) -> bytes:
        """The next block, which must be there."""
        block = self.read(_BLOCK)
        if len(block) < _BLOCK:
            raise refusal(self._source, None, "is truncated: it has no end", "download it again")
        return block

    def read(self, length: int) -> bytes:
        """`length` bytes, or fewer where the archive ends."""
        parts, missing = [], length
        while missing:
            if not self._buffer and not self._more():
                break
            part = self._buffer[:missing]
            self._buffer = self._buffer[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def content(self, name: str, size: int) -> Iterator[bytes]:
        """The content of an entry, its padding taken off; can be gone through once."""
        left = size
        while left:
            chunk = self.read(min(left, CHUNK_BYTES))
            if not chunk:
                raise refusal(self._source, name, "is truncated", "download it again")
            left -= len(chunk)
            yield chunk
        padding = -size % _BLOCK
        if len(self.read(padding)) < padding:
            raise refusal(self._source, name, "is truncated", "download it again")

    def _more(self) -> bool:
        try:
            while not self._buffer:
                pending = self._stream.unconsumed_tail
                if self._stream.eof:
                    if self._stream.unused_data or self._file.read(1):
                        raise refusal(self._source, None, "has data after its end")
                    return False
                if not pending:
                    pending = self._file.read(CHUNK_BYTES // 4)
                    self._packed += len(pending)
                    if not pending:
                        raise refusal(self._source, None, "is truncated: its data ends too early", "download it again")
                self._buffer = self._stream.decompress(pending, CHUNK_BYTES)
        except zlib.error as error:
            raise refusal(self._source, None, f"is damaged: {error}", "download it again") from error
        self._unpacked += len(self._buffer)
        if self._unpacked > max(RATIO_FROM_BYTES, MAX_RATIO * self._packed):
            problem = f"would grow to more than {MAX_RATIO} times its size"
            raise refusal(self._source, None, problem, "leave out files that hold nothing but the same")
        if self._unpacked > _MAX_STREAM_BYTES:
            raise refusal(self._source, None, f"would grow to more than {_MAX_STREAM_BYTES} bytes", "pack less")
        return True


def _header(header: bytes, source: Path) -> tuple[str, bytes, int]:
    """Name, kind and size."""
    magic = header[257:265]
    prefix = header[345:500].split(b"\0")[0] if magic[:6] == b"ustar\0" else b""
    raw = header[:100].split(b"\0")[0]
    raw = prefix + b"/" + raw if prefix else raw
    if magic[:5] != b"ustar":
        raise refusal(source, raw, "has a header that is no tar's, or is damaged", "download it again")
    # The checksum is taken as if its own field were blanks.
    total = sum(header) - sum(header[148:156]) + 8 * 0x20
    if _octal(header[148:156], raw, source) != total:
        raise refusal(source, raw, "is damaged: its header's checksum is wrong", "download it again")
    return _text(raw, source), header[156:157], _octal(header[124:136], raw, source)


def _octal(field: bytes, raw_name: bytes, source: Path) -> int:
    digits = field.rstrip(b"\0 ").lstrip(b" ")
    # A first byte of 0x80 announces a binary number, which is for sizes of more than 8 GB.
    if not digits or any(digit not in b"01234567" for digit in digits):
        raise refusal(source, raw_name, "has a header with a number that can't be read, or is far too large")
    return int(digits, 8)


def _text(raw: bytes, source: Path) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise refusal(source, raw, "is called what is no UTF-8", "rename it, or use `schillinger pack`") from error


def _long_name(stream: _Gunzipped, kind: bytes, size: int, name: str, source: Path) -> str | None:
    """The name that an extended header gives to the next entry, if it gives one."""
    if size > _MAX_EXTENDED_BYTES:
        raise refusal(source, name, f"has an extended header of {size} bytes, at most {_MAX_EXTENDED_BYTES} are read")
    data = b"".join(stream.content(name, size))
    if kind == b"L":
        found = _text(data.rstrip(b"\0"), source)
        if "\0" in found or not 0 < len(data) <= MAX_PATH_BYTES + _BLOCK:
            raise refusal(source, found, "has a long name that is no name")
        return found
    long_name = None
    for keyword, value in _records(data, name, source):
        if keyword == "path" and kind == b"x":
            if long_name is not None or not value:
                raise refusal(source, name, "has two long names, or an empty one")
            long_name = _text(value, source)
        elif keyword not in _REMARKS and not keyword.startswith(_REMARK_PREFIXES):
            # size, linkpath, hdrcharset, GNU.sparse.*: each would change what the headers say.
            raise refusal(source, name, f"has an extended header with {keyword[:40]!r}, which is not supported")
    return long_name


def _records(data: bytes, name: str, source: Path) -> Iterator[tuple[str, bytes]]:
    """``length keyword=value\\n`` after each other; the length counts itself."""
    at = 0
    while at < len(data):
        digits, blank, _ = data[at : at + 8].partition(b" ")
        length = int(digits) if blank and digits.isdigit() else 0
        record = data[at : at + length]
        keyword, equals, value = record[len(digits) + 1 : -1].partition(b"=")
        if length < len(digits) + 4 or len(record) < length or record[-1:] != b"\n" or not equals:
            raise refusal(source, name, "has an extended header that can't be read")
        yield _text(keyword, source), value
        at += length


def _end(stream: _Gunzipped, source: Path) -> None:
    """Two blocks of zeros, then nothing but the zeros that fill a tape's record."""
    stream.block()
    while chunk := stream.read(CHUNK_BYTES):
        if any(chunk):
            raise refusal(source, None, "has data after its end")
