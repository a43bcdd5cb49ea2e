"""Discovery: finding plugins against reading their manifests, the least that finding them could be.

Owns the plugins that are made for it: every second one with a definition in its manifest, as the example plugins have, so
1 and 2.4 kB in turns. Ours is `loader.discover`, which reads, parses and checks each manifest in full and looks for its
main file. The peer opens each file, reads it and calls ``json.loads``. Both read from the page cache.
"""

from __future__ import annotations

import gc
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from schillinger_plugins.loader import discover

from .measure import Contender, Figure
from .row import Chapter, Row, compared
from .run import Run

PEER = "one json.loads per file"
COUNTS = (1_000, 10_000)
ROUNDS = {1_000: 11, 10_000: 3}
_LINEAR = 1.2

_EXAMPLE = Path(__file__).parents[2] / "plugins" / "gain_node" / "plugin.json"


def chapter(run: Run) -> Chapter:
    """Measure it."""
    rows: list[Row] = []
    ours: dict[int, Figure] = {}
    for count in COUNTS:
        with tempfile.TemporaryDirectory(prefix="schillinger-bench-") as name:
            folder = Path(name)
            with run.shown(f"writing {count:,} plugins", steps=1):
                write_plugins(folder, count)
            figures = run.turns(
                f"discovering {count:,} plugins",
                {"ours": _repeated(_discovered, folder), PEER: _repeated(_parsed, folder)},
                rounds=run.pick(ROUNDS[count], 1),
                settle=0,
            )
        ours[count] = figures["ours"]
        rows += compared(f"discover {count:,} plugins", ours[count], {PEER: figures[PEER]}, reaches={PEER: 4})
    few, many = COUNTS
    row = Row(
        what=f"discover {many:,} plugins",
        against=f"discover {few:,} plugins",
        ours=ours[many],
        theirs=ours[few],
        ratio=ours[many].median / ours[few].median * few / many,
        reach=_LINEAR,
        note=f"the ratio is of a {many // few}th",
    )
    return Chapter(
        title="Discovery",
        how="""\
Plugins are found in a folder that holds so many, every second one with a definition in its manifest (1 and 2.4 kB
in turns); each manifest is read, parsed and checked in full. The peer lists the folder, reads each `plugin.json`
and calls `json.loads`. Both read from the page cache. Linear means that ten times as many take no more than twelve
times as long.""",
        rows=(*rows, row),
    )


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
    for name in sorted(os.listdir(folder)):
        with open(f"{folder}/{name}/plugin.json", "rb") as file:
            parsed.append(json.loads(file.read()))
    return parsed


def _repeated(act: Callable[[Path], object], folder: Path) -> Contender:
    def contend(times: int) -> list[float]:
        taken_s = []
        for _ in range(times):
            gc.collect()  # what the one before has left must not be collected on this one's account
            begun_s = time.perf_counter()
            result = act(folder)
            taken_s.append(time.perf_counter() - begun_s)
            del result
        return taken_s

    return contend
