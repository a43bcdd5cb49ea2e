"""Zips that say two things, lie about their sizes, or are damaged."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins import package
from schillinger_plugins.errors import PackageError
from schillinger_plugins.package import inspect, unpack
from schillinger_plugins.package.rules import Ledger
from schillinger_plugins.package.zip_reader import zip_members

from .conftest import MAIN, MANIFEST, PLUGIN, WriteArchive, Z, good_zip, make_zip

DESCRIPTOR = struct.pack("<3L", zlib.crc32(b"x"), 3, 1)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (Z(name="l", data=b"/etc/passwd", mode=stat.S_IFLNK | 0o777), "is a link"),
        (Z(name="f", mode=stat.S_IFIFO | 0o644), "neither a regular file"),
        (Z(name="d", mode=stat.S_IFCHR | 0o644), "neither a regular file"),
        (Z(name="b", mode=stat.S_IFBLK | 0o644), "neither a regular file"),
        (Z(name="s", mode=stat.S_IFSOCK | 0o644), "neither a regular file"),
        (Z(name="d", mode=stat.S_IFDIR | 0o755), "not the one it is called"),
        (Z(name="f/", mode=stat.S_IFREG | 0o644), "not the one it is called"),
        (Z(name="d", mode=0, dos=0x10), "marked as a folder"),
        (Z(name="f/", data=b"x", mode=0o040755), "folder with content"),
        (Z(name="e", flags=1), "is encrypted"),
        (Z(name="e", flags=1 << 6), "is encrypted"),
        (Z(name="e", flags=1 << 13), "is encrypted"),
        (Z(name="p", flags=1 << 5), "method"),
        (Z(name="m", method=12, packed=b""), "method 12"),
        (Z(name=b"caf\xe9"), "isn't marked as UTF-8"),
        (Z(name=b"caf\xe9", flags=1 << 11), "no UTF-8"),
        (Z(name=b""), "no name"),
        (Z(name="a", extra=struct.pack("<2H", 0x7075, 5) + b"\1\0\0\0\0"), "second name"),
        (Z(name="a", extra=struct.pack("<2H", 0x0001, 8) + bytes(8)), "ZIP64"),
        (Z(name="a", local={"extra": struct.pack("<2H", 0x7075, 5) + b"\1\0\0\0\0"}), "second name"),
        (Z(name="a", local={"name": b"b"}), "differently in two places"),
        (Z(name="a", local={"name": b"../../b"}), "differently in two places"),
        (Z(name="a", data=b"x", local={"size": 2}), "differently in two places"),
        (Z(name="a", data=b"x", local={"packed": 2}), "differently in two places"),
        (Z(name="a", data=b"x", local={"crc": 2}), "differently in two places"),
        (Z(name="a", data=b"x", local={"method": 0}), "differently in two places"),
        (Z(name="a", data=b"x", local={"flags": 1}), "differently in two places"),
        (Z(name="a", data=b"x", local={"crc": 0, "packed": 0, "size": 0}), "differently in two places"),
        (Z(name="a", flags=8, packed=b"\x01", method=0, data=b"x", descriptor=b"y" * 16), "data descriptor"),
        (Z(name="a", data=b"x", local={"crc": 1}, central={"crc": 1}), "checksum"),
        (Z(name="a", data=b"xx", local={"size": 1}, central={"size": 1}), "more than the 1 bytes"),
        (Z(name="a", data=b"x", local={"size": 2}, central={"size": 2}), "less than the 2 bytes"),
        (Z(name="a", data=b"x", method=0, local={"size": 2}, central={"size": 2}), "two sizes"),
        (Z(name="a", data=b"x", packed=b"\xff\xff\xff"), "damaged"),
        (Z(name="a", data=b"x", packed=zlib.compress(b"x", wbits=-15) + b"more"), "data after its end"),
        (Z(name="a", data=b"x" * 999, packed=zlib.compress(b"x" * 999, wbits=-15)[:-2]), "ends too early"),
        (Z(name="a", before=b"hidden"), "leaves 6 bytes"),
        (Z(name="a", central={"offset": 0}), "overlaps"),
        (Z(name="a", central={"offset": 10**9}), "leaves"),
        (Z(name="a", central={"packed": 10**9}, local={"packed": 10**9}), "beyond the entries"),
        (
            Z(name="a", packed=bytes(2_000_000), local={"size": 2**28 + 1}, central={"size": 2**28 + 1}),
            "a file may have",
        ),
    ],
)
def test_an_entry_that_is_no_plain_file_is_refused(archive: WriteArchive, into: Path, entry: Z, problem: str) -> None:
    """Each trick is refused with the rule and the entry, and nothing is left where plugins are."""
    path = archive(good_zip(entry))
    for act in (inspect, lambda path: unpack(path, into)):
        with pytest.raises(PackageError, match=problem) as caught:
            act(path)
        assert "the entry " in caught.value.message
        assert caught.value.remedy
    assert not into.exists() or os.listdir(into) == []


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no zip and no tar.gz"),
        (b"PK", "no end"),
        (b"Rar!", "no zip and no tar.gz"),
        (b"#!/bin/sh\n" + good_zip(), "no zip and no tar.gz"),
        (b"PK" + good_zip(), "isn't where it says"),
        (good_zip() + b"more", "bytes after its end"),
        (good_zip()[:-1], "no end"),
        (good_zip()[: len(good_zip()) // 2], "no end"),
        (make_zip(Z(name="plugin.json", data=MANIFEST), count=2), "cut short"),
        (make_zip(Z(name="a"), Z(name="b"), count=1), "bytes too many"),
        (make_zip(Z(name="a"), central_tail=b"x"), "bytes too many"),
        (make_zip(Z(name="a"), gap=b"hidden"), "6 bytes between"),
        (make_zip(Z(name="a"), count=0xFFFF), "ZIP64"),
        (make_zip(count=6000), "6000 entries"),
        (good_zip()[:-22] + struct.pack("<4s4H2LH", b"PK\x05\x06", 1, 1, 2, 2, 100, 0, 0), "one part of several"),
    ],
)
def test_a_zip_whose_frame_is_not_plain_is_refused(archive: WriteArchive, data: bytes, problem: str) -> None:
    """Prefixes, tails, gaps, counts that are wrong and archives cut short are refused."""
    with pytest.raises(PackageError, match=problem) as caught:
        inspect(archive(data))
    assert caught.value.remedy


def test_every_truncation_is_refused(archive: WriteArchive) -> None:
    """Wherever a download stops, the archive is refused."""
    whole = good_zip(top="reverse/")
    for length in range(0, len(whole), 7):
        with pytest.raises(PackageError):
            inspect(archive(whole[:length]))


def test_entries_that_overlap_are_refused(archive: WriteArchive) -> None:
    """A bomb of entries that share one kernel of data, each quoting the header of the next, is refused unread."""
    kernel = zlib.compress(bytes(10**6), 9, -15)
    first = Z(name="a", data=bytes(10**6), packed=kernel)
    second = Z(name="a", data=bytes(10**6), packed=kernel, central={"offset": 0})
    with pytest.raises(PackageError, match="overlaps"):
        inspect(archive(make_zip(first, second)))


def test_a_bomb_is_refused_before_it_grows(archive: WriteArchive) -> None:
    """Content that would grow to more than the bound says is refused by what the directory says, without unpacking."""
    with pytest.raises(PackageError, match="times its size"):
        inspect(archive(good_zip(Z(name="zeros", data=bytes(2 * 1024**2)))))


def test_a_bomb_that_lies_about_its_size_is_stopped(archive: WriteArchive) -> None:
    """Where the directory lies, unpacking stops at the size that it said."""
    bomb = Z(name="zeros", data=bytes(50 * 1024**2), local={"size": 10}, central={"size": 10})
    with pytest.raises(PackageError, match="more than the 10 bytes"):
        inspect(archive(good_zip(bomb)))


def test_the_total_is_bounded(archive: WriteArchive) -> None:
    """Many files, each within bounds, are refused where their sum exceeds the total; by what is said, not by reading it."""
    size = 200 * 1024**2
    said = {"size": size, "packed": 10**6}
    entries = [Z(name=f"f{n}", packed=bytes(10**6), local=said, central=said) for n in range(4)]
    path = archive(make_zip(*entries))
    ledger = Ledger(path)
    with path.open("rb") as file, pytest.raises(PackageError, match="total"):
        list(map(ledger.admit, zip_members(file, path.stat().st_size, path)))


def test_a_large_archive_is_not_read(archive: WriteArchive) -> None:
    """An archive beyond the bound is refused for its size."""
    path = archive(b"PK")
    os.truncate(path, package.MAX_ARCHIVE_BYTES + 1)
    with pytest.raises(PackageError, match="bytes; at most"):
        inspect(path)


def test_what_others_write_is_read(archive: WriteArchive, into: Path) -> None:
    """Zips of the standard library are read: with folders, stored or deflated, streamed, with a comment."""
    for number, (method, stream) in enumerate((m, s) for m in (0, 8) for s in (False, True)):
        buffer = io.BytesIO()
        if stream:
            buffer.seekable = lambda: False  # type: ignore[method-assign]  # a pipe
        with zipfile.ZipFile(buffer, "w", method) as written:
            written.mkdir("reverse")
            for name, data in PLUGIN.items():
                written.writestr(f"reverse/{name}", data)
            written.comment = b"0123456789abcdef"
        root = unpack(archive(buffer.getvalue(), f"{number}.zip"), into, replace=True)
        assert (root / "main.py").read_bytes() == MAIN


def test_modes_are_ours(archive: WriteArchive, into: Path) -> None:
    """Files get 0644 and folders 0755, whatever the archive and the umask say: no setuid, nothing world-writable."""
    old = os.umask(0o000)
    try:
        path = archive(
            good_zip(
                Z(name="s", data=b"x", mode=stat.S_IFREG | 0o6777),
                Z(name="d/", mode=stat.S_IFDIR | 0o1777),
                Z(name="d/f", mode=stat.S_IFREG),
            )
        )
        root = unpack(path, into)
    finally:
        os.umask(old)
    for found in [root, *root.rglob("*")]:
        assert stat.S_IMODE(found.lstat().st_mode) == (0o755 if found.is_dir() else 0o644), found


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300).map(lambda data: b"PK" + data) | st.binary(max_size=60))
def test_arbitrary_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever a file holds, the answer is a PackageError."""
    path = tmp_path_factory.getbasetemp() / "arbitrary.zip"
    path.write_bytes(data)
    with pytest.raises(PackageError):
        inspect(path)


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_a_zip_spoilt_anywhere_is_refused_or_means_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """With any byte changed, a zip is refused, or only what is dropped anyway (dates, bits of a mode) was changed."""
    whole = bytearray(good_zip(top="reverse/"))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "spoilt.zip"
    path.write_bytes(whole)
    try:
        summary = inspect(path)
    except PackageError:
        return
    assert summary.files == ("plugin.json", "main.py")
    assert summary.total_bytes == len(MANIFEST) + len(MAIN)
