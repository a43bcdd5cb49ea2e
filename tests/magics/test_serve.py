"""``%plugin serve``."""

from __future__ import annotations

import httpx

from schillinger_plugins.server import Scope, Server
from schillinger_plugins.server.tokens import Tokens
from tests.conftest import Cell


def test_what_a_notebook_has_is_served_until_it_stops(cell: Cell) -> None:
    """The same instances, at one address; what is shown holds no token, since a notebook keeps what it shows."""
    server, shown, error = cell("server = %plugin serve\nserver")
    assert error is None
    assert isinstance(server, Server)
    assert server.url in shown
    assert server.token not in shown
    assert cell("%plugin serve")[0] is server
    cell("r = %plugin run resultant_rhythm a=3 b=2")
    headers = {"Authorization": f"Bearer {server.token}"}
    status = httpx.get(f"{server.url}/api/plugins/system/status", headers=headers, trust_env=False).json()
    assert [one["plugin_id"] for one in status["instances"]] == ["resultant_rhythm"]
    assert "served no more" in cell("%plugin serve stop")[1]
    assert "nothing is served" in cell("%plugin serve stop")[1]


def test_users_have_their_tokens_here_too(cell: Cell) -> None:
    """Those that `schillinger token new` has made."""
    token = Tokens().new("ada", Scope.READ)
    server, _, error = cell("server = %plugin serve\nserver")
    assert error is None
    known, _ = server.access.admit(token)
    assert known is not None
    assert (known.user, known.scope) == ("ada", Scope.READ)
    cell("%plugin serve stop")


def test_plugins_are_taken_only_if_that_is_asked_for(cell: Cell) -> None:
    """By a server that is begun so: one that is there already isn't opened to code behind anybody's back."""
    assert not cell("server = %plugin serve\nserver")[0].allows_upload
    _, printed, error = cell("%plugin serve --allow-upload")
    assert error is not None
    assert "without --allow-upload" in printed
    cell("%plugin serve stop")
    assert cell("server = %plugin serve --allow-upload\nserver")[0].allows_upload
    cell("%plugin serve stop")


def test_other_words_are_refused(cell: Cell) -> None:
    """With what there is."""
    _, printed, error = cell("%plugin serve everything")
    assert error is not None
    assert "takes --port N, --allow-upload or stop" in printed
