"""What an entry may be called, in a zip and in a tar alike."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from schillinger_plugins.errors import PackageError
from schillinger_plugins.package import MAX_DEPTH, MAX_ENTRIES, inspect, unpack

from .conftest import WriteArchive, Z, good_tar, good_zip, make_zip, tar_entry

Make = Callable[[str], bytes]

MAKERS = [
    pytest.param(lambda name: good_zip(Z(name=name, data=b"x")), id="zip"),
    pytest.param(lambda name: good_tar(tar_entry(name, b"x")), id="tar"),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "a/../../evil.py",
        "a/../evil.py",
        "/etc/evil.py",
        "//evil.py",
        "C:/evil.py",
        "C:evil.py",
        "..\\evil.py",
        "a\\..\\evil.py",
        "\\\\server\\share",
        "a//b.py",
        "a/./b.py",
        "././b.py",
        "a/b.py/..",
        "nul\x01.py",
        "line\nbreak.py",
        "\x1b[31m.py",
        "evil\u202eyp.exe",
        "zero\u200bwidth.py",
        "bom\ufeff.py",
        "CON",
        "con.py",
        "sub/NUL.tar.gz",
        "Com1",
        "LPT9.txt",
        "COM\u00b9.py",
        "conin$",
        "aux .py",
        "what?.py",
        "star*.py",
        "pipe|.py",
        "a:stream.py",
        "sub/a:stream.py",
        'quote".py',
        "dot.",
        "space ",
        " space.py",
        "dots...",
        "x" * 256,
        "/".join("abcdefgh" * 4) + "/" + "/".join(["d" * 30] * (MAX_DEPTH + 1)),
        "/".join(["d" * 200] * 6),
        "MAIN.py",
        "Main.py",
        "main.py/inside.py",
        "plugin.json",
        "./plugin.json",
    ],
)
def test_a_name_that_means_two_things_is_refused(archive: WriteArchive, into: Path, make: Make, name: str) -> None:
    """A name that leads out, is no name elsewhere, misleads a reader or is there already is refused; nothing is left."""
    path = archive(make(name))
    for act in (inspect, lambda path: unpack(path, into)):
        with pytest.raises(PackageError) as caught:
            act(path)
        assert "the entry " in caught.value.message
        assert caught.value.remedy
        assert str(caught.value).isprintable()
    assert not into.exists() or os.listdir(into) == []


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    "name", ["a.py", "sub/b.npy", "Ж/ударник.wav", "x y.txt", "..dots", ".hidden", "con_sole.py", "ß.txt", "a" * 255]
)
def test_other_names_are_fine(archive: WriteArchive, into: Path, make: Make, name: str) -> None:
    """Names in any script, hidden ones and those that merely look like a reserved one are unpacked as they are."""
    root = unpack(archive(make(name)), into)
    assert (root / name).read_bytes() == b"x"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("A.txt", "a.txt"),
        ("é.txt", "e\u0301.txt"),
        ("straße", "STRASSE"),
        ("Sub/a.txt", "sub/b.txt"),
        ("sub", "sub/b.txt"),
        ("sub/b.txt", "sub"),
        ("ſ.txt", "s.txt"),
    ],
)
def test_two_names_that_are_one_elsewhere_are_refused(archive: WriteArchive, first: str, second: str) -> None:
    """Names that differ in case or composition alone, of folders on the way, too, would overwrite each other somewhere."""
    with pytest.raises(PackageError, match="the entry"):
        inspect(archive(good_zip(Z(name=first, data=b"1"), Z(name=second, data=b"2"))))
    with pytest.raises(PackageError, match="the entry"):
        inspect(archive(good_tar(tar_entry(first, b"1"), tar_entry(second, b"2"))))


def test_the_plugin_may_be_in_one_folder(archive: WriteArchive, into: Path) -> None:
    """An archive of a folder and one of what is in it give the same; the id is the folder's name."""
    assert inspect(archive(good_zip(top="any-name/"))).files == inspect(archive(good_zip())).files
    assert unpack(archive(good_zip(top="any-name/")), into).name == "reverse"


def test_the_id_is_a_name_if_the_manifest_has_none(archive: WriteArchive, into: Path) -> None:
    """Without an id it is the folder in the archive, or the archive, that gives the plugin its name."""
    from .conftest import MAIN, MANIFEST

    text = MANIFEST.replace(b'"id": "reverse", ', b"")
    entries = [("plugin.json", text), ("main.py", MAIN)]
    in_folder = archive(make_zip(*(Z(name=f"backwards/{n}", data=d) for n, d in entries)))
    bare = archive(make_zip(*(Z(name=n, data=d) for n, d in entries)), "forwards.zip")
    for path, name in ((in_folder, "backwards"), (bare, "forwards")):
        assert inspect(path).manifest.id == name
        assert unpack(path, into) == into / name


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ((Z(name="notes.txt"),), "has no plugin.json"),
        ((Z(name="a/b/plugin.json"),), "has no plugin.json"),
        ((Z(name="a/plugin.json"), Z(name="b/plugin.json")), "holds 2 plugins"),
        ((Z(name="a/plugin.json"), Z(name="b.txt")), "lies beside"),
        ((Z(name="a/plugin.json"), Z(name="__MACOSX/x")), "lies beside"),
        ((Z(name="plugin.json/", mode=0o040755),), "has no plugin.json"),
        ((), "has no plugin.json"),
    ],
)
def test_which_plugin_it_is_must_be_plain(archive: WriteArchive, entries: tuple[Z, ...], problem: str) -> None:
    """There is one plugin.json, at the root or in the one folder that holds everything."""
    with pytest.raises(PackageError, match=problem):
        inspect(archive(make_zip(*entries)))


def test_too_many_entries_are_refused(archive: WriteArchive) -> None:
    """More entries than the bound are refused, in both formats."""
    many = [f"f{n}" for n in range(MAX_ENTRIES)]
    for data in (good_zip(*(Z(name=n, method=0) for n in many)), good_tar(*(tar_entry(n) for n in many))):
        with pytest.raises(PackageError, match=f"at most {MAX_ENTRIES}|more than {MAX_ENTRIES}"):
            inspect(archive(data))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ((b'"1.0.0"', b'"one"'), "$.metadata.version"),
        ((b'"main.py"', b'"other.py"'), "$.main_file"),
        ((b'"main.py"', b'"../main.py"'), "$.main_file"),
        ((b'"reverse"', b'"../reverse"'), "$.id"),
        ((b'"config_schema": {}', b'"config_schema": {"type": 1}'), "$.config_schema.type"),
    ],
)
def test_a_bad_manifest_is_refused_before_anything_is_there(
    archive: WriteArchive, into: Path, change: tuple[bytes, bytes], path: str
) -> None:
    """The manifest is checked in full; its flaw is told with its place, and no path of ours that has gone."""
    from .conftest import MAIN, MANIFEST

    data = archive(make_zip(Z(name="plugin.json", data=MANIFEST.replace(*change)), Z(name="main.py", data=MAIN)))
    for act in (inspect, lambda data: unpack(data, into)):
        with pytest.raises(PackageError) as caught:
            act(data)
        assert caught.value.path == path
        assert ".schillinger" not in str(caught.value)
    assert not into.exists() or os.listdir(into) == []
