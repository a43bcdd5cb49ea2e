"""Tars with links, devices, sparse files and headers that change what other headers say."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins import package
from schillinger_plugins.errors import PackageError
from schillinger_plugins.package import inspect, unpack

from .conftest import MAIN, MANIFEST, WriteArchive, good_tar, make_tar, plugin_entries, tar_entry


def patched(offset: int, field: bytes, *, at: int = 0) -> bytes:
    """A good tar with a field of its first header overwritten, the checksum made right again."""
    raw = bytearray(make_tar(*plugin_entries()))
    raw[at + offset : at + offset + len(field)] = field
    raw[at + 148 : at + 156] = b" " * 8
    raw[at + 148 : at + 156] = b"%06o\0 " % sum(raw[at : at + 512])
    return gzip.compress(bytes(raw))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "is a link"),
        ({"type": tarfile.SYMTYPE, "linkname": "main.py"}, "is a link"),
        ({"type": tarfile.LNKTYPE, "linkname": "main.py"}, "is a link"),
        ({"type": tarfile.LNKTYPE, "linkname": "x" * 200}, "linkpath"),
        ({"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}, "is a device"),
        ({"type": tarfile.BLKTYPE}, "is a device"),
        ({"type": tarfile.FIFOTYPE}, "is a pipe"),
        ({"type": tarfile.CONTTYPE}, "of the kind"),
        ({"type": tarfile.GNUTYPE_SPARSE}, "a sparse file"),
        ({"type": b"V"}, "of the kind"),
        ({"type": b"M"}, "of the kind"),
        ({"pax_headers": {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}}, "GNU.sparse.major"),
        ({"pax_headers": {"GNU.sparse.size": "99999999999"}}, "GNU.sparse.size"),
        ({"pax_headers": {"size": "5"}}, "'size'"),
        ({"pax_headers": {"linkpath": "/etc"}}, "'linkpath'"),
        ({"pax_headers": {"hdrcharset": "BINARY"}}, "'hdrcharset'"),
        ({"pax_headers": {"path": "../evil.py"}}, "leads out"),
        ({"pax_headers": {"path": "/evil.py"}}, "leads out"),
        ({"pax_headers": {"comment": "x" * 70_000}}, "extended header of"),
    ],
)
def test_an_entry_that_is_no_plain_file_is_refused(
    archive: WriteArchive, into: Path, changes: dict[str, Any], problem: str
) -> None:
    """Links, devices, pipes, sparse files and telling headers are refused with the rule, and nothing is left."""
    path = archive(good_tar(tar_entry("trick", **changes)), "reverse.tgz")
    for act in (inspect, lambda path: unpack(path, into)):
        with pytest.raises(PackageError, match=problem) as caught:
            act(path)
        assert caught.value.remedy
    assert not into.exists() or os.listdir(into) == []


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (patched(124, b"\x80" + bytes(11)), "number that can't be read"),
        (patched(124, b"\xff" * 12), "number that can't be read"),
        (patched(124, b"77777777777\0"), "a file may have"),
        (patched(124, b"-0000000001\0"), "number that can't be read"),
        (patched(124, b" " * 12), "number that can't be read"),
        (patched(257, b"rats\0\0"), "no tar's"),
        (patched(0, b"\xff.py\0"), "no UTF-8"),
        (patched(156, b"5"), "folder with content"),
        (patched(156, b"L"), "leads out"),
        (patched(156, b"x"), "extended header that can't be read"),
        (gzip.compress(make_tar(*plugin_entries())[:512]), "truncated"),
        (gzip.compress(make_tar(*plugin_entries())[:2048]), "truncated"),
        (gzip.compress(make_tar(*plugin_entries()) + b"x" * 512), "data after its end"),
        (gzip.compress(make_tar(*plugin_entries())) + gzip.compress(b"more"), "data after its end"),
        (gzip.compress(make_tar(*plugin_entries())) + b"more", "data after its end"),
        (gzip.compress(b""), "truncated"),
        (gzip.compress(b"not a tar" * 100), "no tar's"),
        (b"\x1f\x8b", "truncated"),
        (b"\x1f\x8bxxxxxxxxxxxxxxxx", "damaged"),
        (gzip.compress(bytes(10**8)), "times its size"),
    ],
)
def test_a_tar_whose_frame_is_not_plain_is_refused(archive: WriteArchive, data: bytes, problem: str) -> None:
    """Binary sizes, damaged headers, tails and archives cut short are refused."""
    with pytest.raises(PackageError, match=problem) as caught:
        inspect(archive(data, "reverse.tar.gz"))
    assert caught.value.remedy


def test_a_wrong_checksum_is_refused(archive: WriteArchive) -> None:
    """A header whose bits have changed is refused; so is a gzip whose content has."""
    raw = bytearray(make_tar(*plugin_entries()))
    raw[100] ^= 1
    with pytest.raises(PackageError, match="checksum"):
        inspect(archive(gzip.compress(bytes(raw))))
    packed = bytearray(good_tar())
    packed[-8] ^= 1
    with pytest.raises(PackageError, match="damaged"):
        inspect(archive(bytes(packed)))


def test_every_truncation_is_refused(archive: WriteArchive) -> None:
    """Wherever a download stops, the archive is refused."""
    whole = good_tar()
    for length in range(0, len(whole), 7):
        with pytest.raises(PackageError):
            inspect(archive(whole[:length]))


def test_a_bomb_is_stopped_while_it_grows(archive: WriteArchive, into: Path) -> None:
    """Content that grows to too many times its size is stopped on the way, and what was written is gone."""
    path = archive(good_tar(tar_entry("zeros", bytes(60 * 1024**2))))
    with pytest.raises(PackageError, match="times its size"):
        unpack(path, into)
    assert os.listdir(into) == []


def test_headers_without_end_are_refused(archive: WriteArchive) -> None:
    """Extended headers that announce nothing can't go on for ever."""
    one = make_tar(tar_entry("f", pax_headers={"comment": "x"}))[: 512 * 2]
    with pytest.raises(PackageError, match=r"headers|times its size"):
        inspect(archive(gzip.compress(one * 20_000)))


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_others_write_is_read(archive: WriteArchive, into: Path, format: int) -> None:
    """All three formats are read: long names, prefixes, times with fractions, owners."""
    long = "/".join(["deep" * 10] * 5) + "/name.txt"
    times = {"mtime": 1.5} if format == tarfile.PAX_FORMAT else {}
    entries = [tar_entry("./", type=tarfile.DIRTYPE), *plugin_entries("./"), tar_entry("./" + long, b"x", **times)]
    path = archive(gzip.compress(make_tar(*entries, format=format)), "reverse.tar.gz")
    assert (unpack(path, into) / long).read_bytes() == b"x"


@pytest.mark.skipif(shutil.which("tar") is None, reason="there is no tar")
@pytest.mark.parametrize(
    "arguments", [["--format=gnu"], ["--format=pax"], ["--format=ustar"], ["--format=posix", "--xattrs"]]
)
def test_what_the_systems_tar_writes_is_read(
    plugin_folder: Path, tmp_path: Path, into: Path, arguments: list[str]
) -> None:
    """Archives of the system's tar are read, of a folder and of what is in it."""
    for number, what in enumerate((["-C", str(plugin_folder.parent), "reverse"], ["-C", str(plugin_folder), "."])):
        target = tmp_path / f"{number}.tar.gz"
        subprocess.run(["tar", "-czf", str(target), *arguments, *what], check=True, timeout=30)
        assert (unpack(target, into, replace=True) / "main.py").read_bytes() == MAIN


def test_modes_are_ours(archive: WriteArchive, into: Path) -> None:
    """Files get 0644 and folders 0755, whatever the archive says."""
    path = archive(good_tar(tar_entry("s", b"x", mode=0o6777), tar_entry("d", type=tarfile.DIRTYPE, mode=0)))
    root = unpack(path, into)
    for found in [root, *root.rglob("*")]:
        assert stat.S_IMODE(found.lstat().st_mode) == (0o755 if found.is_dir() else 0o644), found


def test_memory_stays_flat(archive: WriteArchive) -> None:
    """A file of 60 MB goes through in pieces."""
    import tracemalloc

    path = archive(gzip.compress(make_tar(*plugin_entries(), tar_entry("noise", os.urandom(1000) * 60_000)), 1))
    tracemalloc.start()
    try:
        assert package.inspect(path).total_bytes > 60_000_000
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=2000), st.booleans())
def test_arbitrary_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, packed: bool) -> None:
    """Whatever a file holds, and whatever is in its gzip, the answer is a PackageError."""
    path = tmp_path_factory.getbasetemp() / "arbitrary.tgz"
    path.write_bytes(gzip.compress(data) if packed else b"\x1f\x8b\x08" + data)
    with pytest.raises(PackageError):
        inspect(path)


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_a_tar_spoilt_anywhere_is_refused_or_means_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """With bytes changed inside the gzip, a tar is a PackageError or still a plugin with as many files."""
    raw = bytearray(make_tar(*plugin_entries(), tar_entry("f", pax_headers={"path": "long/name.txt"})))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "spoilt.tgz"
    path.write_bytes(gzip.compress(bytes(raw), 1))
    try:
        summary = inspect(path)
    except PackageError:
        return
    assert len(summary.files) == 3
    assert summary.total_bytes == len(MANIFEST) + len(MAIN)
