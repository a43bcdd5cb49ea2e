"""Queries and records: what is asked, and what is made of whatever is answered."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1]
sys.path.insert(0, str(FOLDER))
try:
    import musicbrainz_query as query
    import musicbrainz_records as records
    import musicbrainz_service as service
finally:
    sys.path.remove(str(FOLDER))

MBID = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"


def recording(**more: Any) -> dict[str, Any]:
    """A recording as a search answers it."""
    return {
        "id": MBID,
        "score": 100,
        "title": "Cheek to Cheek",
        "length": 355_000,
        "video": None,
        "artist-credit": [{"name": "Ella", "joinphrase": " & ", "artist": {"id": MBID, "name": "Ella Fitzgerald"}}],
        "first-release-date": "1956-10",
        "releases": [{"id": MBID, "title": "Ella and Louis", "status": "Official", "date": "1956", "country": "US"}],
        "isrcs": ["USPR35600001"],
        **more,
    }


@pytest.mark.parametrize(
    ("said", "expected_s"), [("7", 7), ("", 2), ("soon", 2), ("-1", 2), ("Mon, 01 Jan 2001 00:00:00 GMT", 0)]
)
def test_retry_after_is_read_as_it_may_be_written(said: str, expected_s: float) -> None:
    """Seconds or a date; what is neither says nothing."""
    assert service._asked_wait_s(said) == expected_s


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [None], [[]], {"x": 1}, 2**80, -1, True, 1.5])
@pytest.mark.parametrize("entity", ["recording", "artist", "release"])
def test_no_field_is_trusted_to_be_there_or_of_its_type(entity: str, value: Any) -> None:
    """Whatever stands in the place of a field, a record comes of it, or none."""
    whole = {
        **recording(),
        "name": "One",
        "life-span": {},
        "label-info": [{"label": {}}],
        "barcode": "1",
        "sort-name": "x",
    }
    for key in whole:
        for item in ({**whole, key: value}, {name: one for name, one in whole.items() if name != key}):
            listed = {records.PLURALS[entity]: [item, value, "x"], "count": value}
            found, count = records.matches(listed, entity, is_lookup=False, site="https://example.org")
            assert len(found) <= 1
            assert count >= len(found)
            for match in found:
                assert isinstance(match["title"], str)
                assert 0 <= match["score"] <= 100


def test_texts_and_lists_are_cut() -> None:
    """A record stays of a size that can be looked at."""
    huge = recording(title="x" * 10_000, releases=[{"id": "y" * 10_000}] * 1000, isrcs=["z" * 10_000] * 1000)
    found, _ = records.matches({"recordings": [huge]}, "recording", is_lookup=False, site="s")
    assert len(json.dumps(found)) < 60_000 + 60 * 600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a  b", '"a b"'),
        ('say "x"', '"say \\"x\\""'),
        ("a\\", '"a\\\\"'),
        ("x) OR (y", '"x) OR (y"'),
        ("a\nb", '"a b"'),
    ],
)
def test_a_phrase_means_nothing_but_itself(text: str, expected: str) -> None:
    """The search syntax can't be entered from a title."""
    assert query.phrase(text) == expected


def test_at_musicbrainz_org_a_second_passes_between_requests() -> None:
    """Whatever is configured; a mirror has its own rule."""
    assert service.interval_of("https://musicbrainz.org/ws/2", 0) == 1
    assert service.interval_of("https://beta.musicbrainz.org/ws/2", 0.5) == 1
    assert service.interval_of("https://musicbrainz.org/ws/2", 3) == 3
    assert service.interval_of("https://musicbrainz.org.example.org/ws/2", 0) == 0
