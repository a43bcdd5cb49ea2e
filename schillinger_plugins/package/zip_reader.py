"""Reading a zip that says one thing only.

A zip tells everything twice, in its central directory and beside each entry, and readers differ in whom they believe. Here
both must agree, entries follow each other without a gap or an overlap, and every byte belongs to one of them. Refuses
encryption, links, ZIP64, names that aren't marked as UTF-8, and methods other than stored and deflated. Called by
``package``.

The format is PKWARE's APPNOTE.TXT; the overlapping entries are those of Fifield, "A better zip bomb" (WOOT 2019).
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from .rules import CHUNK_BYTES, MAX_ENTRIES, MAX_RATIO, RATIO_FROM_BYTES, Member, refusal

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_DESCRIPTOR_SIGNATURE = b"PK\x07\x08"
_MAX_COMMENT = 0xFFFF
_MAX_CENTRAL_BYTES = MAX_ENTRIES * 2048

_STORED, _DEFLATED = 0, 8
_EMPTY_DEFLATED_BYTES = 2
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_SIZES_FOLLOW = 1 << 3
_PATCH = 1 << 5
_UTF8 = 1 << 11
_DOS_FOLDER = 0x10
_ZIP64_EXTRA, _OTHER_NAME_EXTRA = 0x0001, 0x7075


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    is_folder: bool
    data_at: int = 0


def zip_members(file: IO[bytes], length: int, source: Path) -> Iterator[Member]:
    """The entries of a zip, in the order of its bytes.

    Parameters
    ----------
    file : binary file
    length : int
        Its size in bytes.
    source : Path
        What to call it in errors.

    Raises
    ------
    PackageError
        For whatever two readers could understand differently.
    """
    central_at, central, count = _find_directory(file, length, source)
    entries = sorted(_directory(central, count, source), key=lambda entry: entry.offset)
    at = 0
    for entry in entries:
        if entry.offset != at:
            problem = "overlaps another" if entry.offset < at else f"leaves {entry.offset - at} bytes before it unused"
            raise refusal(source, entry.name, problem)
        data_at = _local_header(file, entry, source)
        at = data_at + entry.packed
        if at > central_at:
            raise refusal(source, entry.name, "reaches beyond the entries")
        if entry.flags & _SIZES_FOLLOW:
            at += _descriptor(file, at, entry, source)
        yield Member(
            name=entry.name,
            is_folder=entry.is_folder,
            size=entry.size,
            chunks=partial(_chunks, file, data_at, entry, source),
        )
    if at != central_at:
        raise refusal(source, None, f"has {central_at - at} bytes between its entries and its directory")


def _find_directory(file: IO[bytes], length: int, source: Path) -> tuple[int, bytes, int]:
    start = max(0, length - _END.size - _MAX_COMMENT)
    file.seek(start)
    tail = file.read(length - start)
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or found + _END.size > len(tail):
        raise refusal(source, None, "has no end: it is truncated, or no zip", "download it again")
    _, disk, central_disk, here, count, size, offset, comment = _END.unpack_from(tail, found)
    if found + _END.size + comment != len(tail):
        raise refusal(source, None, "has bytes after its end, or is truncated", "download it again")
    if disk or central_disk or here != count:
        raise refusal(source, None, "is one part of several", "put the parts together, and pack it anew")
    if 0xFFFF in (here, count) or 0xFFFFFFFF in (size, offset):
        raise refusal(source, None, "is a ZIP64, which holds more than a plugin may", "pack fewer, smaller files")
    if count > MAX_ENTRIES or size > _MAX_CENTRAL_BYTES:
        raise refusal(source, None, f"has {count} entries, at most {MAX_ENTRIES} are read", "pack fewer, larger files")
    if offset + size != start + found:
        raise refusal(source, None, "has a directory that isn't where it says")
    file.seek(offset)
    return offset, file.read(size), count


def _directory(central: bytes, count: int, source: Path) -> Iterator[_Entry]:
    at = 0
    for _ in range(count):
        if at + _CENTRAL.size > len(central):
            raise refusal(source, None, "has a directory that is cut short", "download it again")
        (
            signature, _made_by, _needed, flags, method, _time, _date, crc, packed, size,
            name_length, extra_length, comment_length, disk, _internal, external, offset,
        ) = _CENTRAL.unpack_from(central, at)  # fmt: skip
        at += _CENTRAL.size
        end = at + name_length + extra_length + comment_length
        if signature != b"PK\x01\x02" or end > len(central):
            raise refusal(source, None, "has a directory that can't be read", "download it again")
        raw_name = central[at : at + name_length]
        extra = central[at + name_length : at + name_length + extra_length]
        at = end
        name = _name(raw_name, flags, source)
        _check_kind(name, flags, method, external, source)
        _check_extra(name, extra, source)
        if disk:
            raise refusal(source, name, "is on another disk")
        if method == _STORED and packed != size:
            raise refusal(source, name, "is stored as it is, and yet has two sizes")
        if size > RATIO_FROM_BYTES and size > MAX_RATIO * packed:
            problem = f"would grow to {size // max(packed, 1)} times its size, at most {MAX_RATIO} are unpacked"
            raise refusal(source, name, problem, "leave out files that hold nothing but the same")
        is_folder = name.endswith("/")
        if is_folder and (size or packed > _EMPTY_DEFLATED_BYTES):
            raise refusal(source, name, "is a folder with content")
        yield _Entry(
            name=name.removesuffix("/"),
            raw_name=raw_name,
            flags=flags,
            method=method,
            crc=crc,
            packed=packed,
            size=size,
            offset=offset,
            is_folder=is_folder,
        )
    if at != len(central):
        raise refusal(source, None, f"has {len(central) - at} bytes too many in its directory")


def _name(raw: bytes, flags: int, source: Path) -> str:
    if not raw:
        raise refusal(source, raw, "has no name")
    try:
        return raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError as error:
        problem = "is called what is no UTF-8" if flags & _UTF8 else "has a name that isn't marked as UTF-8"
        raise refusal(source, raw, problem, "rename it, or use `schillinger pack`") from error


def _check_kind(name: str, flags: int, method: int, external: int, source: Path) -> None:
    if flags & _ENCRYPTED:
        raise refusal(source, name, "is encrypted", "unpack it with its password, and install the folder")
    if flags & _PATCH or method not in (_STORED, _DEFLATED):
        raise refusal(source, name, f"is packed by method {method}; only stored and deflated are read")
    kind = stat.S_IFMT(external >> 16)
    is_folder = name.endswith("/")
    if kind == stat.S_IFLNK:
        raise refusal(source, name, "is a link", "put the file itself in its place")
    if kind not in (0, stat.S_IFDIR if is_folder else stat.S_IFREG):
        raise refusal(source, name, "is neither a regular file nor a folder, or not the one it is called")
    if external & _DOS_FOLDER and not is_folder:
        raise refusal(source, name, "is marked as a folder and called a file")


def _check_extra(name: str, extra: bytes, source: Path) -> None:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == _OTHER_NAME_EXTRA:
            raise refusal(source, name, "has a second name")
        if kind == _ZIP64_EXTRA:
            raise refusal(source, name, "has a second size (ZIP64)", "pack it with `schillinger pack`")
        at += 4 + length


def _local_header(file: IO[bytes], entry: _Entry, source: Path) -> int:
    """Where the entry's data begins."""
    file.seek(entry.offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
        raise refusal(source, entry.name, "isn't where the directory says", "download it again")
    _, _needed, flags, method, _time, _date, crc, packed, size, name_length, extra_length = _LOCAL.unpack(header)
    raw_name = file.read(name_length)
    extra = file.read(extra_length)
    figures = (crc, packed, size)
    expected = (entry.crc, entry.packed, entry.size)
    # Where the sizes follow the data, zeros stand here.
    agrees = figures == expected or (flags & _SIZES_FOLLOW and figures in ((0, 0, 0), (entry.crc, 0, 0)))
    if raw_name != entry.raw_name or flags != entry.flags or method != entry.method or not agrees:
        raise refusal(source, entry.name, "is described differently in two places (directory and local header)")
    _check_extra(entry.name, extra, source)
    return entry.offset + _LOCAL.size + len(raw_name) + len(extra)


def _descriptor(file: IO[bytes], at: int, entry: _Entry, source: Path) -> int:
    """The length of what follows the data and says its sizes once more."""
    file.seek(at)
    found = file.read(16)
    figures = struct.pack("<3L", entry.crc, entry.packed, entry.size)
    if found == _DESCRIPTOR_SIGNATURE + figures:
        return 16
    if found[:12] == figures:
        return 12
    raise refusal(source, entry.name, "is described differently in two places (directory and data descriptor)")


def _chunks(file: IO[bytes], data_at: int, entry: _Entry, source: Path) -> Iterator[bytes]:
    left, crc, at = entry.size, 0, data_at
    for chunk in _inflated(file, data_at, entry, source) if entry.method == _DEFLATED else _raw(file, at, entry.packed):
        left -= len(chunk)
        if left < 0:
            raise refusal(source, entry.name, f"unpacks to more than the {entry.size} bytes that it says")
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if left:
        raise refusal(source, entry.name, f"unpacks to less than the {entry.size} bytes that it says")
    if crc != entry.crc:
        raise refusal(source, entry.name, "is damaged: its checksum is wrong", "download it again")


def _raw(file: IO[bytes], at: int, length: int) -> Iterator[bytes]:
    end = at + length
    while at < end:
        file.seek(at)  # another entry may have been read meanwhile
        chunk = file.read(min(CHUNK_BYTES, end - at))
        if not chunk:
            return
        at += len(chunk)
        yield chunk


def _inflated(file: IO[bytes], at: int, entry: _Entry, source: Path) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for packed in _raw(file, at, entry.packed):
            pending = packed
            while pending and not stream.eof:
                # Never more at once, whatever the data would grow to.
                yield stream.decompress(pending, CHUNK_BYTES)
                pending = stream.unconsumed_tail
            if stream.unused_data or (stream.eof and pending):
                raise refusal(source, entry.name, "has data after its end")
        while not stream.eof:
            rest = stream.decompress(b"", CHUNK_BYTES)
            if not rest:
                break
            yield rest
    except zlib.error as error:
        raise refusal(source, entry.name, f"is damaged: {error}", "download it again") from error
    if not stream.eof:
        raise refusal(source, entry.name, "is damaged: its data ends too early", "download it again")
