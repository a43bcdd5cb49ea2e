"""The past is kept within its bounds; grants are kept for good."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schillinger_plugins.errors import InputError
from schillinger_plugins.journal import Grant, Happening, Journal, Line, Retention

from .conftest import ran

LINE = Line(
    at="",
    user="u",
    session="s",
    run_id="s-1",
    plugin_id="p",
    version="1",
    instance_id="p-1",
    level="",
    text="x" * 1000,
)
HAPPENED = Happening(at="", user="u", session="s", name="loaded", plugin_id="p")


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")


def test_what_is_old_goes(book: Journal) -> None:
    """By age; a grant of the same age stays."""
    book.add_grant(
        Grant(plugin_id="p", version="1", content_hash="", user="u", permission="network", granted_at=ago(99))
    )
    book.add([ran(1, at=ago(9)), ran(2, at=ago(6))])
    book.add([replace(one, at=ago(days)) for one in (LINE, HAPPENED) for days in (9, 6)])
    assert Retention(days=7).hold(book) == 3
    assert [one.run_id for one in book.runs()] == ["s-2"]
    assert (len(list(book.lines())), len(list(book.happenings()))) == (1, 1)
    assert len(book.grants()) == 1


def test_what_happened_counts_and_goes_too(book: Journal) -> None:
    """However little else there is: the oldest fifth, and again, until it fits."""
    book.add([replace(HAPPENED, at=ago(0), name=str(n), detail="x" * 1000) for n in range(1000)])
    Retention(megabytes=0.5).hold(book)
    left = [int(one.name) for one in book.happenings()]
    assert 200 < len(left) < 600
    assert left == list(range(1000))[-len(left) :]


def test_what_is_too_much_goes_lines_first(book: Journal) -> None:
    """The oldest lines make room before any run does; where they are not enough, the oldest runs follow."""
    book.add([*(ran(n, at=ago(0)) for n in range(200)), *[replace(LINE, at=ago(0))] * 2000])
    Retention(megabytes=1).hold(book)
    assert 500 < len(list(book.lines())) < 1500
    assert len(list(book.runs())) == 200
    Retention(megabytes=0.04).hold(book)
    kept = list(book.runs())
    assert len(list(book.lines())) == 0
    assert len(kept) < 200
    assert not kept or kept[-1].run_id == "s-199"


def test_what_test_suites_did_goes_first(book: Journal) -> None:
    """Before anything else does, however new it is; within the bounds it stays."""
    book.add([ran(n, at=ago(9)) for n in range(200)])
    book.add([ran(n, at=ago(0), purpose="test", error=secrets.token_urlsafe(9000)) for n in range(200, 300)])
    Retention().hold(book)
    assert len(list(book.runs(with_tests=True))) == 300
    Retention(megabytes=1).hold(book)
    assert [one.run_id for one in book.runs(with_tests=True)] == [f"s-{n}" for n in range(200)]


def test_room_is_given_back_to_the_disk(tmp_path: Path) -> None:
    """A file that was large is small again."""
    book = Journal(tmp_path / "journal.db")
    book.add([ran(n, at=ago(9), error="x" * 10_000) for n in range(300)])
    before = (tmp_path / "journal.db").stat().st_size
    Retention(days=1).hold(book)
    assert (tmp_path / "journal.db").stat().st_size < before / 3


def test_the_environment_sets_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both, or one; what is no number is refused with what to write."""
    monkeypatch.setenv("SCHILLINGER_JOURNAL_DAYS", "7.5")
    assert Retention.from_environment() == Retention(days=7.5)
    monkeypatch.setenv("SCHILLINGER_JOURNAL_MB", "0.5")
    assert Retention.from_environment() == Retention(days=7.5, megabytes=0.5)
    monkeypatch.setenv("SCHILLINGER_JOURNAL_DAYS", "0")
    assert Retention.from_environment() == Retention(days=0, megabytes=0.5)
    for wrong in ("-1", "nan", "inf", "a week"):
        monkeypatch.setenv("SCHILLINGER_JOURNAL_DAYS", wrong)
        with pytest.raises(InputError, match=r"SCHILLINGER_JOURNAL_DAYS is .*no number from 0 on"):
            Retention.from_environment()
