"""Runs: calls that clients have asked for, from the asking to the fetching of what they gave.

Owns the run of each call as a task, its state and its progress, and results for as long as a client may want them: the
newest, as many as fit. A client that goes away leaves its run to be asked about or cancelled. Refuses more runs at a
time than it may have. Called by ``instances`` and ``flows``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, ItemsView, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import numpy as np

from ..behalf import Behalf, acting, current
from ..errors import Busy, UnknownPlugin
from ..types import Audio, File
from .problems import SERVER_ENDS, UNFORESEEN, Problem, problem_of_any
from .scopes import Sight

_log = logging.getLogger(__name__)

_ENDED = replace(SERVER_ENDS, detail="the server ended, and this call with it")

State = Literal["running", "done", "failed", "cancelled"]

MAX_AT_ONCE = 64
"""Runs that go on or wait for their instance."""

MAX_KEPT = 256
MAX_KEPT_BYTES = 1 << 30
"""Of results, and of the inputs that are kept with them; the oldest are forgotten first."""


class Outcome(Protocol):
    """What a run gives: a `Result`, or what a flow gave, node by node."""

    def __getitem__(self, name: str, /) -> Any: ...

    def __contains__(self, name: object, /) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...

    def items(self) -> ItemsView[str, Any]:
        """The outputs by name."""

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What it was given, as far as it is kept with what came of it."""

    @property
    def stats(self) -> Any:
        """Its figures."""

    @property
    def provenance(self) -> Any:
        """What is needed to repeat it, with ``as_dict``."""


@dataclass(frozen=True)
class NodeStanding:
    """How it stands with a node of a flow that runs."""

    state: str
    progress: float
    message: str
    wall_s: float | None
    problem: dict[str, Any] | None


@dataclass(eq=False)
class Run:
    """One call of a plugin, or one run of a flow.

    Attributes
    ----------
    id : str
        Under which the journal, the log and the events know it, too.
    user : str
        In whose name; empty: of whoever has started the server.
    progress : float
        0 to 1, as the plugin says.
    result : Outcome or None
        What it gave; of a flow that failed, what the nodes that didn't gave.
    problem : Problem or None
        Why it failed.
    nodes : dict
        Of a flow: how it stands with each node that has been come to.
    """

    id: str
    user: str
    instance_id: str | None
    plugin_id: str | None
    flow: str | None
    started_at: str
    began_s: float
    task: asyncio.Task[Outcome] | None = None
    state: State = "running"
    progress: float = 0.0
    message: str = ""
    wall_s: float = 0.0
    result: Outcome | None = None
    problem: Problem | None = None
    bytes: int = field(default=0)
    nodes: dict[str, NodeStanding] = field(default_factory=dict)

    def on_progress(self, fraction: float, message: str) -> None:
        """Told by the driver of the call."""
        self.progress, self.message = fraction, message


class Runs:
    """The runs of one server. Changed from its event loop alone; looked at from the threads of routes, too.

    Parameters
    ----------
    new_id : callable
        Gives the name of the next run: the journal's, so that what it says of the run is found by it.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self.followers = 0
        self._runs: dict[str, Run] = {}
        self._ending = False

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def going_on(self) -> int:
        """How many have not ended."""
        return sum(run.state == "running" for run in self._known())

    def begin(
        self,
        carry_out: Callable[[Run], Awaitable[Outcome]],
        *,
        instance_id: str | None = None,
        plugin_id: str | None = None,
        flow: str | None = None,
    ) -> Run:
        """Start what `carry_out` does for the run that it is handed.

        Raises
        ------
        Busy
            If too many go on, or the server ends.
        """
        if self._ending:
            raise Busy("the server ends", remedy="ask again when it is there again")
        if self.going_on >= MAX_AT_ONCE:
            raise Busy(f"{MAX_AT_ONCE} runs go on already", remedy="try again when one has ended")
        began_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        user, is_remote = current().user, current().is_remote
        behalf = Behalf(user, self._new_id(), instance_id or "", is_remote=is_remote, is_awaited=True)
        run = Run(behalf.run_id, behalf.user, instance_id, plugin_id, flow, began_at, time.monotonic())
        self._runs[run.id] = run
        with acting(behalf):  # what is begun in the block keeps to it
            run.task = asyncio.ensure_future(carry_out(run))
        run.task.add_done_callback(lambda task: self._ended(run, task))
        return run

    def get(self, run_id: str, sight: Sight) -> Run:
        """A run that is known.

        Raises
        ------
        UnknownPlugin
            If it isn't, or not any more, or it is somebody's who isn't seen.
        """
        run = self._runs.get(run_id)
        if run is None or not sight(run.user):
            raise UnknownPlugin(
                f"there is no run {run_id[:64]!r}", remedy="its result may have been forgotten: run it again"
            )
        return run

    def all(self, sight: Sight) -> list[Run]:
        """Those that are known and seen, the newest first."""
        return [run for run in reversed(self._known()) if sight(run.user)]

    async def wait(self, run: Run) -> None:
        """Until it has ended. Who waits may go away; the run goes on."""
        if run.task is not None:
            await asyncio.wait([run.task])

    async def cancel(self, run: Run) -> None:
        """End a run that goes on, and wait for that.

        One that ended before is left as it is: whoever asks to end it can't know yet what it gave.
        """
        if run.task is not None:
            run.task.cancel()
            await asyncio.wait([run.task])

    def forget(self, run: Run) -> bool:
        """Know a run no more, and whether that was done: not of one that goes on, which has something to give yet."""
        if run.state == "running":
            return False
        self._runs.pop(run.id, None)
        return True

    async def close(self, deadline_s: float) -> None:
        """Begin no more; let those that go on end within a deadline, and cancel the others."""
        self._ending = True
        tasks = [run.task for run in self._runs.values() if run.task is not None and run.state == "running"]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=deadline_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=5.0)

    def _known(self) -> list[Run]:
        """As they are at this moment: a dictionary is copied in one step, whatever other threads do."""
        return list(self._runs.copy().values())

    def _ended(self, run: Run, task: asyncio.Task[Outcome]) -> None:
        run.wall_s = time.monotonic() - run.began_s
        run.task = None
        if task.cancelled():
            run.state = "cancelled"
            if self._ending:
                run.problem = _ENDED
        elif (error := task.exception()) is None:
            run.result, run.state, run.progress = task.result(), "done", 1.0
        else:
            run.state, run.problem = "failed", problem_of_any(error)
            if run.problem is None:
                _log.error("run %s failed", run.id, exc_info=error)
                run.problem = UNFORESEEN
        if run.result is not None:
            run.bytes = _size([dict(run.result.items()), run.result.inputs])
        self._forget()

    def _forget(self) -> None:
        ended = [run for run in self._runs.values() if run.state != "running"]
        held = sum(run.bytes for run in ended)
        for run in ended[:-1]:  # the newest stays, however large
            if len(ended) <= MAX_KEPT and held <= MAX_KEPT_BYTES:
                break
            self._runs.pop(run.id)
            ended = ended[1:]
            held -= run.bytes


def _size(value: Any) -> int:
    if isinstance(value, Audio):
        return int(value.samples.nbytes)
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, File):
        return len(value.data)
    if isinstance(value, (bytes, str)):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value))
    return 8
