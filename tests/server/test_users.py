"""Users: tokens at rest, who may do what, and that nobody gives a plugin what they have asked for themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from schillinger_plugins import PluginManager
from schillinger_plugins.cli import program
from schillinger_plugins.errors import InputError
from schillinger_plugins.server import Access, Scope, Server, asks
from schillinger_plugins.server.tokens import Tokens

from .conftest import ANY, NO_MANAGER

ASKS = {"permissions": {"network": {"reason": "looks up", "hosts": ["example.org"]}}}


@pytest.fixture
def nosy(manager: PluginManager, write_plugin: Callable[..., Path]) -> str:
    """A plugin that asks for the network, which nobody has granted."""
    folder = write_plugin("nosy", definition=ANY, requires_permissions=["execute", "network"], manifest=ASKS)
    from schillinger_plugins.loader import inspect

    manager.registry.register(inspect(folder, source="path"))
    return "nosy"


def of(server: Server, user: str, scope: Scope = Scope.RUN, *, may_grant: bool = False) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.access.issue(scope, user=user, may_grant=may_grant)}"}


def test_what_is_asked_is_given_by_somebody_else_alone(
    client: httpx.Client, server: Server, manager: PluginManager, nosy: str
) -> None:
    """Asking gives nothing, however often; neither does it who may grant, to themselves; another one does."""
    ada, grace, eve = (
        of(server, "ada", may_grant=True),
        of(server, "grace", may_grant=True),
        of(server, "eve", Scope.MANAGE),
    )

    def create() -> httpx.Response:
        return client.post(f"/api/plugins/{nosy}/instances", headers=ada)

    assert create().json()["title"] == "PermissionDenied"
    ask = client.post(f"/api/plugins/{nosy}/permissions", json={"permission": "network"}, headers=ada)
    assert ask.status_code == 202, ask.text
    assert "example.org" in ask.json()["wants"]
    assert ask.json()["user"] == "ada"
    address = f"/api/plugins/permissions/{ask.json()['id']}/grant"
    assert create().status_code == 403
    own = client.post(address, headers=ada)
    assert (own.status_code, own.json()["title"]) == (403, "OwnQuestion")
    assert client.post(address, headers=of(server, "ada", may_grant=True)).status_code == 403, "another token of hers"
    assert client.post(address, headers=eve).json()["title"] == "MayNotGrant", "managing is no granting"
    assert client.post(address).json()["title"] == "MayNotGrant", "nor is having started the server"
    assert client.delete(address.removesuffix("/grant"), headers=eve).status_code == 403
    assert create().status_code == 403
    assert not manager.permissions.grants(nosy)
    assert client.post(address, headers=grace).status_code == 200
    assert client.post(address, headers=grace).status_code == 404
    assert create().status_code == 201
    assert client.get("/api/plugins/permissions").json()["total"] == 0


def test_questions_that_wait_are_counted(client: httpx.Client, nosy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody fills the server with them; who comes too late is told to come again."""
    monkeypatch.setattr(asks, "MAX_WAITING", 0)
    refused = client.post(f"/api/plugins/{nosy}/permissions", json={"permission": "network"})
    assert (refused.status_code, refused.json()["title"], refused.headers["Retry-After"]) == (503, "Busy", "1")


def test_other_code_than_was_asked_about_gets_nothing(
    client: httpx.Client, server: Server, manager: PluginManager, nosy: str
) -> None:
    """Who answers would say yes to what they have never seen."""
    ask = client.post(f"/api/plugins/{nosy}/permissions", json={"permission": "network"}, headers=of(server, "ada"))
    main = manager.plugins[nosy].root / "main.py"
    main.write_text(main.read_text() + "\n# other\n")
    address = f"/api/plugins/permissions/{ask.json()['id']}/grant"
    refused = client.post(address, headers=of(server, "grace", may_grant=True))
    assert (refused.status_code, refused.json()["title"]) == (409, "Changed")
    assert not manager.permissions.grants(nosy)


@pytest.mark.parametrize(
    "extra", [{"grant": True}, {"permissions": ["network"]}, {"config": {}, "may_grant": True}, {"confirm": "yes"}]
)
def test_no_call_brings_its_permission_along(client: httpx.Client, nosy: str, extra: dict[str, object]) -> None:
    """Whatever is put into the body, the address or the headers of the request that needs it."""
    path = f"/api/plugins/{nosy}/instances"
    assert client.post(path, json=extra).status_code in (403, 422)
    assert client.post(path, params={key: str(value) for key, value in extra.items()}, json={}).status_code == 403
    assert client.post(path, headers={f"X-{key}": str(value) for key, value in extra.items()}).status_code == 403


def test_what_a_plugin_never_asks_for_cant_be_asked_for_it(client: httpx.Client) -> None:
    """Its manifest says what there is to ask."""
    asked = client.post("/api/plugins/gain_node/permissions", json={"permission": "network"})
    assert (asked.status_code, asked.json()["title"]) == (422, "InputError")


def test_tokens_are_kept_as_digests_in_a_file_that_is_the_user_s_alone(tmp_path: Path) -> None:
    """The command shows a token once; a server knows it afterwards, with its user and what they may do."""
    made = CliRunner().invoke(program, ["token", "new", "ada", "--scope", "run", "--grant", "--rate", "2"])
    assert made.exit_code == 0, made.output
    token = made.output.split()[0]
    file = Tokens().path
    assert file.stat().st_mode & 0o777 == 0o600
    assert token not in file.read_text()
    assert json.loads(file.read_text())[0]["user"] == "ada"
    server = Server(NO_MANAGER, port=0, tokens=Tokens())
    known, _ = server.access.admit(token)
    assert known is not None
    assert (known.user, known.scope, known.may_grant, known.per_s) == ("ada", Scope.RUN, True, 2.0)
    server.close()
    file.chmod(0o644)
    with pytest.raises(InputError, match="isn't yours alone"):
        Server(NO_MANAGER, port=0, tokens=Tokens())


def test_a_server_that_runs_follows_who_comes_and_goes(tmp_path: Path) -> None:
    """A token counts from when it is made until it is removed; one that is used up isn't new because of another."""
    access = Access()
    access.follow(Tokens().news)
    ada = Tokens().new("ada", Scope.RUN, requests_per_s=0.2)
    assert access.admit(ada) == (access._find(ada), 0.0)
    grace = Tokens().new("grace", Scope.READ)
    assert access.scope_of(grace) is Scope.READ
    assert access.admit(ada)[1] > 1
    removed = CliRunner().invoke(program, ["token", "remove", "ada"])
    assert removed.exit_code == 0
    assert access.admit(ada) == (None, 0.0)
    assert access.scope_of(grace) is Scope.READ


@pytest.mark.parametrize("harm", ["others may read it", "no list", "no digest", "gone"])
def test_a_file_that_can_t_be_trusted_lets_nobody_in(harm: str) -> None:
    """And those in it are known again when it has been mended; who began the server always is."""
    access, file = Access(), Tokens().path
    owner = access.issue()
    access.follow(Tokens().news)
    ada = Tokens().new("ada", Scope.RUN)
    assert access.scope_of(ada) is Scope.RUN
    sound = file.read_text()
    if harm == "others may read it":
        file.chmod(0o644)
    elif harm == "gone":
        file.unlink()
    else:
        file.write_text("{" if harm == "no list" else sound.replace('"digest": "', '"digest": "z'))
    assert access.scope_of(ada) is None
    assert access.scope_of(owner) is Scope.MANAGE
    file.write_text(sound)
    file.chmod(0o600)
    assert access.scope_of(ada) is Scope.RUN


def test_each_token_has_its_own_rate() -> None:
    """One that may ask twice a second waits for longer than the others."""
    access = Access()
    access.follow(Tokens().news)
    token, slow = access.issue(), Tokens().new("ada", Scope.READ, requests_per_s=0.2)
    assert access.admit(slow)[1] == 0
    assert access.admit(slow)[1] > 1
    assert access.admit(token)[1] == 0


def test_nothing_but_loopback_goes_without_tls() -> None:
    """Unless it is said that something before it speaks TLS."""
    with pytest.raises(InputError, match="for everybody on the way"):
        Server(NO_MANAGER, host="0.0.0.0", port=0, names=["lab"])  # noqa: S104 - refused before it listens
    Server(NO_MANAGER, host="0.0.0.0", port=0, names=["lab"], allow_plain=True).close()  # noqa: S104 - for a moment
