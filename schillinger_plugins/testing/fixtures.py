"""The fixtures of ``schillinger_plugins.testing``.

Owns which plugin a test is about: the one whose folder its file lies in. Registered by ``pytest_plugins``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..types import Audio, PluginContext
from . import sounds

if TYPE_CHECKING:
    from ..manager import Instance, PluginManager
    from .in_process import Code, PluginInProcess

CONFINED = "SCHILLINGER_CONFINED"
"""Set where tests run in a worker."""


@pytest.fixture
def context(request: pytest.FixtureRequest, tmp_path: Path) -> PluginContext:
    """What the host gives a plugin: configuration from the manifest, a scratch folder, random numbers from the seed 1.

    Examples
    --------
    >>> def test_writes_to_scratch(plugin, context):  # doctest: +SKIP
    ...     plugin.execute()
    ...     assert (context.scratch / "table.csv").exists()
    """
    from ..manifest import Manifest
    from .in_process import folder_of

    folder = folder_of(request.path)
    manifest = Manifest.read(folder)
    return PluginContext(
        plugin_id=manifest.id,
        instance_id="test-1",
        config=manifest.default_config,
        plugin_dir=folder,
        scratch=tmp_path,
        seed=1,
    )


@pytest.fixture(scope="module")
def plugin_code(request: pytest.FixtureRequest) -> Iterator[Code]:
    """The plugin's main file, imported once for the tests of a file, and forgotten after them."""
    from .in_process import Code, folder_of

    code = Code(folder_of(request.path))
    yield code
    code.forget()


@pytest.fixture
def plugin(plugin_code: Code, context: PluginContext) -> Iterator[PluginInProcess]:
    """The plugin of the folder that the test lies in, a new object for each test, in this process.

    Examples
    --------
    >>> def test_twice_as_loud(plugin, tone):  # doctest: +SKIP
    ...     sound = tone()
    ...     louder = plugin.execute({"audio": sound}, {"gain_db": 6.0206})["audio"]
    ...     np.testing.assert_allclose(louder.samples, 2 * sound.samples, rtol=1e-5)
    """
    from .in_process import PluginInProcess

    made = PluginInProcess(plugin_code, context)
    yield made
    made.close()


@pytest.fixture(scope="session")
def schillinger_manager() -> Iterator[PluginManager]:
    """The manager of the confined instances, shared by all tests: its workers are warm."""
    from ..manager import PluginManager

    with PluginManager() as manager:
        yield manager


@pytest.fixture
def confined(request: pytest.FixtureRequest) -> Iterator[Instance]:
    """The plugin in a confined process, as its users have it. Skipped where the tests are confined themselves.

    Examples
    --------
    >>> def test_its_state_outlives_its_process(confined):  # doctest: +SKIP
    ...     before = confined.execute()["count"]
    ...     confined.rest()
    ...     assert confined.execute()["count"] == before + 1
    """
    if os.environ.get(CONFINED):
        pytest.skip("it starts a confined worker, which can't be done inside one: run `pytest` in the plugin's folder")
    from .in_process import folder_of

    manager: PluginManager = request.getfixturevalue("schillinger_manager")
    instance = manager.create_instance(manager.load(folder_of(request.path)).id)
    yield instance
    manager.destroy_instance(instance.id)


@pytest.fixture
def silence() -> Callable[..., Audio]:
    """A maker: ``silence(seconds=0.25, frames=None, channels=1, rate=44100)``."""
    return sounds.silence


@pytest.fixture
def noise() -> Callable[..., Audio]:
    """A maker: ``noise(seconds=0.25, frames=None, channels=1, rate=44100, seed=1, level=0.1)``."""
    return sounds.noise


@pytest.fixture
def tone() -> Callable[..., Audio]:
    """A maker: ``tone(hz=440, seconds=0.25, frames=None, channels=1, rate=44100, level=0.5)``."""
    return sounds.tone


@pytest.fixture
def impulse() -> Callable[..., Audio]:
    """A maker: ``impulse(at=0, seconds=0.25, frames=None, channels=1, rate=44100, level=1)``."""
    return sounds.impulse
