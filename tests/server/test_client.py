"""The client in Python: what is there is as if it were here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from schillinger_plugins import Audio, PluginManager, errors
from schillinger_plugins.client import Client, RemoteInstance
from schillinger_plugins.errors import ServerError
from schillinger_plugins.server import Server
from schillinger_plugins.types import Figure

from .conftest import ANY


@pytest.fixture
def there(server: Server, manager: PluginManager) -> Iterator[Client]:
    """A client of the server."""
    with Client(server.url, server.token) as client:
        yield client


@pytest.fixture
def probe(there: Client, manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[[str], RemoteInstance]:
    """An instance there, of a plugin whose ``execute`` has this body."""

    def probe(body: str) -> RemoteInstance:
        manager.load(write_plugin(body=body, definition=ANY))
        return there.create_instance("probe")

    return probe


def test_values_cross_both_ways_unchanged(probe: Callable[[str], RemoteInstance]) -> None:
    """Sounds, arrays, bytes and plain values, nested ones, too."""
    instance = probe("return {'y': {'all': [inputs['audio'], inputs['table'], inputs['data'], inputs['x']]}}")
    samples = np.random.default_rng(1).normal(size=(2, 777)).astype(np.float32)
    table = np.arange(6, dtype=np.int16).reshape(2, 3)
    given = {"audio": Audio(samples, 44100), "table": table, "data": b"\x00\x01", "x": {"deep": [1, "two", None]}}
    sound, array, data, plain = instance.execute(given)["y"]["all"]
    assert np.array_equal(sound.samples, samples)
    assert sound.sample_rate == 44100
    assert np.array_equal(array, table)
    assert array.dtype == np.int16
    assert (data, plain) == (b"\x00\x01", {"deep": [1, "two", None]})


def test_a_file_here_is_sent(there: Client, tmp_path: Path) -> None:
    """A path is read by the client: the server reads none."""
    import soundfile

    soundfile.write(tmp_path / "half.wav", np.full(100, 0.5), 8000)
    result = there.create_instance("gain_node").execute({"audio": tmp_path / "half.wav"}, {"gain_db": 6.0206})
    assert np.allclose(result["audio"].samples, 1.0, atol=1e-4)
    assert result.provenance["parameters"]["gain_db"] == 6.0206
    assert result.stats["wall_s"] > 0


def test_figures_are_figures(there: Client, manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """With their words."""
    svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>"
    body = f"from schillinger_plugins.types import Figure\nreturn {{'y': Figure.svg({svg!r}, alt='nothing')}}"
    manager.load(write_plugin(body=body, definition={**ANY, "outputs": [{"name": "y", "type": "figure"}]}))
    figure = there.create_instance("probe").execute()["y"]
    assert isinstance(figure, Figure)
    assert figure.alt == "nothing"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("raise KeyError('tempo')", errors.PluginExecutionError),
        ("import os; os.abort()", errors.WorkerCrashed),
        ("while True: pass", errors.LimitExceeded),
        ("return 1", errors.DefinitionError),
    ],
)
def test_what_fails_there_raises_here(
    probe: Callable[[str], RemoteInstance], body: str, kind: type[errors.PluginError]
) -> None:
    """The same class, with what it knows; also of a run that nobody waited for."""
    instance = probe(body)
    with pytest.raises(kind) as caught:
        instance.execute(limits={"wall_s": 0.3})
    assert caught.value.plugin_id == "probe"
    if isinstance(caught.value, errors.PluginExecutionError):
        assert "raise KeyError('tempo')" in caught.value.traceback_text
    run = instance.start(limits={"wall_s": 0.3})
    while run.details()["state"] == "running":
        pass
    with pytest.raises(kind):
        run.result()


def test_unknown_names_and_wrong_values_are_named(there: Client) -> None:
    """As in a notebook."""
    with pytest.raises(errors.UnknownPlugin, match="did you mean 'gain_node'"):
        there.plugin("gain_nod")
    gain, silence = there.create_instance("gain_node"), Audio(np.zeros((1, 1), np.float32), 8000)
    with pytest.raises(errors.InputError, match="above the maximum") as caught:
        gain.execute({"audio": silence}, {"gain_db": 600})
    assert caught.value.path == "$.parameters.gain_db"


def test_a_run_is_followed_and_cancelled(probe: Callable[[str], RemoteInstance]) -> None:
    """And says that it was."""
    run = probe("await asyncio.sleep(60)").start()
    assert run.details()["state"] == "running"
    with pytest.raises(ServerError, match="is running"):
        run.result()
    run.cancel()
    with pytest.raises(ServerError, match="is cancelled"):
        run.result()


def test_what_happens_there_is_heard(there: Client, manager: PluginManager) -> None:
    """Until one has heard enough."""
    heard = there.events("instance_created")
    kinds = []
    with Client(str(there._http.base_url), there._http.headers["Authorization"].split()[1]) as other:
        listening = threading.Event()

        def listen() -> None:
            for event in heard:
                kinds.append(event)
                return

        thread = threading.Thread(target=lambda: (listening.set(), listen()))
        thread.start()
        listening.wait(10)
        while thread.is_alive():  # until it has been heard: it may not listen yet
            other.create_instance("resultant_rhythm").destroy()
    assert kinds[0]["event"] == "instance_created"
    assert kinds[0]["plugin_id"] == "resultant_rhythm"


def test_all_plugins_come_whatever_the_page(there: Client, manager: PluginManager) -> None:
    """And those of a type."""
    assert [plugin["id"] for plugin in there.plugins()] == list(manager.plugins)
    assert {plugin["plugin_type"] for plugin in there.plugins("effect")} == {"EFFECT"}


def test_a_server_that_is_not_there_is_said(there: Client) -> None:
    """With what to look at; and so is a token that isn't known."""
    with Client("http://127.0.0.1:1", "x" * 43) as nobody, pytest.raises(ServerError, match="doesn't answer"):
        nobody.status()
    with (
        Client(str(there._http.base_url), "x" * 43) as stranger,
        pytest.raises(ServerError, match="no token") as caught,
    ):
        stranger.status()
    assert caught.value.status == 401
