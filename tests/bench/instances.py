"""What an instance costs: to create, to reload, and to have beside many others.

Owns the rows of creating and reloading, and the plot against the number of instances. What it costs to create one is also
what ``watching`` compares with.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path

from schillinger_plugins import Instance, PluginManager

from .measure import Action, Contender, Figure, repeated
from .peers import fresh_interpreter
from .plugins import managed, write
from .row import Chapter, Plot, Row, compared
from .run import Run

NUMPY = "import numpy"
LIBROSA = """
import librosa, pyloudnorm, scipy.fft, scipy.interpolate, scipy.ndimage, scipy.signal, scipy.stats, soundfile, soxr
import librosa.beat, librosa.core, librosa.decompose, librosa.effects, librosa.feature, librosa.feature.rhythm
import librosa.onset, librosa.segment, librosa.sequence, librosa.util
"""
"""The libraries that the audio zygote imports."""

AUDIO = "from schillinger_plugins.worker.preload import preload; preload('audio', lambda fraction, message: None)"
"""The same, its kernels read from the cache and run once: what a worker begins with."""

CREATING = "creating an instance"
_NUMBERS = (1, 2, 5, 10, 20, 50, 100, 200)


def chapter(run: Run) -> Chapter:
    """Measure them."""
    return Chapter(
        title="Instances",
        how="""\
An instance is created of a plugin that has been imported before, and is called once, to see that it works; it is
destroyed outside of what is measured. A *fresh interpreter* is `python -I -c` with the same imports: NumPy, or what
the zygote for audio has in memory: librosa and its kin; *and its kernels* has numba's kernels read from the cache
and each of them called once besides, as that zygote has them. A *reload* follows the main file being written with a
new line; its one instance keeps its state, which is checked, and is called once. The plot has so many instances of
one plugin alive, all but the one that is measured idle.""",
        rows=(*_base(run), *_audio(run), *_reload(run)),
        plots=(_against_number(run),),
    )


def _base(run: Run) -> tuple[Row, ...]:
    with managed("nothing") as (manager, _):
        figures = run.turns(
            "creating an instance",
            {"ours": creating(manager, "nothing"), NUMPY: repeated(fresh_interpreter(NUMPY))},
            rounds=run.pick(30, 3),
        )
    return compared("create an instance (NumPy)", figures["ours"], {"a fresh interpreter, NumPy": figures[NUMPY]})


def _audio(run: Run) -> tuple[Row, ...]:
    peers = {
        "a fresh interpreter, librosa": fresh_interpreter(LIBROSA),
        "a fresh interpreter, librosa and its kernels": fresh_interpreter(AUDIO),
    }
    with managed("listen") as (manager, _):
        figures = run.turns(
            "creating an instance with librosa",
            {"ours": creating(manager, "listen"), **{name: _once(repeated(start)) for name, start in peers.items()}},
            rounds=run.pick(3, 1),
            burst=run.pick(10, 3),
            settle=0,
        )
    ours = figures.pop("ours")
    return compared("create an instance (librosa)", ours, figures, reaches=dict.fromkeys(peers, 1 / 200))


def _once(contender: Contender) -> Contender:
    """For what takes seconds: one in each turn, however many the others have."""
    return lambda times: contender(1)


def _reload(run: Run) -> tuple[Row, ...]:
    with managed("count") as (manager, folder):
        instance = manager.create_instance("count")
        figures = run.turns(
            "reloading",
            {"reload": _reloading(manager, instance, folder), CREATING: creating(manager, "count")},
            rounds=run.pick(30, 3),
        )
    return compared(
        "reload after a save, state kept", figures["reload"], {CREATING: figures[CREATING]}, reaches={CREATING: 3}
    )


def _reloading(manager: PluginManager, instance: Instance, folder: Path) -> Contender:
    saves = itertools.count(1)

    def contend(times: int) -> list[float]:
        taken = []
        for _ in range(times):
            before = instance.execute()["calls"]
            write(folder, "count", addition=f"\n# saved {next(saves)} times\n")
            begun_s = time.perf_counter()
            manager.reload("count")
            after = instance.execute()["calls"]
            taken.append(time.perf_counter() - begun_s)
            if after != before + 1:
                raise RuntimeError(f"its state was lost: {before} calls before the reload, then {after}")
        return taken

    return contend


def _against_number(run: Run) -> Plot:
    curves: dict[str, dict[float, Figure]] = {}
    with managed("nothing") as (manager, _):
        alive: list[Instance] = []
        for number in _NUMBERS[: run.pick(len(_NUMBERS), 3)]:
            with run.shown(f"{number} instances", steps=number - len(alive)) as tick:
                while len(alive) < number:
                    alive.append(manager.create_instance("nothing"))
                    alive[-1].execute()
                    tick()
            figures = run.turns(
                f"{number} instances alive",
                {
                    "call one of them": repeated(alive[0].execute),
                    "call each in turn": repeated(_each(alive)),
                },
                rounds=run.pick(5, 2),
                burst=200,
                settle=50,
            )
            figures |= run.turns(
                f"one more than {number} instances",
                {"create one more": creating(manager, "nothing")},
                rounds=run.pick(7, 2),
            )
            for name, figure in figures.items():
                curves.setdefault(name, {})[number] = figure
    return Plot(
        name="instances",
        title="Many instances of one plugin",
        across="instances alive",
        up="time (s)",
        curves=curves,
    )


def creating(manager: PluginManager, plugin_id: str, *, call: bool = True) -> Contender:
    """Create an instance, and call it once if it can be called with nothing; destroy it outside of what is measured."""
    return repeated(_creator(manager, plugin_id, call=call), after=_destroyer(manager))


def _creator(manager: PluginManager, plugin_id: str, *, call: bool) -> Action:
    if call:
        return lambda: manager.create_instance(plugin_id).execute()
    return lambda: manager.create_instance(plugin_id)


def _destroyer(manager: PluginManager) -> Callable[[object], None]:
    return lambda given: manager.destroy_instance(list(manager.instances)[-1])


def _each(instances: list[Instance]) -> Action:
    turn = itertools.cycle(list(instances))
    return lambda: next(turn).execute()
