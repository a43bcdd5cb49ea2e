"""What a real analysis costs confined, against the same function called in-process.

Owns that one row. Run as a program it is the peer: the same plugin's code, imported and awaited in an interpreter of its
own, with the thread settings of a worker.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from pathlib import Path

from schillinger_plugins import PluginManager
from schillinger_plugins.types import PluginContext

from .measure import repeated
from .peers import apart, as_a_worker, take_orders
from .row import Chapter, compared
from .run import Run
from .sound import music

DURATION_S = 30.0
_PLUGIN = Path(__file__).parents[2] / "plugins" / "audio_analyzer"
_PEER = "from tests.bench.analysis import analyse_in_process; analyse_in_process()"
_IN_PROCESS = "the same function in-process"


def chapter(run: Run) -> Chapter:
    """Measure it."""
    sound = music(DURATION_S)
    with apart(_PEER, environment=as_a_worker()) as in_process, PluginManager() as manager:
        manager.load(_PLUGIN)
        instance = manager.create_instance("audio_analyzer")
        figures = run.turns(
            "analysing 30 s",
            {
                "confined": repeated(lambda: instance.execute({"audio": sound})),
                _IN_PROCESS: in_process,
            },
            rounds=run.pick(25, 2),
            settle=0,
        )
    return Chapter(
        title="A real analysis",
        how=f"""\
`audio_analyzer` on {DURATION_S:g} s of made stereo at 44.1 kHz, call by call in turns. In-process means that the
plugin's main file is imported and its `execute` awaited in an interpreter of its own, which has been warmed up and
has the thread settings of a worker (one thread for BLAS and OpenMP).""",
        rows=compared(
            "audio_analyzer on 30 s",
            figures["confined"],
            {_IN_PROCESS: figures[_IN_PROCESS]},
            reaches={_IN_PROCESS: 1.03},
        ),
    )


def analyse_in_process() -> None:
    """Be the peer: analyse the same sound as often as told, in this process."""
    sys.path.insert(0, str(_PLUGIN))
    plugin = importlib.import_module("main").AudioAnalyzer(PluginContext())
    definition = json.loads((_PLUGIN / "plugin.json").read_text(encoding="utf-8"))["definition"]
    parameters = {parameter["name"]: parameter["default"] for parameter in definition["parameters"]}
    sound = music(DURATION_S)
    with asyncio.Runner() as runner:
        take_orders(lambda: runner.run(plugin.execute({"audio": sound}, parameters)))
