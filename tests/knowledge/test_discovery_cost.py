"""What finding plugins costs, counted instead of timed: each file is opened once, twice as many cost twice as much."""

from __future__ import annotations

import gc
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import schillinger_plugins
from schillinger_plugins.loader import discover

COUNTED = """
import json, sys
from pathlib import Path
from schillinger_plugins.loader import discover

events, calls, counting = {}, 0, False

def hook(event, arguments):
    if counting:
        events[event] = events.get(event, 0) + 1

def profile(frame, event, argument):
    global calls
    calls += event in ("call", "c_call")

sys.addaudithook(hook)
found = []
discover([Path(sys.argv[1])], everywhere=False)  # what is imported at first use has been
for folder in sys.argv[1:]:
    events.clear()
    calls, counting = 0, True
    sys.setprofile(profile)
    records = discover([Path(folder)], everywhere=False)
    sys.setprofile(None)
    counting = False
    assert all(record.error is None for record in records)
    found.append({"plugins": len(records), "open": events.get("open", 0), "events": sum(events.values()), "calls": calls})
print(json.dumps(found))
"""
DEFINITION = {
    "type": "n",
    "label": "N",
    "inputs": [{"name": "audio", "type": "audio"}],
    "outputs": [{"name": "y", "type": "number", "unit": "Hz"}],
    "parameters": [{"name": "gain_db", "type": "number", "min": -96, "max": 24, "unit": "dB"}],
}


def test_each_plugin_is_opened_once_and_cost_is_linear(make_plugin: Any, tmp_path: Path) -> None:
    """One file is opened for a plugin, and the calls that are made, of Python's and of C's, grow as the plugins do."""
    counts = (50, 100, 200)
    for count in counts:
        for number in range(count):
            more = {"definition": DEFINITION} if number % 2 else {}
            make_plugin(f"plugin_{number}", within=tmp_path / str(count), **more)
    environment = {**os.environ, "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1])}
    folders = [str(tmp_path / str(count)) for count in counts]
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, *folders],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = json.loads(done.stdout)
    assert [one["plugins"] for one in found] == list(counts)
    for one in found:
        assert one["open"] == one["plugins"]
        assert one["events"] <= one["plugins"] + 10
    first, second = (b["calls"] - a["calls"] for a, b in itertools.pairwise(found))
    assert second == pytest.approx(2 * first, rel=0.05)
    assert second / 100 < 200  # calls for one plugin


def test_folders_that_are_no_plugins_are_passed_over(make_plugin: Any, tmp_path: Path) -> None:
    """Files, empty folders and links to them are no plugins; a link to a plugin is one, under its own name."""
    home = tmp_path / "many"
    plugin = make_plugin("real", within=tmp_path / "elsewhere")
    home.mkdir()
    (home / "empty").mkdir()
    (home / "plugin.txt").write_text("")
    (home / "link").symlink_to(home / "empty")
    (home / "gone").symlink_to("nowhere")
    (home / "linked").symlink_to(plugin)
    (record,) = discover([home], everywhere=False)
    assert (record.id, record.root) == ("real", plugin)


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_left_as_it_was(make_plugin: Any, tmp_path: Path, was_on: bool) -> None:
    """Garbage is collected afterwards as it was before, whatever was found."""
    make_plugin("broken", within=tmp_path / "x", text="{")
    try:
        (gc.enable if was_on else gc.disable)()
        discover([tmp_path / "x"], everywhere=False)
        assert gc.isenabled() is was_on
    finally:
        gc.enable()
