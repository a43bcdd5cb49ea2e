"""The lookup against a server on loopback that answers in the service's shape, and against ones that don't."""

from __future__ import annotations

import http.server
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import PermissionDenied, PluginExecutionError
from schillinger_plugins.journal import Journal
from schillinger_plugins.result import Result

FOLDER = Path(__file__).parents[1]
sys.path.insert(0, str(FOLDER))
try:
    import musicbrainz_records as records
    import musicbrainz_service as service
finally:
    sys.path.remove(str(FOLDER))


def may_listen() -> bool:
    """Whether there can be a server on loopback: not where plugins run, and not where `schillinger test` runs this."""
    try:
        with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler):
            return True
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not may_listen(), reason="it needs a server: run `pytest` in the plugin's folder")

MBID = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"
CONTACT = "tests@example.org"


def recording(title: str, score: int, length: int | None = 355_000, **more: Any) -> dict[str, Any]:
    """A recording as a search answers it."""
    return {
        "id": MBID,
        "score": score,
        "title": title,
        "length": length,
        "video": None,
        "artist-credit": [
            {"name": "Ella", "joinphrase": " & ", "artist": {"id": MBID, "name": "Ella Fitzgerald", "sort-name": "F"}},
            {"name": "Louis Armstrong", "artist": {"id": MBID, "name": "Louis Armstrong", "sort-name": "A"}},
        ],
        "first-release-date": "1956-10",
        "releases": [{"id": MBID, "title": "Ella and Louis", "status": "Official", "date": "1956", "country": "US"}],
        "isrcs": ["USPR35600001"],
        **more,
    }


def answer(*found: Any, **more: Any) -> dict[str, Any]:
    return {"created": "2026-11-20T10:00:00.000Z", "count": len(found), "offset": 0, "recordings": list(found), **more}


@dataclass
class Server:
    """What it is to answer, one after the other (the last one again and again), and what it was asked."""

    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    port: int = 0

    def says(self, data: Any, *, status: int = 200, **headers: str) -> None:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}, body))

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.asked[-1][0]).query)


@pytest.fixture
def server() -> Iterator[Server]:
    """A web service on loopback."""
    state = Server()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.times_s.append(time.monotonic())
            state.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, headers, body = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as served:
        state.port = served.server_port
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        served.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginManager]:
    """A manager with a journal of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.delenv("SCHILLINGER_PLUGIN_PATH", raising=False)
        patch.delenv("SCHILLINGER_JOURNAL", raising=False)
        with PluginManager() as manager:
            yield manager


@pytest.fixture
def lookup(manager: PluginManager, server: Server, tmp_path: Path) -> Iterator[Callable[..., Result]]:
    """Run the plugin against the server, which is granted to it."""
    manager.permissions.journal = Journal(tmp_path / "journal.sqlite")
    manager.grant("musicbrainz_lookup", "network", hosts=[f"127.0.0.1:{server.port}"])
    made: list[Instance] = []

    def run(config: dict[str, Any] | None = None, **parameters: Any) -> Result:
        if not made or config is not None:
            base = {"base_url": f"http://127.0.0.1:{server.port}/ws/2", "contact": CONTACT, "interval_s": 0}
            made.append(manager.create_instance("musicbrainz_lookup", {**base, **(config or {})}))
        return made[-1].execute({}, parameters)

    yield run
    manager.unload("musicbrainz_lookup")


def test_a_search_finds_the_best_match(server: Server, lookup: Callable[..., Result]) -> None:
    """From the request to the record, through the broker."""
    server.says(answer(recording("Cheek to Cheek", 70), recording("Cheek to Cheek", 100)))
    result = lookup(title="Cheek to Cheek", artist='Ella "First Lady"', limit=5)
    path, headers = server.asked[0]
    assert urlsplit(path).path == "/ws/2/recording"
    assert server.query == {
        "query": ['recording:"Cheek to Cheek" AND artist:"Ella \\"First Lady\\""'],
        "limit": ["5"],
        "fmt": ["json"],
    }
    assert headers["user-agent"] == f"{service.AGENT} ( {CONTACT} )"
    assert (result["mbid"], result["title"], result["artist"]) == (MBID, "Cheek to Cheek", "Ella & Louis Armstrong")
    assert result["best"]["duration_s"] == 355.0
    assert result["best"]["date"] == "1956-10"
    assert result["best"]["isrcs"] == ["USPR35600001"]
    assert result["best"]["releases"][0]["country"] == "US"
    assert result["best"]["url"] == f"http://127.0.0.1:{server.port}/recording/{MBID}"
    assert [match["score"] for match in result["matches"]] == [100, 70]
    assert (result["is_ambiguous"], result["count"]) == (False, 2)


def test_matches_that_are_nearly_as_good_are_told(server: Server, lookup: Callable[..., Result]) -> None:
    """Who takes the best without a look is warned; the nearest duration decides between equals."""
    server.says(answer(recording("Live", 100, 500_000), recording("Studio", 100, 301_000), recording("?", 95, None)))
    result = lookup(title="x", duration_s=300)
    assert result["is_ambiguous"]
    assert [match["title"] for match in result["matches"]] == ["Studio", "Live", "?"]
    assert [match["title"] for match in lookup(title="x", min_score=96)["matches"]] == ["Live", "Studio"]


def test_an_isrc_is_searched_without_its_hyphens(server: Server, lookup: Callable[..., Result]) -> None:
    """However it is written."""
    server.says(answer(recording("One", 100)))
    assert lookup(isrc="us-pr3-56-00001")["title"] == "One"
    assert server.query["query"] == ['isrc:"USPR35600001"']


@pytest.mark.parametrize(
    ("entity", "includes", "said", "expected"),
    [
        ("recording", "artist-credits releases isrcs", recording("One", 0), {"artist": "Ella & Louis Armstrong"}),
        (
            "artist",
            None,
            {"id": MBID, "name": "Ella", "sort-name": "Ella", "type": "Person", "life-span": {"begin": "1917-04-25"}},
            {"title": "Ella", "begin": "1917-04-25", "end": None, "type": "Person"},
        ),
        (
            "release",
            "artist-credits labels",
            {
                "id": MBID,
                "title": "A",
                "barcode": "1",
                "label-info": [{"catalog-number": "V", "label": {"name": "Verve"}}],
            },
            {"labels": [{"label": "Verve", "catalog_number": "V"}], "barcode": "1"},
        ),
    ],
)
def test_an_mbid_is_looked_up(
    server: Server, lookup: Callable[..., Result], entity: str, includes: str | None, said: Any, expected: Any
) -> None:
    """Exactly that one, with what belongs to it."""
    server.says(said)
    result = lookup(entity=entity, mbid=MBID.upper())
    assert urlsplit(server.asked[0][0]).path == f"/ws/2/{entity}/{MBID}"
    assert server.query.get("inc") == ([includes] if includes else None)
    assert {name: result["best"][name] for name in expected} == expected
    assert result["best"]["score"] == 100


@pytest.mark.parametrize("parameters", [{"mbid": MBID}, {"title": "nowhere"}])
def test_what_is_not_there_is_no_error(
    server: Server, lookup: Callable[..., Result], parameters: dict[str, str]
) -> None:
    """No match, and nothing that could be taken for one."""
    if "mbid" in parameters:
        server.says({"error": "Not Found"}, status=404)
    else:
        server.says(answer())
    result = lookup(**parameters)
    assert (result["matches"], result["best"], result["mbid"], result["count"]) == ([], {}, None, 0)
    assert not result["is_ambiguous"]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({}, "nothing to look for: give mbid or title or artist or release or isrc"),
        ({"entity": "artist", "title": "x"}, "give mbid or artist"),
        ({"mbid": "../../recording"}, "is no MBID"),
        ({"isrc": "12"}, "is no ISRC"),
    ],
)
def test_what_can_not_be_asked_is_not(
    server: Server, lookup: Callable[..., Result], parameters: dict[str, str], says: str
) -> None:
    """The remedy is told, and the service is left in peace."""
    with pytest.raises(PluginExecutionError, match=says):
        lookup(**parameters)
    assert not server.asked


@pytest.mark.parametrize("contact", ["", "me", "me@example.org\r\nX: 1", "a b@example.org"])
def test_nothing_is_asked_without_a_contact(server: Server, lookup: Callable[..., Result], contact: str) -> None:
    """The service blocks who doesn't say whom to write to."""
    with pytest.raises(PluginExecutionError, match="whom to write to"):
        lookup({"contact": contact}, title="x")
    assert not server.asked


def test_requests_keep_their_distance(server: Server, lookup: Callable[..., Result]) -> None:
    """From call to call, also of instances that follow one another."""
    server.says(answer())
    lookup({"interval_s": 0.2}, title="x")
    lookup(title="x")
    lookup({"interval_s": 0.2}, title="x")
    assert all(later - earlier > 0.15 for earlier, later in pairwise(server.times_s))
    assert len(server.times_s) == 3


def test_retry_after_is_honoured(server: Server, lookup: Callable[..., Result]) -> None:
    """A busy service is asked again when it says so, and not before."""
    server.says(b"", status=503, Retry_After="1")
    server.says(answer(recording("One", 100)))
    assert lookup(title="x")["title"] == "One"
    assert server.times_s[1] - server.times_s[0] > 0.9


def test_a_service_that_stays_busy_is_left_in_peace(server: Server, lookup: Callable[..., Result]) -> None:
    """After four times, or at once if it wants to be left for long."""
    server.says(b"", status=503, Retry_After="0")
    with pytest.raises(PluginExecutionError, match="MusicBrainz is busy"):
        lookup(title="x")
    assert len(server.asked) == service.TRIES
    server.answers[:] = [(503, {"Retry-After": "3600"}, b"")]
    with pytest.raises(PluginExecutionError, match="try again in 3600 s"):
        lookup(title="x")
    assert len(server.asked) == service.TRIES + 1


def test_the_services_own_words_are_told(server: Server, lookup: Callable[..., Result]) -> None:
    """When it refuses a request."""
    server.says({"error": "Invalid query.", "help": "see the documentation"}, status=400)
    with pytest.raises(PluginExecutionError, match=r"status 400: Invalid query\."):
        lookup(title="x")


def test_a_host_that_was_not_granted_is_refused(server: Server, lookup: Callable[..., Result]) -> None:
    """Also if somebody has configured it: the broker's words, with the line that grants it, come through."""
    with pytest.raises(
        PluginExecutionError, match=r"PermissionError.*%plugin grant musicbrainz_lookup network"
    ) as caught:
        lookup({"base_url": "https://example.org/ws/2"}, title="x")
    assert "example.org" in str(caught.value)


def test_offline_is_said_clearly(manager: PluginManager, server: Server, lookup: Callable[..., Result]) -> None:
    """No traceback of sockets, but what to do."""
    port = _closed_port()
    manager.unload("musicbrainz_lookup")
    manager.grant("musicbrainz_lookup", "network", hosts=[f"127.0.0.1:{port}"])
    with pytest.raises(PluginExecutionError, match=r"MusicBrainz can't be reached.*check the connection"):
        lookup({"base_url": f"http://127.0.0.1:{port}/ws/2"}, title="x")


def test_without_a_grant_it_is_not_loaded(manager: PluginManager, tmp_path: Path) -> None:
    """And the line that grants it is told."""
    manager.permissions.journal = Journal(tmp_path / "empty.sqlite")
    with pytest.raises(PermissionDenied, match=r"musicbrainz\.org.*%plugin grant musicbrainz_lookup network"):
        manager.load("musicbrainz_lookup")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>maintenance</html>", "no JSON, but '<html>"),
        (b"[1, 2]", "a list, not an object"),
        (b"{}", "without a list of recordings"),
        (b'{"recordings": {"id": 1}}', "without a list of recordings"),
        (b'{"a":' * 100_000, "no JSON"),
        (b" " * (records.MAX_BYTES + 1), "at most 8 are read"),
        (b"\xff\xfe", "no JSON"),
    ],
)
def test_nonsense_is_an_error_and_the_next_call_works(
    server: Server, lookup: Callable[..., Result], body: bytes, says: str
) -> None:
    """Whatever it is, in words."""
    server.says(body)
    with pytest.raises(PluginExecutionError, match=says):
        lookup(title="x")
    server.answers[:] = []
    server.says(answer(recording("One", 100)))
    assert lookup(title="x")["title"] == "One"


def _closed_port() -> int:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as closed:
        return closed.server_port
