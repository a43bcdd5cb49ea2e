"""What a save costs while the plugin is watched: until its new code serves, with nobody asking for it.

Owns the rows of a plugin that keeps state, and of plugins as `%plugin new` writes them, saved as editors do: the file is
written over, or another put in its place.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.authoring import new
from schillinger_plugins.registry import content_hash

from .instances import CREATING, creating
from .measure import Contender, Figure
from .plugins import managed
from .row import Chapter, Row, compared
from .run import Run

_REST_S = 1.2
_DEADLINE_S = 30.0
_REACH = {CREATING: 3.0}
_KINDS = ("node", "effect", "analysis")

Save = Callable[[Path, str], object]


def _in_place(main: Path, text: str) -> None:
    main.write_text(text, encoding="utf-8")


def _replaced(main: Path, text: str) -> None:
    beside = main.with_name("main.py.tmp")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, main)


_SAVES: dict[str, Save] = {"written over": _in_place, "put in its place": _replaced}


def chapter(run: Run) -> Chapter:
    """Measure them."""
    return Chapter(
        title="Watching",
        how=f"""\
A folder is watched. The clock runs from the moment at which its main file has been saved with a new line to the one at
which it is told that the new code serves; that it does is checked, and so is the state where the plugin keeps some. The
file is *written over*, or another is written beside it and *put in its place*, as most editors do. A save comes at least
{_REST_S:g} s after the one before it in that folder. *node*, *effect* and *analysis* are what `%plugin new` writes. In turns
with them an instance of the same plugin is created; the one that keeps state is called once, too. *9 of 10* and *the worst*
are single saves divided by the median of creating. `python -m tests.bench watching` measures this chapter alone.""",
        rows=(*_counting(run), *_templates(run)),
    )


def _counting(run: Run) -> tuple[Row, ...]:
    with managed("count") as (manager, folder):
        saved = _Saved(manager, folder / "count")
        figures = run.turns(
            "saving while it is watched",
            {"ours": saved.by(_in_place), CREATING: creating(manager, "count")},
            rounds=run.pick(15, 2),
            settle=0,
        )
    return _rows("from a save to new code, state kept", figures["ours"], figures[CREATING])


def _templates(run: Run) -> tuple[Row, ...]:
    contenders: dict[str, Contender] = {}
    with TemporaryDirectory() as place, PluginManager() as manager:
        for kind in _KINDS:
            saved = _Saved(manager, new(f"a_{kind}", kind, Path(place)))
            contenders |= {f"{kind}, {how}": saved.by(save) for how, save in _SAVES.items()}
            contenders[kind] = creating(manager, saved.plugin_id, call=False)
        figures = run.turns("saving what templates wrote", contenders, rounds=run.pick(20, 2), settle=0)
    return tuple(
        row
        for kind in _KINDS
        for how in _SAVES
        for row in _rows(f"from a save to new code: {kind}, {how}", figures[f"{kind}, {how}"], figures[kind])
    )


def _rows(what: str, ours: Figure, theirs: Figure) -> tuple[Row, ...]:
    note = f"9 of 10 within {ours.p90 / theirs.median:.3g}, the worst {ours.largest / theirs.median:.3g}"
    return tuple(replace(row, note=note) for row in compared(what, ours, {CREATING: theirs}, reaches=_REACH))


class _Saved:
    """A plugin that is loaded and watched, with one instance, and saved again and again."""

    def __init__(self, manager: PluginManager, root: Path) -> None:
        self.plugin_id = manager.load(root).id
        self._manager = manager
        self._root = root
        self._instance: Instance = manager.create_instance(self.plugin_id)
        self._numbers = itertools.count(1)
        self._saved_s = time.monotonic()
        manager.watch(self.plugin_id)

    def by(self, save: Save) -> Contender:
        """Save so many times."""
        return lambda times: [self._once(save) for _ in range(times)]

    def _once(self, save: Save) -> float:
        time.sleep(max(0.0, self._saved_s + _REST_S - time.monotonic()))
        keeps = self.plugin_id == "count"
        before = self._instance.execute()["calls"] if keeps else 0
        main = self._root / "main.py"
        text = f"{main.read_text(encoding='utf-8')}\n# saved {next(self._numbers)} times\n"
        serves = threading.Event()
        undo = self._manager.events.subscribe("reloaded", lambda event: serves.set())
        save(main, text)
        begun_s = time.perf_counter()
        if not serves.wait(_DEADLINE_S):
            raise RuntimeError("the save was not seen")
        taken_s = time.perf_counter() - begun_s
        undo()
        self._saved_s = time.monotonic()
        if self._instance.plugin.content_hash != content_hash(self._root):
            raise RuntimeError("something else serves than what was saved")
        if keeps and self._instance.execute()["calls"] != before + 1:
            raise RuntimeError("its state was lost")
        return taken_s
