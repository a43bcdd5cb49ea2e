"""What was told by name is in the journal, whatever becomes of the process and the database in between."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from schillinger_plugins.journal import Journal, Keeping, Line, Retention, Spool, Writer, folder_of
from schillinger_plugins.journal import spool as spools

from .conftest import ran

PUT_FOR_EVER = """
import itertools, sys
from pathlib import Path
from tests.journal.conftest import ran
from schillinger_plugins.journal import Spool, folder_of
spool = Spool(folder_of(Path(sys.argv[1])), "s")
for number in itertools.count(1):
    spool.put(ran(number))
    print(number, flush=True)
"""


SAY_AND_WAIT = """
import sys, time
from pathlib import Path
from schillinger_plugins.events import Events
from schillinger_plugins.happenings import Happenings
from schillinger_plugins.journal import Journal, Retention, writer
from schillinger_plugins.recorder import Recorder
from schillinger_plugins.sandbox.log import LogLine
writer.GATHER_S = 3600.0  # nothing reaches the database
journal = Journal(Path(sys.argv[1]))
recorder = Recorder(lambda: journal, events=Events(), happenings=Happenings(loaded={}), retention=Retention())
for number in range(100):
    recorder.said(LogLine(time.time(), "probe", "probe-1", f"line {number}", "s-1", "1.0.0"))
sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_what_was_put_outlives_a_process_that_is_killed(file: Path) -> None:
    """Whoever opens the journal next has all of it, once, also of records that had reached the database before."""
    with subprocess.Popen([sys.executable, "-c", PUT_FOR_EVER, str(file)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(50):
            process.stdout.readline()
        Journal(file).add([ran(1), ran(2)])
        process.send_signal(signal.SIGKILL)
        told = 50 + len(process.stdout.readlines())
    found = [one.run_id for one in Journal(file).runs()]
    assert len(found) == len(set(found))
    assert {f"s-{number}" for number in range(1, told + 1)} <= set(found)
    assert not spools.left_in(folder_of(file))


def test_what_plugins_said_outlives_a_process_that_is_killed(file: Path) -> None:
    """Some hundredths of a second after it was read it is kept, in its order and with the run it belongs to."""
    command = [sys.executable, "-c", SAY_AND_WAIT, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        while not any(b"line 99" in path.read_bytes() for path in spools.left_in(folder_of(file))):
            assert process.poll() is None
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
    lines = list(Journal(file).lines())
    assert [line.text for line in lines] == [f"line {number}" for number in range(100)]
    assert {line.run_id for line in lines} == {"s-1"}
    assert not spools.left_in(folder_of(file))


def test_lines_that_had_been_written_are_not_there_twice(own_places: None, place: Path | str) -> None:
    """And of lines that are the same in everything as many as were said."""
    line = Line(**{**{field.name: "x\0" for field in fields(Line)}, "purpose": ""})
    other = replace(line, text="other", run_id="s-2")
    spool = Spool(folder_of(place), "s")
    for one in (line, line, other, line):
        spool.put(one)
    spool.put(ran(1))
    Journal(place).add([line, line, replace(line, session="another")])
    spool.close(is_written=False)
    book = Journal(place)
    found = [one.text for one in book.lines(with_tests=True) if one.session != "another"]
    assert sorted(found) == ["other", "x\N{SYMBOL FOR NULL}", "x\N{SYMBOL FOR NULL}", "x\N{SYMBOL FOR NULL}"]
    assert [one.run_id for one in book.runs()] == ["s-1"]


def test_what_a_living_process_has_put_is_its_own(file: Path) -> None:
    """It writes that itself: taken in by another it would be there twice."""
    spool = Spool(folder_of(file), "s")
    spool.put(ran(1))
    assert list(Journal(file).runs()) == []
    spool.close(is_written=False)
    assert [one.run_id for one in Journal(file).runs()] == ["s-1"]


def test_half_a_line_spoils_no_other(file: Path) -> None:
    """As a full disk leaves it."""
    spool = Spool(folder_of(file), "s")
    spool.put(ran(1))
    (path,) = spools.left_in(folder_of(file))
    with path.open("ab") as torn:
        torn.write(b'\n{"run_id": "s-')
    spool.put(ran(2))
    spool.close(is_written=False)
    assert [one.run_id for one in Journal(file).runs()] == ["s-1", "s-2"]


def test_a_spool_is_bounded_and_goes_when_all_is_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full files go with what they hold; no more than so many are kept; in the end nothing stays."""
    monkeypatch.setattr(spools, "TURN_BYTES", 1000)
    monkeypatch.setattr(spools, "MAX_BYTES", 5000)
    spool = Spool(folder_of(file), "s")
    full = [one for number in range(100) for one in spool.put(ran(number))]
    assert 4 < len(full) < 10
    assert sum(path.stat().st_size for path in spools.left_in(folder_of(file))) < 10_000
    files = len(os.listdir("/proc/self/fd"))
    spool.forget(full)
    assert len(os.listdir("/proc/self/fd")) == files - len(full)
    spool.put(ran(100))
    assert len(spools.left_in(folder_of(file))) == 1
    spool.close(is_written=True)
    assert not folder_of(file).exists()


def test_a_fork_leaves_it_alone(file: Path) -> None:
    """What a child of the notebook inherits is the parent's to write and to end."""
    spool = Spool(folder_of(file), "s")
    spool.put(ran(1))
    child = os.fork()
    if child == 0:
        spool.put(ran(2))
        spool.close(is_written=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    spool.close(is_written=False)
    assert [one.run_id for one in Journal(file).runs()] == ["s-1"]


def test_nobody_else_may_read_it(file: Path) -> None:
    """Whatever the umask: it holds parameters and what plugins say."""
    before = os.umask(0)
    try:
        Spool(folder_of(file), "s").put(ran(1))
    finally:
        os.umask(before)
    (path,) = spools.left_in(folder_of(file))
    assert [stat.S_IMODE(one.stat().st_mode) for one in (folder_of(file), path)] == [0o700, 0o600]


def test_what_is_written_is_not_kept_any_longer(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are full go while their process goes on, but not before the journal has what they hold."""
    monkeypatch.setattr(spools, "TURN_BYTES", 1000)
    journal = Journal(file)
    writer = Writer(lambda: journal, retention=Retention())
    kept = Keeping(lambda: journal, "s", writer=writer)
    file.mkdir()  # nothing can be written there
    kept.put(ran(1))
    assert not writer.flush(30)
    for number in range(2, 20):
        kept.put(ran(number))
    left = len(spools.left_in(folder_of(file)))
    assert left > 4
    file.rmdir()
    while not writer.flush(30):  # until the next try
        pass
    assert len(spools.left_in(folder_of(file))) == left
    for number in range(20, 40):
        kept.put(ran(number))
    assert writer.flush(30)
    assert len(spools.left_in(folder_of(file))) <= left
    assert len(list(Journal(file).runs())) == 39
    kept.close(is_written=writer.close())
    assert not folder_of(file).exists()


def test_a_folder_that_cant_be_written_fails_no_call(tmp_path: Path) -> None:
    """The record is written by way of the queue alone then."""
    (tmp_path / "journal.db.spool").write_text("a file in its place")
    spool = Spool(folder_of(tmp_path / "journal.db"), "s")
    assert spool.put(ran(1)) == []
    spool.close(is_written=True)
