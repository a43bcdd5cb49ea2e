"""What plugins may have together, and what each may ask for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import LimitExceeded, PermissionDenied, PluginExecutionError
from schillinger_plugins.policy import CEILING, Policy

HOLD = "self.kept = np.ones(int(inputs['x']) * 1_000_000 // 8)\nreturn {'y': self.kept.nbytes}"


@pytest.mark.parametrize("limit", sorted(CEILING))
def test_a_plugin_that_asks_for_more_than_any_may_have_is_refused(
    manager: PluginManager, write_plugin: Callable[..., Path], limit: str
) -> None:
    """The refusal names the limit, both figures, where it stands and what allows it; nothing is run."""
    asked = int(CEILING[limit]) + 1
    plugin = write_plugin(main="raise SystemExit", manifest={"limits": {limit: asked}})
    with pytest.raises(PermissionDenied) as caught:
        manager.load(plugin)
    assert f"{limit} {asked:g}" in str(caught.value)
    assert f"ceiling={{'{limit}': {asked:g}}}" in str(caught.value)
    assert caught.value.path == f"$.limits.{limit}"


def test_the_ceiling_is_the_users(write_plugin: Callable[..., Path]) -> None:
    """A policy may set it lower or higher."""
    plugin = write_plugin(manifest={"limits": {"memory_mb": 512}})
    with (
        PluginManager(policy=Policy(ceiling={"memory_mb": 256})) as strict,
        pytest.raises(PermissionDenied, match="memory_mb 512, and no plugin may have more than 256"),
    ):
        strict.load(plugin)


def test_all_plugins_together_have_a_limit(write_plugin: Callable[..., Path]) -> None:
    """When they use more than the policy allows for all, the largest is ended and told so; the others go on."""
    with PluginManager(policy=Policy(total_memory_mb=300)) as manager:
        plugin_id = manager.load(write_plugin(body=HOLD)).id
        small, large = (manager.create_instance(plugin_id) for _ in range(2))
        assert small.execute({"x": 100})["y"]
        with pytest.raises(LimitExceeded, match="all plugins together use") as caught:
            _grow(large)
        assert (caught.value.limit, caught.value.setting) == ("memory", "memory_mb")
        assert small.execute({"x": 100})["y"]
        assert large.execute({"x": 10})["y"]


def _grow(instance: Instance) -> None:
    for size in range(150, 400, 10):
        instance.execute({"x": size})


def test_large_arguments_are_no_files(make: Callable[..., Instance]) -> None:
    """The memory that host and worker share is not counted as the plugin's scratch, however long the call."""
    instance = make("time.sleep(1.2); return {'y': inputs['x']}", manifest={"limits": {"scratch_mb": 8}})
    sound = np.ones(8_000_000, np.float32)
    for _ in range(2):
        assert instance.execute({"x": sound})["y"].nbytes == sound.nbytes


def test_a_flood_of_log_lines_is_ended(make: Callable[..., Instance]) -> None:
    """Who prints more than its rate, for longer than a burst, is told which setting it broke, and can be called again."""
    instance = make("while inputs.get('x'): print('x' * 1000)\nreturn {'y': 1}", manifest={"limits": {"log_kb_s": 64}})
    with pytest.raises(LimitExceeded) as caught:
        instance.execute({"x": True}, limits={"wall_s": 20})
    assert (caught.value.limit, caught.value.setting) == ("output", "log_kb_s")
    assert instance.execute({"x": False})["y"] == 1


def test_a_burst_of_lines_is_no_flood(make: Callable[..., Instance]) -> None:
    """A plugin that tells a lot at once, and then nothing, is left alone."""
    assert make("print('x' * 100, *range(20_000), sep='\\n')\nreturn {'y': 1}").execute()["y"] == 1


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        ("open('/etc/passwd')", "%plugin grant probe file_access --read /etc"),
        ("open('/var/new.txt', 'w')", "%plugin grant probe file_access --write /var"),
        ("socket.create_connection(('192.0.2.1', 80))", "%plugin grant probe network --host"),
    ],
)
def test_a_denial_says_what_would_grant_it(make: Callable[..., Instance], attempt: str, told: str) -> None:
    """A plugin that runs into the wall fails with the permission it lacks, and the line that a user would write."""
    with pytest.raises(PluginExecutionError) as caught:
        make(attempt).execute()
    assert caught.value.exception_type == "PermissionError"
    assert told in str(caught.value)
