"""``%plugin trace``: what plugins did, event by event.

Owns the taking apart of the line and the table. The events are the manager's. Called by ``magics.plugin_magic``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..errors import InputError, nearest
from ..sandbox.trace import KINDS
from .session import Session
from .subcommands import SUBCOMMANDS
from .table import Table

_SEEN_BY = {"worker": "the plugin's own process", "host": "the host"}


def trace(session: Session, line: str, _: Mapping[str, Any] | None) -> Table:
    """The last events of one plugin, or of all."""
    words, count, kind = line.split(), 50, ""
    for option in ("--tail", "--kind"):
        if option in words:
            index = words.index(option)
            value = words[index + 1] if index + 1 < len(words) else ""
            del words[index : index + 2]
            if option == "--kind":
                kind = _kind(value)
            elif value.isdecimal():
                count = int(value)
            else:
                raise InputError(f"--tail needs a number, not {value!r}", remedy="write --tail 20")
    if len(words) > 1:
        raise InputError(
            f"too much: {' '.join(words[1:])!r}", remedy=f"write %plugin trace {SUBCOMMANDS['trace'].usage}"
        )
    events = [event for event in session.manager.trace(words[0] if words else None) if kind in ("", event.kind)]
    shown = events[-count:] if count else []
    kinds = ", ".join(f"{number} {name}" for name, number in Counter(event.kind for event in events).items())
    return Table(
        headings=("time", "instance", "kind", "what", "seen by"),
        rows=[
            (
                time.strftime("%H:%M:%S", time.localtime(event.time_s)),
                event.instance_id,
                event.kind,
                event.what,
                _SEEN_BY[event.source],
            )
            for event in shown
        ],
        notes=[
            kinds or "nothing was traced",
            "What its own process tells is evidence, not proof: code in there could forge it. The kernel is the wall.",
        ],
    )


def _kind(word: str) -> str:
    if word not in KINDS:
        close = nearest(word, KINDS)
        remedy = f"did you mean {close}?" if close else f"the kinds are {', '.join(KINDS)}"
        raise InputError(f"there is no kind {word!r}", remedy=remedy)
    return word
