"""The journal at the command line: what ran, how often, how long, and why it failed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet
import pytest

from schillinger_plugins import cli
from schillinger_plugins.errors import PluginError
from schillinger_plugins.journal import Denial, Grant, Happening, Journal, Line, Ran, export

from .conftest import ran

SAID = Line(
    at=ran().at,
    user="ann",
    session="s",
    run_id="s-2",
    plugin_id="probe",
    version="1.0.0",
    instance_id="probe-1",
    level="warning",
    text="WARNING \x1b[2J it clips",
)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """What a command ends with and writes."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.fixture
def filled(own_places: None) -> Journal:
    """The user's journal with two runs, one of which failed."""
    book = Journal()
    book.add([ran(1), ran(2, outcome="failed", error_kind="ValueError", error="no such scale"), SAID])
    return book


def test_the_last_runs_with_their_reasons(filled: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """A table; with --failed only those."""
    code, out, _ = told(capsys, "journal")
    assert code == 0
    assert "s-1" in out
    assert "ValueError: no such scale" in out
    _, out, _ = told(capsys, "journal", "probe", "--failed")
    assert "s-1" not in out
    assert "s-2" in out


def test_all_of_one_run(filled: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """Its facts and its lines, which drive no terminal; a run that isn't there is bad input."""
    _, out, _ = told(capsys, "journal", "--run", "s-2")
    assert "no such scale" in out
    assert "it clips" in out
    for fact in (
        "by ann",
        "probe 1.0.0, 000000000000",
        "probe-1",
        "full",
        "250 ms, 125 ms of CPU time",
        "9223372036854775807",
    ):
        assert fact in out
    for heading in ("parameters", "configuration", "inputs"):
        assert heading in out
    assert "\x1b" not in out
    code, _, err = told(capsys, "journal", "--run", "s-9")
    assert code == cli.BAD_INPUT
    assert "knows no run 's-9'" in err


def test_what_is_particular_about_a_run_is_told(filled: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """That a test suite made it, how many calls it sums up, where it failed; in its row the mean, and why in short."""
    trace = "Traceback:\n  main.py, line 7\nValueError"
    filled.add(
        [ran(6, calls=8, wall_s=2.0, outcome="failed", error_kind="ValueError", error="~" * 999, traceback=trace)]
    )
    filled.add([ran(7, purpose="test")])
    _, out, _ = told(capsys, "journal", "--run", "s-6")
    assert "8, summed up: they followed each other fast" in out
    lines = [line.strip() for line in out.splitlines()]
    assert lines[lines.index("main.py, line 7") - 1].split() == ["traceback", "Traceback:"]
    assert "test suite" not in out
    _, out, _ = told(capsys, "journal", "--run", "s-7")
    assert "a test suite" in out
    assert "summed up" not in out
    _, out, _ = told(capsys, "journal")
    (row,) = (line for line in out.splitlines() if "s-6" in line)
    assert "250 ms" in row
    assert 100 < out.count("~") < 160


def test_a_flow_is_told_with_its_parts(filled: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """Its name, what became of its nodes and why it failed; its parts by their ids; a row of its own in the figures."""
    flow = ran(9, kind="flow", name="study", plugin_id="", instance_id="", nodes_ran=1, nodes_cached=2, nodes_failed=1)
    flow = replace(flow, outcome="failed", error_kind="LimitExceeded", error="gain: it took too long")
    filled.add([ran(8, run_id="s-9.1"), flow])
    _, out, _ = told(capsys, "journal", "study")
    (row,) = (line for line in out.splitlines() if "s-9" in line)
    assert "flow study: 1 ran, 2 cached, 1 failed" in row
    assert "LimitExceeded: gain: it took too long" in row
    _, out, _ = told(capsys, "journal", "--run", "s-9")
    facts = dict(line.split(maxsplit=1) for line in out.splitlines() if line.strip())
    assert facts["flow"].strip() == "study"
    assert facts["nodes"].strip() == "1 ran, 2 cached, 1 failed"
    assert facts["parts"].strip() == "s-9.1: probe-1 done, 250 ms"
    _, out, _ = told(capsys, "journal", "--run", "s-9", "--json")
    assert [part["run_id"] for part in json.loads(out)["parts"]] == ["s-9.1"]
    for command in (("stats",), ("top", "--once", "--window", "86400"), ("stats", "--instances")):
        filled.add([replace(flow, at=datetime.now(UTC).isoformat())])
        _, out, _ = told(capsys, *command)
        assert "flow study" in out


def test_what_is_left_out_is_said(filled: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """How many calls of test suites aren't told, and what tells them."""
    filled.add([ran(7, purpose="test", calls=900)])
    for command in ("journal", "stats"):
        _, out, err = told(capsys, command)
        assert "900" not in out
        assert "left out: 900 calls of test suites; --tests" in err
        _, out, err = told(capsys, command, "--tests")
        assert "90" in out
        assert "left out" not in err
    _, _, err = told(capsys, "stats", "other")
    assert "left out" not in err


def test_the_figures(filled: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """Calls, failures and percentiles; as JSON for a script."""
    _, out, _ = told(capsys, "stats")
    assert "1 (50.0%)" in out
    _, out, _ = told(capsys, "stats", "--json")
    (figures,) = json.loads(out)
    assert (figures["calls"], figures["failed"], figures["p50_s"]) == (2, 1, 0.25)


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clocks half an hour from UTC, so that none is taken for the other."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_top_tells_of_the_last_minute(filled: Journal, far_away: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Calls a minute and the share that failed, of what ran within the window and nothing older."""
    _, _, err = told(capsys, "top")
    assert "nothing ran" in err
    now = datetime.now(UTC).isoformat()
    filled.add([ran(3, at=now), ran(4, at=now, outcome="failed"), ran(5, at=now, calls=4, cpu_s=6.0)])
    _, out, _ = told(capsys, "top", "--once")
    (row,) = (line.split() for line in out.splitlines() if "probe" in line)
    assert row[:3] == ["probe", "6", "16.7%"]
    assert "10.4%" in row  # of a CPU
    _, out, _ = told(capsys, "top", "--once", "--window", "600")
    assert {"0.6", "1.0%"} <= set(next(line.split() for line in out.splitlines() if "probe" in line))
    assert row[-1] == datetime.fromisoformat(now).astimezone().strftime("%H:%M:%S")  # by the clock of whoever looks


def test_each_figure_stands_under_its_heading(filled: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """Percentiles told apart, CPU time of all calls, what failed and was cancelled; in stats and in top."""
    now = datetime.now(UTC).isoformat()
    filled.add([ran(10 + n, at=now, plugin_id="other", wall_s=float(n), cpu_s=0.25) for n in range(1, 11)])
    filled.add([ran(30, at=now, plugin_id="other", outcome="failed", cpu_s=0.0)])
    filled.add([ran(31, at=now, plugin_id="other", outcome="cancelled", cpu_s=0.0)])
    _, out, _ = told(capsys, "stats", "other")
    figures = re.split(r"\s{2,}", out.splitlines()[1])
    assert figures[:8] == ["other", "12", "1 (8.3%)", "1", "5 s", "9 s", "10 s", "2.5 s"]
    _, out, _ = told(capsys, "top", "--once")
    (row,) = (line for line in out.splitlines() if "other" in line)
    assert re.split(r"\s{2,}", row)[:6] == ["other", "12", "8.3%", "5 s", "10 s", "4.2%"]


def test_where_nothing_has_returned_there_is_no_time(filled: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """A dash for each percentile, in stats and in top; null for a script, for which 0 would be fast."""
    filled.add([ran(3, at=datetime.now(UTC).isoformat(), plugin_id="other", outcome="failed")])
    _, out, _ = told(capsys, "stats", "other")
    assert re.split(r"\s{2,}", out.splitlines()[1])[1:6] == ["1", "1 (100.0%)", "–", "–", "–"]
    _, out, _ = told(capsys, "top", "--once")
    (row,) = (line for line in out.splitlines() if "other" in line)
    assert re.split(r"\s{2,}", row)[2:5] == ["100.0%", "–", "–"]
    _, out, _ = told(capsys, "stats", "other", "--json")
    assert [json.loads(out)[0][name] for name in ("p50_s", "p90_s", "p99_s")] == [None] * 3


def test_figures_of_each_instance(filled: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """Memory now and at most, growth, restarts and the queue, by instance and session, in top and stats."""
    now = datetime.now(UTC).isoformat()
    usage = {"memory_bytes": 5_000_000, "peak_memory_bytes": 6_000_000, "growth_bytes_per_call": 20_000.0, "waiting": 3}
    filled.add([ran(3, at=now, **usage), ran(4, at=now, instance_id="probe-2")])
    filled.add([Happening(at=now, user="u", session="s", name="restarted", plugin_id="probe", instance_id="probe-1")])
    for command in (("top", "--once", "--instances"), ("stats", "--instances")):
        _, out, _ = told(capsys, *command)
        (row,) = (line for line in out.splitlines() if "probe-1" in line)
        assert "probe-1 (s)" in row
        assert "0.02 MB a call" in row
        (row,) = (line for line in out.splitlines() if "probe-2 (s)" in line)
        assert "a call" not in row
    (row,) = (line for line in out.splitlines() if "probe-1" in line)
    assert re.split(r"\s{2,}", row)[-4:-1] == ["1099511.6 MB", "0.02 MB a call", "1"]
    _, out, _ = told(capsys, "top", "--once", "--instances")
    (row,) = (line for line in out.splitlines() if "probe-1" in line)
    assert "5.0 MB" in row
    assert "6.0 MB" in row
    assert row.split()[-3:-1] == ["1", "3"]


def test_an_empty_journal_says_so(own_places: None, capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer's is."""
    for command in ("journal", "stats"):
        code, out, err = told(capsys, command)
        assert (code, out) == (0, "")
        assert "has nothing of that" in err


def test_json_lines_come_back(filled: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One record a line, what was JSON unpacked."""
    file = tmp_path / "runs.jsonl"
    _, _, err = told(capsys, "journal", "--out", str(file))
    assert "2 runs written" in err
    first, second = map(json.loads, file.read_text().splitlines())
    assert (first["run_id"], first["parameters"], first["seed"]) == ("s-1", {}, 2**63 - 1)
    assert second["error"] == "no such scale"


def test_what_was_cut_is_exported_as_it_is(filled: Journal, tmp_path: Path) -> None:
    """No JSON any more, but text; of events the detail is unpacked, too."""
    file = tmp_path / "runs.jsonl"
    export([ran(1, parameters='{"curve":[1,2…')], Ran, file)
    assert json.loads(file.read_text())["parameters"] == '{"curve":[1,2…'
    happened = Happening(at="", user="u", session="s", name="slept", plugin_id="p", detail='{"idle":true}')
    export([happened], Happening, file)
    assert json.loads(file.read_text())["detail"] == {"idle": True}


def test_an_export_has_all_there_is(filled: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not only as much as is shown; the last so many, and of the last days, if that is asked for."""
    now = datetime.now(UTC).isoformat()
    filled.add([ran(number, at=now) for number in range(100, 140)])
    file = str(tmp_path / "runs.jsonl")
    for options, count in ((), 42), (("-n", "3"), 3), (("--days", "1"), 40), (("--days", "1", "--failed"), 0):
        _, _, err = told(capsys, "journal", "--out", file, *options)
        assert f"{count} runs written" in err
    _, out, _ = told(capsys, "journal")
    assert out.count("s-1") == 30
    _, out, _ = told(capsys, "journal", "-n", "2")
    assert [word for word in out.split() if word.startswith("s-")] == ["s-138", "s-139"]


def test_each_kind_is_asked_for_by_plugin_and_time(filled: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """Events, lines, grants and denials as runs; of figures, too, only what is not older."""
    old, now = ran().at.replace("2026", "2020"), datetime.now(UTC).isoformat()
    for name, at in ("probe", old), ("probe", now), ("other", now):
        happened = Happening(at=at, user="u", session="s", name="loaded", plugin_id=name, detail=f'"{name} {at[:4]}"')
        line = replace(SAID, at=at, plugin_id=name, instance_id=name, text=f"{name} {at[:4]}")
        who = {"plugin_id": name, "version": "1", "content_hash": "x", "user": "ann", "permission": "network"}
        filled.add([happened, line, ran(5, at=at, plugin_id=name)])
        filled.add_grant(Grant(**who, hosts=(f"{name} {at[:4]}",), granted_at=at))
        filled.add_denial(Denial(**who, target=f"{name} {at[:4]}", denied_at=at))
    for what in ("events", "lines", "grants", "denials"):
        _, out, _ = told(capsys, "journal", "probe", "--what", what, "--days", "1")
        assert [f"probe {now[:4]}" in out, "probe 2020" in out, "other" in out] == [True, False, False]
        _, out, _ = told(capsys, "journal", "--what", what, "-n", "1")
        assert [f"other {now[:4]}" in out, "probe" in out] == [True, False]
    _, out, _ = told(capsys, "stats", "--days", "1", "--json")
    assert [(one["plugin_id"], one["calls"]) for one in json.loads(out)] == [("probe", 1), ("other", 1)]


def test_tidying_says_how_much_went(
    filled: Journal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, by the bounds of the environment."""
    filled.add([ran(3, at="2020-01-01T00:00:00.000+00:00")])
    monkeypatch.setenv("SCHILLINGER_JOURNAL_DAYS", "1000")
    _, out, _ = told(capsys, "journal", "--tidy")
    assert out == "1 records removed\n"
    assert [one.run_id for one in filled.runs()] == ["s-1", "s-2"]


def test_parquet_comes_back(filled: Journal, tmp_path: Path) -> None:
    """With the types of the fields; more than a page of them, and none at all."""
    filled.add([ran(number) for number in range(1500)])
    file = tmp_path / "runs.parquet"
    assert export(filled.runs(), Ran, file) == 1502
    table = pyarrow.parquet.read_table(file)
    assert Ran(**table.to_pylist()[0]) == ran(1)
    assert str(table.schema.field("peak_memory_bytes").type) == "int64"
    assert export(filled.runs(plugin_id="none"), Ran, file) == 0
    assert pyarrow.parquet.read_table(file).num_rows == 0


def test_runs_are_a_trace_for_perfetto(filled: Journal, tmp_path: Path) -> None:
    """A bar for each run, at its time and as long as it took; processes and threads have names."""
    filled.add([ran(3, session="t", instance_id="other-1", calls=7)])
    filled.add([ran(4, session="t", at="2026-11-28T11:00:00.000+00:00", outcome="failed", error="no such scale")])
    file = tmp_path / "runs.trace.json"
    export(filled.runs(), Ran, file)
    events = json.loads(file.read_text())["traceEvents"]
    bars = [event for event in events if event["ph"] == "X"]
    assert [(bar["args"]["run_id"], bar["cat"], bar["dur"]) for bar in bars] == [
        ("s-1", "done", 250_000),
        ("s-2", "failed", 250_000),
        ("s-3", "done", 250_000),
        ("s-4", "failed", 250_000),
    ]
    assert bars[2]["ts"] - bars[0]["ts"] == 2000
    assert bars[2]["name"].endswith("× 7")
    named = {(event["pid"], event["tid"]): event["args"]["name"] for event in events if event["ph"] == "M"}
    assert {named[bar["pid"], bar["tid"]] for bar in bars} == {"probe-1", "other-1"}
    processes = [(event["pid"], event["args"]["name"]) for event in events if event["name"] == "process_name"]
    assert processes == [(bars[0]["pid"], "session s of ann"), (bars[2]["pid"], "session t of ann")]
    assert bars[3]["args"] == {
        "run_id": "s-4",
        "version": "1.0.0",
        "parameters": "{}",
        "cpu_s": 0.125,
        "peak_memory_bytes": 2**40,
        "error": "no such scale",
    }
    assert len({bar["pid"] for bar in bars}) == 2
    # The first two overlap, as runs do of which one waits for the other: bars of one thread may not.
    assert len({bar["tid"] for bar in bars}) == 4
    by_thread: dict[int, float] = {}
    for bar in bars:
        assert bar["ts"] >= by_thread.get(bar["tid"], 0)
        by_thread[bar["tid"]] = bar["ts"] + bar["dur"]
    with pytest.raises(PluginError, match="if it is runs"):
        export(filled.lines(), Line, file)


def test_the_parts_of_a_flow_lie_within_its_bar(tmp_path: Path) -> None:
    """Those that followed each other; what went on beside them has another lane of the flow's, and no bars cross."""
    at = "2026-11-28T10:00:00.{:03d}+00:00"
    flow = ran(1, kind="flow", name="study", plugin_id="", instance_id="", at=at.format(0), wall_s=0.1, nodes_cached=2)
    parts = [
        ran(run_id="s-1.1", at=at.format(0), wall_s=0.0404, instance_id="a-1"),
        ran(run_id="s-1.2", at=at.format(20), wall_s=0.03, instance_id="b-1"),
        ran(run_id="s-1.3", at=at.format(40), wall_s=0.0604, instance_id="c-1"),
    ]
    again = [
        replace(one, run_id=one.run_id.replace("s-1", "s-2"), at=one.at.replace("00:00.", "00:09.")) for one in parts
    ]
    file = tmp_path / "runs.trace.json"
    left = ran(run_id="s-3.1", instance_id="killed-1")
    whole_again = replace(flow, run_id="s-2", at=flow.at.replace("00:00.", "00:09."))
    export([*parts, left, flow, *again, whole_again, ran(4, instance_id="alone-1")], Ran, file)
    events = json.loads(file.read_text())["traceEvents"]
    named = {event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M"}
    bars = {event["args"]["run_id"]: event for event in events if event["ph"] == "X"}
    assert bars["s-1"]["name"] == "flow study"
    assert bars["s-1"]["args"]["nodes_cached"] == 2
    assert {named[bars[name]["tid"]] for name in bars if name[:3] in ("s-1", "s-2")} == {"flow study"}
    assert named[bars["s-3.1"]["tid"]] == "killed-1"
    for run in ("s-1", "s-2"):
        whole, first, beside, last = (bars[f"{run}{part}"] for part in ("", ".1", ".2", ".3"))
        assert whole["tid"] == first["tid"] == last["tid"] == bars["s-1"]["tid"]
        assert beside["tid"] == bars["s-1.2"]["tid"] != whole["tid"]
        assert whole["ts"] <= first["ts"] < first["ts"] + first["dur"] <= last["ts"]
        assert last["ts"] + last["dur"] <= whole["ts"] + whole["dur"]


def test_grants_and_denials_are_told_too(filled: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who, what and when, those that were taken back with their end; as a table and in both forms."""
    who = {"plugin_id": "probe", "version": "1", "content_hash": "x", "user": "ann"}
    filled.add_grant(Grant(**who, permission="network", hosts=("a.org", "b.org"), granted_at=ran().at))
    filled.add_grant(Grant(**who, permission="file_access", read=("/in",), write=("/out",), ended_at=ran().at))
    filled.end_grants("probe", user="ann")
    filled.add_denial(Denial(**who, permission="file_access", target="/music", denied_at=ran().at))
    _, out, _ = told(capsys, "journal", "--what", "grants")
    assert "file_access: /in, write /out" in out
    (row,) = (line for line in out.splitlines() if "network: a.org, b.org" in line)
    assert row.count(datetime.now(UTC).strftime("%Y-")) == 2  # when it began, and when it ended
    _, out, _ = told(capsys, "journal", "probe", "--what", "denials")
    assert "file_access: /music" in out
    _, out, _ = told(capsys, "journal", "other", "--what", "denials")
    assert out == ""
    told(capsys, "journal", "--what", "grants", "--out", str(tmp_path / "grants.parquet"))
    row, _ = pyarrow.parquet.read_table(tmp_path / "grants.parquet").to_pylist()
    assert (row["user"], row["hosts"]) == ("ann", ["a.org", "b.org"])
    told(capsys, "journal", "--what", "denials", "--out", str(tmp_path / "denials.jsonl"))
    assert json.loads((tmp_path / "denials.jsonl").read_text())["target"] == "/music"


def test_lines_are_structured(filled: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON each has its run, level, plugin, version and instance beside its text."""
    _, out, _ = told(capsys, "journal", "--what", "lines", "--json")
    (line,) = json.loads(out)
    assert line == {
        "at": SAID.at,
        "user": "ann",
        "session": "s",
        "run_id": "s-2",
        "level": "warning",
        "plugin_id": "probe",
        "version": "1.0.0",
        "instance_id": "probe-1",
        "text": SAID.text,
        "purpose": "",
    }


def test_an_export_is_whole_or_not_there(filled: Journal, tmp_path: Path) -> None:
    """What fails half-way leaves the file of before; an ending that is none is refused with one that is."""
    file = tmp_path / "runs.jsonl"
    file.write_text("before")

    def half() -> Iterator[Ran]:
        yield ran(1)
        raise PluginError("the server went")

    for name in ("runs.jsonl", "runs.parquet"):
        with pytest.raises(PluginError, match="the server went"):
            export(half(), Ran, tmp_path / name)
    assert file.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir() if "runs" in one.name] == ["runs.jsonl"]
    for nowhere in (tmp_path / "none" / "runs.jsonl", Path("/proc/runs.trace.json"), file / "runs.parquet"):
        with pytest.raises(PluginError, match="can't be written"):
            export([ran(1)], Ran, nowhere)
    with pytest.raises(PluginError, match=r"exported as \.jsonl, \.parquet or, if it is runs, \.trace\.json"):
        export([], Ran, tmp_path / "runs.csv")
