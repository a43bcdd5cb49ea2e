"""Sources and folders that are made to stop a scan: each ends in a finding, in time."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schillinger_plugins.manifest import Manifest
from schillinger_plugins.scanner import Report, Scanner, bandit_rules, scan

Look = Callable[..., Report]
Write = Callable[..., Manifest]
SOON_S = 15.0

DEEP = {
    "brackets": "x = " + "(" * 50_000,
    "closed": "x = " + "[" * 150 + "]" * 150,
    "minus": "x = " + "-" * 100_000 + "1",
    "not": "x = " + "not " * 50_000 + "1",
    "attributes": "x = a" + ".b" * 100_000,
    "calls": "x = f" + "()" * 100_000,
    "subscripts": "x = a" + "[0]" * 100_000,
    "sum": "x = 1" + "+1" * 100_000,
    "powers": "x = 1" + "**1" * 100_000,
    "conditions": "x = " + "1 if 1 else " * 30_000 + "1",
    "lambdas": "x = " + "lambda:" * 50_000 + "1",
    "elif": "if 1: pass\n" + "elif 1: pass\n" * 30_000,
    "f_string": "x = f'{" + "-" * 100_000 + "1}'",
    "f_string_names": "x = f'''{a" + ".b" * 100_000 + "}'''",
    "await": "async def f():\n    x = " + "await " * 50_000 + "y",
    "continued": "x = 1" + "+\\\n1" * 50_000,
    "dictionaries": "x = " + "{1:" * 50_000,
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP)
def test_what_is_nested_too_deep_is_not_parsed(look: Look, source: str) -> None:
    """Nesting that could end the process is a grave finding, even where the recursion limit was raised out of reach."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    try:
        report = look(source)
    finally:
        sys.setrecursionlimit(limit)
    assert [(one.rule, one.severity) for one in report.findings if one.rule == "too-deep"] == [("too-deep", "high")]


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        (b"x = 1\n\0import os\n", "nul"),
        ("x = 1".encode("utf-16"), "undecodable"),
        (b"x = '\xff'\n", "undecodable"),
        (b"# coding: utf-7\n+AGkAbQBwAG8AcgB0 os-\n", "encoding"),
        (b"# -*- coding: unicode_escape -*-\n", "encoding"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=rot13 :\n", "encoding"),
        (b"# coding: no-such-thing\n", "encoding"),
        (b"# coding: latin-1\nx = '\xe9'\n", "encoding"),
        (b"def broken(:\n", "syntax-error"),
        (b"x = 1" + b"0" * 100_000, "syntax-error"),
        (b"#" + b" " * 600_000, "too-large"),
    ],
)
def test_what_cant_be_read_is_said(look: Look, source: bytes, rule: str) -> None:
    """A source that can't be read as Python would run it is never passed over in silence."""
    assert rule in {one.rule for one in look(source, with_bandit=True).findings}


def test_an_honest_declaration_is_no_topic(look: Look) -> None:
    """``# coding: utf-8`` is what everybody once wrote, and a mention further down is no declaration."""
    assert look("# -*- coding: utf-8 -*-\nx = 1\n# coding: utf-7\n").findings == ()


def test_a_file_of_100_mb_is_not_read(look: Look, tmp_path: Path) -> None:
    """Of a huge file no more is read than is judged, source or not."""
    look()
    folder = tmp_path / "probe"
    for name in ("huge.py", "huge.dat"):
        with (folder / name).open("wb") as file:
            file.truncate(100 * 1024 * 1024)
    began_s = time.monotonic()
    report = look()
    assert time.monotonic() - began_s < 2
    assert [(one.file, one.rule) for one in report.findings] == [("huge.py", "too-large")]


def test_thousands_of_files_end(look: Look) -> None:
    """A flood of sources ends at the bound, which is a grave finding; the main file has been read before."""
    report = look("import socket", {f"m{i:04}.py": "x = 1\n" for i in range(1500)})
    assert [(one.rule, one.severity) for one in report.findings][:2] == [("too-many", "high"), ("network", "medium")]
    assert report.scanned_files <= 400


def test_links_pipes_and_closed_folders_are_named_and_not_opened(look: Look, tmp_path: Path) -> None:
    """A link is not followed, a pipe not waited for; a circle of links has no effect."""
    look()
    folder = tmp_path / "probe"
    (folder / "secret.py").symlink_to("/etc/passwd")
    (folder / "circle").symlink_to(folder)
    os.mkfifo(folder / "pipe.py")
    report = look(with_bandit=True)
    assert {(one.file, one.rule) for one in report.findings} == {
        ("secret.py", "link"),
        ("circle", "link"),
        ("pipe.py", "no-file"),
    }


def test_a_main_file_that_is_a_link_is_not_followed(look: Look, tmp_path: Path) -> None:
    """What the manifest calls the main file is treated like every other."""
    look("x = 1", {"other.py": "import socket\n"})
    folder = tmp_path / "probe"
    (folder / "main.py").unlink()
    (folder / "main.py").symlink_to("other.py")
    assert {one.where for one in scan(folder, Manifest.read(folder)).findings} == {"main.py", "other.py:1"}


def test_a_deep_folder_ends(write: Write, tmp_path: Path) -> None:
    """Folders within folders end at the bound."""
    folder = tmp_path / "probe"
    folder.mkdir()
    manifest = write(folder, {"/".join("d" * 60) + "/x.py": "import socket\n"})
    assert [one.rule for one in scan(folder, manifest).findings] == ["too-many"]


def test_hostile_file_names_are_made_printable(look: Look) -> None:
    """A name that would move a cursor or turn the reading direction is shown escaped, and is one line."""
    name = "a\x1b[2K\n\u202egnp.py"
    (found,) = look(files={name: "import socket\n"}).findings
    assert found.file.isprintable()
    assert str(found).isprintable()
    assert found.line == 1


def test_a_folder_that_is_gone_is_a_finding(write: Write, tmp_path: Path) -> None:
    """A folder that vanishes before it is scanned ends in a finding, too."""
    folder = tmp_path / "probe"
    folder.mkdir()
    manifest = write(folder, {})
    assert [one.rule for one in scan(tmp_path / "nowhere", manifest).findings] == ["unreadable"]


@pytest.mark.parametrize(
    "source",
    [
        "x = '" + "select " * 60_000 + "'",  # a regular expression of bandit's takes quadratic time
        "def f():\n" + "".join(f"{' ' * i}if x:\n" for i in range(1, 90)) + " " * 90 + "pass\n",
        "x = [" + "0," * 100_000 + "]",
        "q = 'select ' + " + " + ".join(["'from x'"] * 300),
    ],
    ids=["quadratic", "indented", "wide", "concatenated"],
)
def test_bandit_can_be_stopped(look: Look, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source on which bandit would go on for hours costs no more than the deadline, and is a finding if it was met."""
    monkeypatch.setattr(bandit_rules.bandit, "__kwdefaults__", {"deadline_s": 4.0})
    began_s = time.monotonic()
    report = look(source, with_bandit=True)
    assert time.monotonic() - began_s < SOON_S
    assert report.with_bandit


def test_where_bandit_ends_is_said_and_the_rest_is_judged(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """If bandit's process ends in the midst of a source, that one is named, and the others are judged."""
    crashing = tmp_path / "program.py"
    crashing.write_text(
        "import os, sys\nsys.path.extend(sys.argv[1:])\n"
        f"sys.path.insert(0, {str(Path(bandit_rules.__file__).parent)!r})\n"
        "import bandit_apart\n"
        "honest = bandit_apart._issues\n"
        "bandit_apart._issues = lambda m, text: os.abort() if 'die' in text else honest(m, text)\n"
        "bandit_apart.main()\n"
    )
    monkeypatch.setattr(bandit_rules, "_PROGRAM", crashing)
    folder = tmp_path / "probe"
    folder.mkdir()
    manifest = write(
        folder, {"a.py": "import yaml\nyaml.load(x)\n", "b.py": "die = 1\n", "c.py": "import yaml\nyaml.load(x)\n"}
    )
    found = [(one.file, one.rule) for one in scan(folder, manifest).findings]
    assert found == [("a.py", "bandit-B506"), ("b.py", "bandit-unfinished"), ("c.py", "bandit-B506")]


def test_a_scan_leaves_the_process_as_it_was(look: Look) -> None:
    """bandit is not imported here, and neither the warnings nor the import path are touched."""
    before = warnings.formatwarning, list(warnings.filters), list(sys.path)
    look('x = "\\d"\n', with_bandit=True)
    assert (warnings.formatwarning, list(warnings.filters), list(sys.path)) == before


def test_what_has_not_changed_is_not_judged_again(write: Write, tmp_path: Path) -> None:
    """A scanner judges a file anew only when its content, or what the plugin asks for, has changed."""
    folder = tmp_path / "probe"
    folder.mkdir()
    manifest = write(folder, {"main.py": "import socket\n", "big.py": "x = [1, 2, 3]\n" * 3000})
    asked: list[str] = []

    def judge(module: str) -> str:
        asked.append(module)
        return "allowed"

    scanner = Scanner(judge)  # type: ignore[arg-type]  # a stand-in
    first = scanner.scan(folder, manifest, with_bandit=False)
    assert asked
    asked.clear()
    again = scanner.scan(folder, manifest, with_bandit=False)
    assert not asked
    assert again.findings == first.findings
    assert (
        scanner.scan(folder, write(folder, {"main.py": "import socket\n"}, ("network",)), with_bandit=False).worst
        == "low"
    )
    (folder / "main.py").write_text("x = 1\n")
    assert scanner.scan(folder, manifest, with_bandit=False).findings == ()


@pytest.mark.parametrize(
    "source",
    [
        "x = '" + "\u202e" * 150_000 + "'",
        "x = '" + "\u200b" * 150_000 + "'",
        "#" + "\x1b" * 500_000,
        "\r" * 400_000,
        "# é" + "a" * 500_000,
        "# " + "é" * 250_000,
        "x = [" + "1," * 120_000 + "]\n" + "exec(x)\n" * 30_000,
        "x = f'" + "{1}" * 60_000 + "'\n" + "__import__(x)\n" * 20_000,
        "a0 = exec\n" + "".join(f"a{i} = a{i - 1}\n" for i in range(1, 5000)) + "a4999(x)\n" * 20_000,
        "\n".join(f"abab\u0430{i} = 1" for i in range(30_000)),
        "'''" * 150_000 + "\\",
        "x = " + "'a' " * 120_000,
        "x.__globals__\n" * 35_000,
        "x = '" + "/proc/" * 600 + "'\n",
    ],
    ids=lambda source: ascii(source[:12]),
)
def test_no_rule_takes_longer_than_the_file_is_long(look: Look, source: str) -> None:
    """Sources that make a careless search quadratic are judged in a few seconds, and their findings are few."""
    began_s = time.monotonic()
    report = look(source)
    assert time.monotonic() - began_s < SOON_S
    assert len(report.findings) < 200


_PIECES = st.sampled_from(
    'import socket|exec(|eval(|)|(|[|]|{|}|\'|"|"""|f\'{|}\'|\\|\n|\r|\t| |#|coding: utf-7|\0|\ufeff|\u202e|'
    "\u200b|а|é|lambda:|"
    "x|=|:|:=|1|.|,|;|@|*|**|-|not |if |else |for x in y |def f():\n|class A:\n|async |await |yield |match x:\n case |"
    "__import__(|getattr(os,|__subclasses__|base64.b64decode(|globals()[|from . import |\x0c|\x1b|\U000e0001|𝐞𝐱𝐞𝐜".split(
        "|"
    )
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=2000), st.lists(_PIECES, max_size=60).map(lambda parts: "".join(parts).encode())))
def test_any_bytes_can_be_scanned(write: Write, data: bytes) -> None:
    """Whatever stands in the main file, a scan neither raises nor hangs, and what it says can be shown."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = write(folder, {"main.py": data})
        report = scan(folder, manifest, with_bandit=False)
    assert report.scanned_files == 1
    assert report.took_s < 2
    for one in report.findings:
        assert one.snippet.isprintable()
        assert one.message.isprintable()
        assert one.line >= 0
