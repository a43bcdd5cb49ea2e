"""What ran, happened and was said comes back, from a file and from PostgreSQL, whatever it is."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schillinger_plugins.errors import PluginError
from schillinger_plugins.journal import Denial, Grant, Happening, Journal, Line, Ran, Spool, folder_of
from schillinger_plugins.journal import database as room
from schillinger_plugins.journal.records import MAX_TEXT, PAGE

from .conftest import ran

HAPPENED = Happening(at="2026-11-28T10:00:00+00:00", user="ann", session="s", name="loaded", plugin_id="probe")
SAID = Line(
    at="2026-11-28T10:00:00+00:00",
    user="ann",
    session="s",
    run_id="s-1",
    plugin_id="probe",
    version="1.0.0",
    instance_id="probe-1",
    level="info",
    text="it runs",
)
WRITE_MANY = """
import sys
from tests.journal.conftest import ran
from schillinger_plugins.journal import Journal
journal = Journal(sys.argv[1] if "://" in sys.argv[1] else __import__("pathlib").Path(sys.argv[1]))
for number in range(40):
    journal.add([ran(number, session=sys.argv[2]), ran(number, session=sys.argv[2], outcome="failed")])
"""


def test_every_kind_comes_back_as_it_was(book: Journal) -> None:
    """Runs, happenings and lines, numbers in their full range included."""
    book.add([ran(), HAPPENED, SAID, ran(2)])
    assert list(book.runs()) == [ran(), ran(2)]
    assert list(book.happenings()) == [HAPPENED]
    assert list(book.lines()) == [SAID]


def test_a_run_is_found_with_its_parts(book: Journal) -> None:
    """Whatever came last, and no run whose id merely begins alike; of a killed one its parts are all there is."""
    whole = ran(1, kind="flow", name="study", plugin_id="", nodes_ran=2, nodes_cached=1)
    parts = [ran(2, run_id="s-1.1"), ran(3, run_id="s-1.2")]
    book.add([parts[0], whole, parts[1], ran(4, run_id="s-10")])
    assert book.run("s-1") == (whole, parts)
    assert book.run("s-1.2") == (parts[1], [])
    assert book.run("s-2") == (None, [])
    assert (book.run("%"), book.run("s_1")) == ((None, []), (None, []))
    book.add([ran(5, run_id="s-7.1")])
    assert book.run("s-7") == (ran(5, run_id="s-7.1"), [])


def test_what_test_suites_did_is_left_out(book: Journal) -> None:
    """Of what is listed and of the figures, unless that is asked for; a run's id leads to it anyway."""
    book.add([ran(1), ran(2, purpose="test", calls=900, wall_s=900.0), ran(3, plugin_id="other", purpose="test")])
    book.add([replace(HAPPENED, purpose="test"), replace(SAID, run_id="s-2", purpose="test"), SAID])
    assert [one.run_id for one in book.runs()] == ["s-1"]
    assert (list(book.happenings()), list(book.lines())) == ([], [SAID])
    assert [one.calls for one in book.summaries()] == [1]
    assert [len(list(ask(with_tests=True))) for ask in (book.runs, book.happenings, book.lines)] == [3, 1, 2]
    assert [one.calls for one in book.summaries(with_tests=True)] == [901, 1]
    assert book.run("s-2")[0] == ran(2, purpose="test", calls=900, wall_s=900.0)
    assert len(list(book.lines(run_id="s-2"))) == 1
    assert (book.tested(), book.tested(plugin_id="probe"), book.tested(since=ran(3).at)) == (901, 900, 1)


def test_a_flow_has_figures_of_its_own(book: Journal) -> None:
    """Beside those of a plugin that is called as it is; both are asked for by their name."""
    flow = {"kind": "flow", "plugin_id": "", "instance_id": "", "name": "probe"}
    book.add([ran(1), ran(2, **flow, wall_s=1.0), ran(3, **flow, outcome="failed"), ran(4, plugin_id="other")])
    found = book.summaries(plugin_id="probe")
    assert [(one.plugin_id, one.flow, one.calls, one.failed, one.p50_s) for one in found] == [
        ("", "probe", 2, 1, 1.0),
        ("probe", "", 1, 0, 0.25),
    ]
    by_instance = book.summaries(plugin_id="probe", by_instance=True)
    assert [(one.flow, one.session, one.instance_id) for one in by_instance] == [
        ("probe", "", ""),
        ("", "s", "probe-1"),
    ]


def test_grants_are_kept_there_too(book: Journal) -> None:
    """The grants of a database are the same as those of a file."""
    grant = Grant(plugin_id="probe", version="1", content_hash="x", user="ann", permission="network", hosts=("a.org",))
    book.add_grant(grant)
    book.add_denial(Denial(plugin_id="probe", version="1", content_hash="x", user="ann", permission="network"))
    assert [replace(one, granted_at="") for one in book.grants()] == [grant]
    assert len(book.denials()) == 1
    assert len(book.end_grants("probe", user="ann")) == 1
    assert book.grants() == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), max_size=200))
@pytest.mark.parametrize("field", ["error", "parameters", "plugin_id"])
def test_no_text_is_taken_for_sql_or_lost(book: Journal, field: str, text: str) -> None:
    """Any text comes back, but for NUL, which is shown, and halves of characters, which are written out."""
    book.add([replace(ran(), **{field: text})])
    *_, found = book.runs()
    shown = text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "backslashreplace").decode()
    assert getattr(found, field) == shown


def test_endless_text_is_cut(book: Journal) -> None:
    """A plugin's message fills no disk."""
    book.add([ran(error="x" * 1_000_000)])
    (found,) = book.runs()
    assert len(found.error) == MAX_TEXT
    assert found.error.endswith("…")


def test_runs_are_found_by_plugin_outcome_time_and_run(book: Journal) -> None:
    """Each question narrows the answer; the newest come last."""
    book.add([ran(1), ran(2, plugin_id="other"), ran(3, outcome="failed"), ran(4)])
    assert [one.run_id for one in book.runs(plugin_id="probe")] == ["s-1", "s-3", "s-4"]
    assert [one.run_id for one in book.runs(outcome="failed")] == ["s-3"]
    assert [one.run_id for one in book.runs(since=ran(3).at)] == ["s-3", "s-4"]
    assert [one.run_id for one in book.runs(run_id="s-2")] == ["s-2"]
    assert [one.run_id for one in book.runs(newest=2)] == ["s-3", "s-4"]


def test_events_and_lines_are_found_by_plugin_time_and_run(book: Journal) -> None:
    """As runs are."""
    times = [ran(number).at for number in range(3)]
    book.add(
        [replace(HAPPENED, at=at, plugin_id=name) for at, name in zip(times, ("probe", "other", "probe"), strict=True)]
    )
    book.add(
        [replace(SAID, at=at, plugin_id=name) for at, name in zip(times, ("probe", "other", "probe"), strict=True)]
    )
    book.add([replace(SAID, run_id="s-1.1"), replace(SAID, run_id="s-10")])
    for ask in (book.happenings, book.lines):
        assert [one.at for one in ask(plugin_id="other")] == [times[1]]
        assert [one.at for one in ask(since=times[1])][:2] == times[1:]
        assert len(list(ask(newest=1))) == 1
    assert [one.run_id for one in book.lines(run_id="s-1")] == ["s-1", "s-1", "s-1", "s-1.1"]


def test_many_are_read_page_by_page(book: Journal) -> None:
    """More than a page: none is lost or told twice, and what is written meanwhile is told at its end."""
    book.add([ran(number) for number in range(2 * PAGE + 1)])
    found = book.runs()
    first = next(found)
    book.add([ran(5000)])
    assert [first.run_id, *(one.run_id for one in found)] == [*(f"s-{n}" for n in range(2 * PAGE + 1)), "s-5000"]


def test_summaries_count_and_order(book: Journal) -> None:
    """Calls that were summed up count as many; percentiles are those of the calls that returned."""
    times = [ran(n, wall_s=n / 100) for n in range(1, 101)]
    book.add(
        [*times, ran(200, plugin_id="other", calls=1000, wall_s=2.0), ran(201, outcome="failed", wall_s=99.0, calls=5)]
    )
    other, probe = book.summaries()
    assert (other.plugin_id, other.calls, other.p50_s) == ("other", 1000, 0.002)
    assert (probe.calls, probe.failed, probe.cancelled) == (105, 5, 0)
    assert probe.wall_s == pytest.approx(50.5 + 99.0)
    assert (probe.p50_s, probe.p90_s, probe.p99_s) == (0.50, 0.90, 0.99)
    assert (probe.first, probe.last) == (ran(1).at, ran(201).at)


def test_summaries_of_instances_tell_their_memory_queue_and_restarts(book: Journal) -> None:
    """As of the last call of each; a plugin's are the sum of its instances', of growth the most."""
    usage = {"memory_bytes": 5, "growth_bytes_per_call": 2.5, "waiting": 3}
    book.add([ran(1, memory_bytes=99), ran(2, **usage), ran(3, outcome="failed")])
    others = {"memory_bytes": 7, "growth_bytes_per_call": 1.5, "waiting": 4, "peak_memory_bytes": 9}
    book.add([ran(4, instance_id="probe-2", **others), ran(5, session="t", plugin_id="other")])
    restarted = replace(HAPPENED, name="restarted", instance_id="probe-1", at=ran(2).at)
    book.add([restarted, restarted, HAPPENED, replace(restarted, purpose="test"), replace(restarted, at="2026-11-01")])
    since = ran(1).at
    one, two, other = sorted(
        book.summaries(by_instance=True, since=since), key=lambda found: (found.session, found.instance_id)
    )
    assert (one.session, one.instance_id, one.calls, one.restarts) == ("s", "probe-1", 3, 2)
    assert (one.memory_bytes, one.growth_bytes_per_call, one.waiting) == (5, 2.5, 3)
    assert (two.instance_id, two.memory_bytes, two.restarts) == ("probe-2", 7, 0)
    assert (other.session, other.plugin_id) == ("t", "other")
    probe = next(found for found in book.summaries(since=since) if found.plugin_id == "probe")
    assert (probe.instance_id, probe.calls, probe.restarts) == ("", 4, 2)
    assert (probe.memory_bytes, probe.growth_bytes_per_call, probe.waiting) == (12, 2.5, 7)
    assert probe.peak_memory_bytes == 2**40
    assert next(found for found in book.summaries() if found.plugin_id == "probe").restarts == 3
    assert next(found for found in book.summaries(since=since, with_tests=True) if found.restarts).restarts == 3
    book.add([ran(6, session="t", memory_bytes=30)])  # another process has an instance of that name, too
    assert next(found for found in book.summaries() if found.plugin_id == "probe").memory_bytes == 42


def test_all_of_a_batch_or_none(book: Journal) -> None:
    """A record that the database refuses takes its companions with it, so that the batch can be tried again."""
    with pytest.raises(PluginError, match="can't be used"):
        book.add([HAPPENED, SAID, ran(1), ran(2, seed=None)])
    assert [*book.runs(), *book.happenings(), *book.lines()] == []


def test_several_processes_write_at_once(place: Path | str) -> None:
    """Four at a time into a journal that is not even there yet: every record arrives."""
    processes = [subprocess.Popen([sys.executable, "-c", WRITE_MANY, str(place), name]) for name in "abcd"]
    assert [process.wait(60) for process in processes] == [0] * 4
    found = list(Journal(place).runs())
    assert {name: sum(one.session == name for one in found) for name in "abcd"} == dict.fromkeys("abcd", 80)


def test_a_file_has_a_write_ahead_log(tmp_path: Path) -> None:
    """Who reads keeps nobody from writing, and a process that is killed leaves no half transaction."""
    Journal(tmp_path / "journal.db").add([ran()])
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_url_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another kind of database and a server that isn't there: what to do, and never the password."""
    for url, says in {
        "mysql://ann:hush@host/db": "a file or a PostgreSQL database, not mysql",
        "postgresql://ann:hush@127.0.0.1:1/db": "can't be used",
        "postgresql://ann:hush@[half/db": "can.t be used",
        "postgresql://ann:p@hush:hush@host/db": "URL can.t be read",
    }.items():
        monkeypatch.setenv("SCHILLINGER_JOURNAL", url)
        with pytest.raises(PluginError, match=says) as raised:
            list(Journal().runs())
        assert "hush" not in f"{raised.value} {raised.value.remedy}"


def test_a_server_that_quotes_a_url_is_not_quoted(postgresql: str) -> None:
    """What is a URL in its words may have a password in it."""
    for name, says in (("none-such", "none-such"), ("a%3A%2F%2Fhush", "can't be used: OperationalError")):
        with pytest.raises(PluginError) as raised:
            list(Journal(postgresql.format(database=name)).runs())
        assert says in raised.value.message
        assert "hush" not in raised.value.message.partition("can't be used")[2]


def test_a_server_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and says nothing: an error after some seconds."""
    monkeypatch.setattr(room, "CONNECT_S", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(PluginError, match="can't be used"):
        list(Journal(f"postgresql://ann@127.0.0.1:{silent.getsockname()[1]}/db").runs())


def test_who_writes_has_the_turn_from_the_beginning(tmp_path: Path) -> None:
    """Who had to wait after it has read something would be refused instead."""
    book = Journal(tmp_path / "journal.db")
    book.add([ran()])
    other = sqlite3.connect(tmp_path / "journal.db", timeout=0, isolation_level=None)
    with book.writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_file_can_not_have_this_process_run_what_it_names(tmp_path: Path) -> None:
    """Its schema calls nothing but what is harmless."""
    with Journal(tmp_path / "journal.db").reading() as connection:
        assert connection.exec_driver_sql("PRAGMA trusted_schema").scalar() == 0


def test_what_cannot_be_taken_in_keeps_nobody_from_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays for whoever opens the journal next."""
    file = tmp_path / "journal.db"
    spool = Spool(folder_of(file), "s")
    spool.put(ran(1))
    spool.close(is_written=False)

    def full(*_: object) -> None:
        raise PluginError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "add", full)
        assert list(Journal(file).runs()) == []
    assert list(Journal(file).runs()) == [ran(1)]


def test_a_database_that_goes_and_comes_back(database: str, postgresql: str) -> None:
    """Connections that the server ends are an error with what to do; the next question is answered again."""
    book = Journal(database)
    book.add([ran()])
    name = database.split("@/")[1].partition("?")[0]
    with psycopg.connect(postgresql.format(database="postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        with pytest.raises(PluginError, match="can't be used"):
            list(book.runs())
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert list(book.runs()) == [ran()]


def test_every_field_has_a_column() -> None:
    """A field without one would be lost."""
    from schillinger_plugins.journal.tables import tables

    for kind, name in {Ran: "runs", Happening: "happenings", Line: "lines"}.items():
        assert {field.name for field in fields(kind)} | {"id"} == set(tables().tables[name].c.keys())
