"""Discovery: finding plugins against reading their manifests, the least that finding them could be.

Owns the plugins that are made for it: every second one with a definition in its manifest, as the example plugins have, so
1 and 2.4 kB in turns. Ours is `loader.discover`, which reads, parses and checks each manifest in full and looks for its
main file. The peer opens each file, reads it and calls ``json.loads``. Both read from the page cache.
"""

from __future__ import annotations

import gc
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from schillinger_plugins.loader import discover

PEER = "one json.loads per file"
COUNTS = (1_000, 10_000)
ROUNDS = {1_000: 15, 10_000: 5}

_EXAMPLE = Path(__file__).parents[2] / "plugins" / "gain_node" / "plugin.json"


def rows() -> list[tuple[str, float, str, float]]:
    """What, our seconds, the peer, its seconds; medians of rounds in which the two take turns. Takes about half a minute."""
    found = []
    for count in COUNTS:
        with tempfile.TemporaryDirectory(prefix="schillinger-bench-") as name:
            folder = Path(name)
            write_plugins(folder, count)
            ours: list[float] = []
            theirs: list[float] = []
            for number in range(ROUNDS[count] + 1):
                taken_s = _seconds(lambda: _discovered(folder)), _seconds(lambda: _parsed(folder))
                if number:  # the first fills the page cache
                    ours.append(taken_s[0])
                    theirs.append(taken_s[1])
        found.append((f"discover {count:,} plugins", statistics.median(ours), PEER, statistics.median(theirs)))
    return found


def write_plugins(folder: Path, count: int) -> None:
    """Write `count` plugins, every second one with a definition."""
    text = _EXAMPLE.read_text()
    for number in range(count):
        manifest: dict[str, Any] = json.loads(text)
        manifest["id"] = f"plugin_{number:05}"
        manifest["metadata"].update(name=f"Plugin {number}", version=f"{number % 7}.{number % 11}.{number % 13}")
        if number % 2:
            del manifest["definition"]
        root = folder / manifest["id"]
        root.mkdir()
        (root / "plugin.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False))
        (root / "main.py").write_text("")


def _discovered(folder: Path) -> object:
    records = discover([folder], everywhere=False)
    assert all(record.error is None for record in records)
    return records


def _parsed(folder: Path) -> object:
    parsed = []
    for path in sorted(folder.iterdir()):
        with open(f"{path}/plugin.json", "rb") as file:
            parsed.append(json.loads(file.read()))
    return parsed


def _seconds(act: Callable[[], object]) -> float:
    # What the one before has left must not be collected on this one's account.
    gc.collect()
    begun = time.perf_counter()
    result = act()
    taken = time.perf_counter() - begun
    del result
    return taken


if __name__ == "__main__":
    for what, ours_s, peer, theirs_s in rows():
        print(f"{what}: {ours_s * 1e3:.0f} ms; {peer}: {theirs_s * 1e3:.0f} ms; ratio {ours_s / theirs_s:.2f}")
