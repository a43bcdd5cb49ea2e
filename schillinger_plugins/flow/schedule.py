"""The schedule of a run: what goes when, and what comes of the rest if something fails.

Owns the order and the bound of what goes side by side. Knows no plugin: what is to be done for a name is a coroutine
function. Called by ``running``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import PluginError
from .events import NodeState
from .graph import order

Do = Callable[[str], Awaitable[NodeState]]
Tell = Callable[[str, NodeState, "str | PluginError"], None]


@dataclass
class Outcome:
    """How it stands with each name, and why those failed that did."""

    states: dict[str, NodeState] = field(default_factory=dict)
    errors: dict[str, PluginError] = field(default_factory=dict)
    blocked_by: dict[str, str] = field(default_factory=dict)


async def carry_out(
    names: Iterable[str], needs: Mapping[str, Iterable[str]], do: Do, *, concurrency: int, tell: Tell, outcome: Outcome
) -> None:
    """Do everything once, each name after those that it needs, so many side by side.

    What needs something that failed is blocked, everything else is done. If the task is cancelled, what is under way is
    cancelled and waited for, and what was not begun never is.

    Parameters
    ----------
    do : coroutine function
        Returns done or cached; what it raises, as `PluginError`, makes the name fail.
    tell : callable
        Told each name's state, with a message or the error.
    outcome : Outcome
        What comes of it, also if the task is cancelled.
    """
    names = order(names, needs)
    waits_for = {name: set(needs.get(name, ())) for name in names}
    after: dict[str, list[str]] = {}
    for name in names:
        for needed in waits_for[name]:
            after.setdefault(needed, []).append(name)
    # The last one first: a branch that was begun is brought to its end, and what it holds is let go.
    ready = [name for name in reversed(names) if not waits_for[name]]
    running: dict[asyncio.Future[NodeState], str] = {}

    def settle(name: str, state: NodeState, note: str | PluginError = "") -> None:
        outcome.states[name] = state
        tell(name, state, note)

    def block(failed: str) -> None:
        rest = list(after.get(failed, ()))
        while rest:
            name = rest.pop()
            if outcome.states[name] == "queued":
                outcome.blocked_by[name] = failed
                settle(name, "blocked", f"it needs {failed}, which failed")
                rest += after.get(name, ())

    for name in names:
        settle(name, "queued")
    try:
        while ready or running:
            while ready and len(running) < concurrency:
                name = ready.pop()
                settle(name, "running")
                running[asyncio.ensure_future(do(name))] = name
            finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                name = running.pop(task)
                error = _interrupted(name) if task.cancelled() else task.exception()
                if error is None:
                    settle(name, task.result())
                    for later in reversed(after.get(name, ())):
                        waits_for[later].discard(name)
                        if not waits_for[later] and outcome.states[later] == "queued":
                            ready.append(later)
                elif isinstance(error, Exception):
                    outcome.errors[name] = failure = _as_plugin_error(error)
                    settle(name, "failed", failure)
                    block(name)
                else:
                    raise error
    except BaseException:
        await _end(running)
        for name in names:
            if outcome.states[name] in ("queued", "running"):
                settle(name, "cancelled")
        raise


async def _end(running: Mapping[asyncio.Future[NodeState], str]) -> None:
    for task in running:
        task.cancel()
    while any(not task.done() for task in running):
        try:
            await asyncio.wait(running)
        except asyncio.CancelledError:  # again: whoever is impatient has them killed
            for task in running:
                task.cancel()
    for task in running:
        if not task.cancelled():
            task.exception()  # seen


def _interrupted(name: str) -> PluginError:
    return PluginError(f"the call of {name} was cancelled by somebody else", remedy="run it again")


def _as_plugin_error(error: Exception) -> PluginError:
    if isinstance(error, PluginError):
        return error
    wrapped = PluginError(f"{type(error).__name__}: {error}")
    wrapped.__cause__ = error
    return wrapped
