"""What a plugin logs, as it arrives at the host."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from schillinger_plugins import Instance, PluginManager


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ("info('found %d beats', 3)", "INFO found 3 beats"),
        ("debug('x')", "DEBUG x"),
        ("info('done', extra={'bpm': 120.5, 'key': 'C major'})", 'INFO done bpm=120.5 key="C major"'),
        ("warning('odd', extra={'it': object})", "WARNING odd it=<class 'object'>"),
    ],
)
def test_a_log_line_has_level_message_and_extras(
    make: Callable[..., Instance], manager: PluginManager, call: str, line: str
) -> None:
    """In this order, the extras as JSON where they can be."""
    instance = make(f"self.context.log.{call}\nreturn {{'y': 0}}")
    instance.execute()
    assert line in [said.text for said in manager.logs(instance.plugin_id)]
