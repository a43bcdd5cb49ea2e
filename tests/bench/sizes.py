"""What a call costs whose arguments are large: a minute of sound, and arrays from a kilobyte to a gigabyte.

Owns the row of the 60 seconds and the plot against size. Everything is sent there and comes back.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

import numpy as np

from schillinger_plugins import Audio, Result

from .measure import Contender, Figure, repeated
from .peers import copies_into, fresh_copies, pools
from .plugins import managed
from .row import Chapter, Plot, Row, compared
from .run import Run
from .sound import noise

T = TypeVar("T")

_MEMCPY = "one memcpy each way, into memory at hand"
_FRESH_COPIES = "one memcpy each way, into fresh memory"
_REACHES = {_MEMCPY: 2.5, _FRESH_COPIES: 2.5, "ProcessPoolExecutor": 1 / 15, "loky": 1 / 12}
_MINUTE_S = 60.0
_LONGEST_S = 12.0
"""A peer that would take longer, by what it took for a tenth, is left out of the plot from there on."""

_TURNS = {**dict.fromkeys((3, 4, 5), (10, 20, 5)), **dict.fromkeys((6, 7), (40, 1, 1)), 8: (3, 1, 0), 9: (1, 1, 0)}
"""How many rounds, in a row and before, for an array of 10 to the power of so many bytes: small ones are sent in a row."""

_NEVER = Figure(((math.inf,),))
_TIMES_THE_SIZE = 12
"""Memory that must be free, by the size of the array: a pool holds it pickled too, on both sides."""


def chapter(run: Run) -> Chapter:
    """Measure them."""
    with ExitStack() as stack:
        sends = stack.enter_context(pools(others=False))
        manager, _ = stack.enter_context(managed("echo"))
        instance = manager.create_instance("echo")

        def send(value: Any) -> Result:
            return instance.execute({"value": value})

        rows = (*_minute(run, send, sends), *_minutes_in_a_row(run, send))
        plot = _against_size(run, send, sends)
    return Chapter(
        title="Large arguments",
        how=f"""\
The plugin returns what it was given. The minute is stereo, 44.1 kHz, float32 noise:
{noise(_MINUTE_S).samples.nbytes / 1e6:.1f} MB there, and as many back. *Into memory at hand* is `np.copyto` into an
array that has been written before, twice; *into fresh memory* is `array.copy()` twice, which pays for the page
faults of new memory, as the array that a result holds does. The contenders take turns call by call, after one call
that is not measured, and each begins when the digests that ours records in the provenance are done. *One after
another* are calls with no pause in between: the digests are computed beside the calls, and hold up the next one if
it comes too soon. The plot has an array of float32 there and back, in the same way, up to 100 kB twenty of them in
a row; a peer that would take longer than {_LONGEST_S:g} s is left out.""",
        rows=rows,
        plots=(plot,),
    )


def _minute(run: Run, send: Callable[[Any], Result], sends: dict[str, Callable[[Any], Any]]) -> tuple[Row, ...]:
    sound, sounds = noise(_MINUTE_S), _two_minutes()
    figures = run.turns(
        "60 s of stereo",
        {
            "ours": _alone(lambda: send(next(sounds))),
            _MEMCPY: repeated(copies_into(sound.samples)),
            _FRESH_COPIES: repeated(fresh_copies(sound.samples)),
            **{name: repeated(_sending(through, sound.samples)) for name, through in sends.items()},
        },
        rounds=run.pick(40, 3),
    )
    ours = figures.pop("ours")
    return compared("60 s of stereo in and back", ours, figures, reaches=_REACHES)


def _minutes_in_a_row(run: Run, send: Callable[[Any], Result]) -> tuple[Row, ...]:
    sound, sounds = noise(_MINUTE_S), _two_minutes()
    figures = run.turns(
        "60 s of stereo, one after another",
        {
            "ours": repeated(lambda: send(next(sounds))),
            _MEMCPY: repeated(copies_into(sound.samples)),
        },
        rounds=run.pick(5, 2),
        burst=run.pick(20, 3),
        settle=3,
    )
    return compared("the same, one after another", figures["ours"], {_MEMCPY: figures[_MEMCPY]})


def _against_size(run: Run, send: Callable[[Any], Result], sends: dict[str, Callable[[Any], Any]]) -> Plot:
    curves: dict[str, dict[float, Figure]] = {}
    for exponent in range(3, run.pick(10, 7)):
        size_bytes = 10**exponent
        if size_bytes * _TIMES_THE_SIZE > _free_bytes():
            break
        array = np.random.default_rng(1).random(size_bytes // 4, np.float32)
        call = _sending(send, array)
        contenders: dict[str, Contender] = {
            "confined call": _alone(call) if exponent >= 6 else repeated(call),
            _MEMCPY: repeated(copies_into(array)),
            **{name: repeated(_sending(through, array)) for name, through in sends.items()},
        }
        bearable = {
            name: contender
            for name, contender in contenders.items()
            if exponent == 3 or 10 * curves[name].get(size_bytes // 10, _NEVER).median < _LONGEST_S
        }
        rounds, burst, settle = _TURNS[min(exponent, max(_TURNS))]
        taken = run.turns(
            f"{_size(size_bytes)} there and back", bearable, rounds=run.pick(rounds, 1), burst=burst, settle=settle
        )
        for name, figure in taken.items():
            curves.setdefault(name, {})[size_bytes] = figure
    return Plot(
        name="size",
        title="An array there and back",
        across="size of the array (bytes)",
        up="time of one call (s)",
        curves=curves,
    )


def _two_minutes() -> Iterator[Audio]:
    """Two sounds in turns, so that nothing can be gained by noticing that one comes again."""
    return itertools.cycle([noise(_MINUTE_S, seed=1), noise(_MINUTE_S, seed=2)])


def _alone(call: Callable[[], Result]) -> Contender:
    """Calls whose digests are waited for, unmeasured: computed beside whoever is next, they would slow down a peer."""
    return repeated(call, after=lambda result: result.provenance)


def _sending(send: Callable[[Any], T], value: Any) -> Callable[[], T]:
    return lambda: send(value)


def _size(size_bytes: int) -> str:
    for scale, name in ((10**9, "GB"), (10**6, "MB")):
        if size_bytes >= scale:
            return f"{size_bytes // scale} {name}"
    return f"{size_bytes // 1000} kB"


def _free_bytes() -> int:
    with open("/proc/meminfo", encoding="ascii") as told:
        fields = dict(line.split(":", 1) for line in told)
    return int(fields.get("MemAvailable", "0").split()[0]) * 1024 if fields else os.sysconf("SC_AVPHYS_PAGES")
