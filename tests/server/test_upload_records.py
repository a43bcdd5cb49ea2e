"""What the journal knows of plugins that are sent: who sent which code, and who was refused, before they were answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.journal import Journal, Retention
from schillinger_plugins.loader import user_folder
from schillinger_plugins.server import Scope, Server, uploads

from .test_uploads import ZIP, archive, manifest

Enter = Callable[..., httpx.Client]


@pytest.fixture(params=[True])
def served(request: pytest.FixtureRequest, own_places: None) -> Iterator[Server]:
    """A server whose manager writes a journal, and which takes plugins unless it is told not to."""
    with PluginManager(retention=Retention()) as manager:
        server = Server(manager, port=0, allow_upload=request.param)
        server.start()
        yield server
        server.stop()


@pytest.fixture
def enter(served: Server) -> Iterator[Enter]:
    """A user's client."""
    clients: list[httpx.Client] = []

    def enter(user: str, scope: Scope = Scope.MANAGE) -> httpx.Client:
        headers = {"Authorization": f"Bearer {served.access.issue(scope, user=user)}", **ZIP}
        clients.append(httpx.Client(base_url=served.url, headers=headers, timeout=30, trust_env=False))
        return clients[-1]

    yield enter
    for client in clients:
        client.close()


def told() -> list[tuple[str, ...]]:
    """Of each upload: who, what, and which code."""
    found = [one for one in Journal().happenings() if one.name == "uploaded"]
    return [(one.user, one.plugin_id, one.version, one.content_hash, one.detail) for one in found]


def denied() -> list[tuple[str, str, str]]:
    """Of each refusal: who, which plugin as far as that is known, and why."""
    assert {one.permission for one in Journal().denials()} <= {"upload"}
    return [(one.user, one.plugin_id, one.target.partition(":")[0]) for one in Journal().denials()]


def test_who_sent_which_code_is_in_the_journal_when_it_is_answered(served: Server, enter: Enter) -> None:
    """With id, version and hash of what was sent, not of what is loaded of that plugin."""
    ada, grace = enter("ada"), enter("grace")
    first = ada.post("/api/plugins", content=archive()).json()
    assert told() == [("ada", "sent", "1.0.0", first["content_hash"], "{}")]
    assert ada.post("/api/plugins/sent/instances", json={}, headers={"Content-Type": "application/json"}).is_success
    newer = json.loads(manifest())["metadata"] | {"version": "2.0.0"}
    second = grace.post("/api/plugins?replace=true", content=archive(word="two", metadata=newer)).json()
    assert told()[1:] == [("grace", "sent", "2.0.0", second["content_hash"], "{}")]
    assert second["content_hash"] != first["content_hash"]
    assert denied() == []


def test_an_upload_is_told_to_who_listens(served: Server, enter: Enter) -> None:
    """With the same words, as any other event."""
    manager: PluginManager = served.app.state.manager
    heard: list[tuple[str, str, object]] = []
    manager.events.subscribe("uploaded", lambda e: heard.append((e.user, e.plugin_id, e.data["content_hash"])))
    sent = enter("ada").post("/api/plugins", content=archive()).json()
    assert heard == [("ada", "sent", sent["content_hash"])]


def test_a_package_that_is_refused_is_a_denial(served: Server, enter: Enter) -> None:
    """Of a flaw, of an id that is taken, and of a form that isn't read; nothing was uploaded then."""
    eve = enter("eve")
    eve.post("/api/plugins", content=b"import os")
    eve.post("/api/plugins", content=archive(id="gain_node"))
    eve.post("/api/plugins", content=b"{}", headers={"Content-Type": "application/json"})
    assert denied() == [
        ("eve", "", "PackageError"),
        ("eve", "gain_node", "AlreadyThere"),
        ("eve", "", "UnsupportedMediaType"),
    ]
    assert told() == []


def test_who_may_not_upload_is_a_denial(served: Server, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a minute for each user and reason: who asks over and over pushes no other denial out."""
    eve, bob = enter("eve", Scope.RUN), enter("bob", Scope.READ)
    for client in (eve, eve, bob, eve):
        assert client.post("/api/plugins", content=archive()).status_code == 403
    assert denied() == [("eve", "", "ScopeTooNarrow"), ("bob", "", "ScopeTooNarrow")]
    proxied = {"X-Forwarded-For": "192.0.2.7"}
    assert enter("ada").post("/api/plugins", content=archive(), headers=proxied).status_code == 403
    assert denied()[2:] == [("ada", "", "NotThisMachine")]
    monkeypatch.setattr(uploads, "SAME_AGAIN_S", 0.0)
    assert eve.post("/api/plugins", content=archive()).status_code == 403
    assert len(denied()) == 4


@pytest.mark.parametrize("served", [False], indirect=True)
def test_sending_where_that_is_switched_off_is_a_denial(served: Server, enter: Enter) -> None:
    """Somebody tried."""
    assert enter("ada").post("/api/plugins", content=archive()).status_code == 403
    assert denied() == [("ada", "", "UploadsOff")]


def test_an_upload_that_is_refused_says_nothing_of_what_was_asked_about(served: Server, enter: Enter) -> None:
    """Since when somebody is known to have been asked for a permission is another matter."""
    manager: PluginManager = served.app.state.manager
    headers = {"Authorization": f"Bearer {served.token}", **ZIP}
    owner = httpx.Client(base_url=served.url, headers=headers, trust_env=False)
    with owner:
        assert owner.post("/api/plugins", content=archive(id="gain_node")).status_code == 409
    assert len(Journal().denials(plugin_id="gain_node")) == 1
    assert manager.permissions.known_since("gain_node") == ""
    assert not (user_folder() / "gain_node").exists()
