"""Writing keeps nobody waiting, loses nothing it could keep, and counts what it lost."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from schillinger_plugins.journal import Journal, Record, Retention, Writer
from schillinger_plugins.journal import writer as room

from .conftest import ran

DEADLINE_S = 30
WRITE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from tests.journal.conftest import ran
from schillinger_plugins.journal import Journal, Record, Retention, Writer
writer = Writer(lambda journal=Journal(Path(sys.argv[1])): journal, retention=Retention())
for number in itertools.count():
    for _ in range(100):
        writer.put(lambda: ran(number % 1000))
    writer.flush()
    print((number + 1) * 100, flush=True)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def writer(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    monkeypatch.setattr(room, "GATHER_S", 0.01)
    monkeypatch.setattr("schillinger_plugins.journal.database.BUSY_MS", 20)
    journal = Journal(file)
    writer = Writer(lambda: journal, retention=Retention())
    yield writer
    writer.close()


def test_what_is_put_is_written_in_its_order(writer: Writer, file: Path) -> None:
    """More than a batch, and all of it is there when flush says so."""
    for number in range(room.BATCH + 10):
        writer.put(lambda number=number: ran(number))
    assert writer.flush(DEADLINE_S)
    assert [one.run_id for one in Journal(file).runs()] == [f"s-{number}" for number in range(room.BATCH + 10)]
    assert (writer.dropped, writer.problem) == (0, "")


def test_no_thread_and_no_file_before_the_first_record(writer: Writer, file: Path) -> None:
    """A manager that runs nothing leaves nothing."""
    assert writer.flush(0)
    writer.close()
    assert not file.exists()


def test_a_journal_that_is_locked_keeps_nobody_waiting(writer: Writer, file: Path) -> None:
    """Another program holds the file: putting takes no time, the problem is told, and all is written when it is free."""
    writer.put(ran)
    assert writer.flush(DEADLINE_S)
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    writer.put(lambda: ran(2))
    assert not writer.flush(DEADLINE_S)
    assert "locked" in writer.problem
    began_s = time.perf_counter()
    for number in range(3, 1003):
        writer.put(lambda number=number: ran(number))
    assert time.perf_counter() - began_s < DEADLINE_S / 10  # each waited for the lock, it would take 20 s and more
    holder.execute("ROLLBACK")
    holder.close()
    while not writer.flush(DEADLINE_S):  # until the next try
        pass
    assert [one.run_id for one in Journal(file).runs()] == [f"s-{number}" for number in range(1, 1003)]
    assert writer.problem == ""


def test_what_finds_no_room_is_counted(writer: Writer, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue is bounded; what was put first is kept."""
    monkeypatch.setattr(room, "MAX_WAITING", 10)
    file.mkdir()  # nothing can be written there
    writer.put(ran)
    assert not writer.flush(DEADLINE_S)
    for number in range(30):
        writer.put(lambda number=number: ran(number))
    assert 15 <= writer.dropped <= 20  # some may have been under way
    assert "no regular file" in writer.problem


def test_what_waits_when_it_ends_is_counted_too(writer: Writer, file: Path) -> None:
    """What was tried in vain, and what came meanwhile; who closes is told that not all is written."""
    file.mkdir()
    writer.put(ran)
    assert not writer.flush(DEADLINE_S)
    for number in range(30):
        writer.put(lambda number=number: ran(number))
    assert not writer.close(DEADLINE_S)
    assert writer.dropped == 31


def test_a_journal_that_is_away_is_tried_more_and_more_seldom(
    writer: Writer, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to once a minute."""
    pauses_s: list[float] = []

    def rest(seconds: float) -> bool:
        pauses_s.append(seconds)
        return len(pauses_s) == 9

    monkeypatch.setattr(writer, "_rest", rest)
    file.mkdir()
    writer.put(ran)
    assert writer.close(DEADLINE_S) is False
    assert pauses_s == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_what_waits_for_the_next_try_keeps_its_order(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is looked through meanwhile: once, here."""
    writer = Writer(lambda: Journal(file), retention=Retention())
    writer._asleep = False  # no thread of its own
    for number in range(3):
        writer.put(lambda number=number: ran(number))
    ticks = iter([0.0, 0.0, 9.0])
    monkeypatch.setattr(room, "GATHER_S", 0.0)
    monkeypatch.setattr(room, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    assert not writer._rest(1.0)
    assert [make().run_id for make in writer._waiting] == ["s-0", "s-1", "s-2"]


def test_who_wants_to_know_is_told(writer: Writer, file: Path) -> None:
    """When all is written that was put before; at once that it is not, while nothing can be; whatever others do of it."""
    told: list[tuple[bool, str]] = []

    def tell(is_written: bool) -> None:
        told.append((is_written, threading.current_thread().name))

    writer.put(ran)
    writer.mark(lambda _: 1 // 0)
    writer.mark(tell)
    assert writer.flush(DEADLINE_S)
    assert told == [(True, "schillinger-journal")]
    file.unlink()
    file.mkdir()
    writer.put(ran)
    assert not writer.flush(DEADLINE_S)
    writer.mark(tell)
    assert told[1:] == [(False, threading.current_thread().name)]


def test_what_cannot_be_kept_is_written_anyway(file: Path) -> None:
    """The thread that writes outlives what it calls."""
    journal = Journal(file)
    writer = Writer(lambda: journal, retention=Retention(), keep=lambda: 1 // 0)
    writer.soon()
    writer.put(ran)
    assert writer.flush(DEADLINE_S)
    assert writer.close()
    assert list(journal.runs()) == [ran()]


def test_a_journal_that_cannot_be_written_keeps_no_arrays(writer: Writer, file: Path) -> None:
    """What a call was given is let go of, however long the disk stays full."""
    file.mkdir()
    array = np.zeros(1000)
    gone = weakref.ref(array)
    writer.put(ran)
    assert not writer.flush(DEADLINE_S)
    writer.put(lambda array=array: ran(array.size))
    del array
    deadline_s = time.monotonic() + DEADLINE_S
    while gone() is not None and time.monotonic() < deadline_s:
        gc.collect()
        os.sched_yield()
    assert gone() is None


def test_a_record_that_cannot_be_made_is_no_reason_to_lose_the_others(writer: Writer, file: Path) -> None:
    """It is counted, and the next one is written."""
    writer.put(lambda: ran(1 // 0))
    writer.put(lambda: ran(2))
    assert writer.flush(DEADLINE_S)
    assert [one.run_id for one in Journal(file).runs()] == ["s-2"]
    assert writer.dropped == 1
    assert not writer.close(DEADLINE_S)  # what it lost is elsewhere, and to stay there


def test_a_record_that_no_journal_takes_ends_no_writing(writer: Writer, file: Path) -> None:
    """It is counted, and what comes after it is written."""
    writer.put(lambda: ran(1, seed=2**70))
    assert writer.flush(DEADLINE_S)
    writer.put(lambda: ran(2))
    assert writer.flush(DEADLINE_S)
    assert [one.run_id for one in Journal(file).runs()] == ["s-2"]
    assert (writer.dropped, writer.problem) == (1, "")


def test_what_is_too_old_goes_while_it_writes(file: Path) -> None:
    """A journal is held to its bounds by whoever writes it; nobody has to tidy up."""
    journal = Journal(file)
    journal.add([ran(1, at="2020-01-01T00:00:00.000+00:00")])
    writer = Writer(lambda: journal, retention=Retention(days=1))
    writer.put(lambda: ran(2, at=datetime.now(UTC).isoformat()))
    writer.close(DEADLINE_S)
    assert [one.run_id for one in journal.runs()] == ["s-2"]


def test_it_is_tidied_once_an_hour(writer: Writer, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking through all of it with each batch would cost more than the batch."""
    held: list[object] = []
    monkeypatch.setattr(Retention, "hold", lambda _, journal: held.append(journal) or 0)
    for _ in range(3):
        writer.put(ran)
        assert writer.flush(DEADLINE_S)
    assert len(held) == 1
    monkeypatch.setattr(room, "TIDY_EVERY_S", 0.0)
    writer.put(ran)
    assert writer.flush(DEADLINE_S)
    assert len(held) == 2


def test_closing_writes_what_waits(file: Path) -> None:
    """The last call before the notebook ends is in the journal; what comes after is counted."""
    journal = Journal(file)
    writer = Writer(lambda: journal, retention=Retention())
    writer.put(ran)
    writer.close()
    assert len(list(journal.runs())) == 1
    writer.put(ran)
    assert writer.dropped == 1


def test_a_fork_writes_nothing(writer: Writer, file: Path) -> None:
    """What a child of the notebook inherits is the parent's to write."""
    writer.put(ran)
    assert writer.flush(DEADLINE_S)
    child = os.fork()
    if child == 0:
        writer.put(ran)
        writer.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert len(list(Journal(file).runs())) == 1


@pytest.mark.parametrize("after", [1, 5])
def test_a_killed_process_leaves_it_sound(file: Path, after: int) -> None:
    """SIGKILL while it writes: all that was said to be written is there, and the file is whole."""
    with subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, str(file)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        told += [int(line) for line in process.stdout.readlines()]
    assert len(list(Journal(file).runs())) >= told[-1]
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_full_disk_loses_no_call(file: Path) -> None:
    """Where no byte more can be written, putting and closing go on, and the loss is counted."""
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.journal.conftest import ran\n"
        "from schillinger_plugins.journal import Journal, Retention, Writer\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "journal.add([ran()])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
        "writer = Writer(lambda: journal, retention=Retention())\n"
        "[writer.put(lambda: ran(error='x' * 10_000)) for _ in range(50)]\n"
        "writer.flush(10)\n"
        "print('problem:', writer.problem)\n"
        "writer.close()\n"
        "print('dropped:', writer.dropped)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True, timeout=60
    )
    assert "problem: the journal" in done.stdout
    assert "dropped: 50" in done.stdout
    assert len(list(Journal(file).runs())) == 1


def test_after_somebody_has_waited_it_gathers_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes while their records are written waits as any other: else a row of calls would be a row of transactions."""
    monkeypatch.setattr(room, "GATHER_S", 3600.0)
    written: list[int] = []

    class Book(Journal):
        def add(self, records: Sequence[Record]) -> None:
            written.append(len(records))
            if len(written) < 20:
                writer.put(lambda: ran(len(written)))

    journal, told = Book(file), threading.Event()
    writer = Writer(lambda: journal, retention=Retention(days=36500))
    writer.put(lambda: ran(0))
    writer.mark(lambda is_written: told.set())
    assert told.wait(DEADLINE_S)
    while writer._busy:
        os.sched_yield()
    assert written == [1]
    writer.close()
    assert written == [1, 1]
