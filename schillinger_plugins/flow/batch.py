"""A flow over many inputs: a run for each, several side by side.

Owns the copies of the flow, one for each run at a time, each with instances of its own, and who gets the next input.
What one run fails of doesn't concern the others. Whoever takes the items decides the pace: none is begun before there
is room for what comes of it. Called by `Flow.over`.
"""

from __future__ import annotations

import contextlib
import contextvars
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InputError, PluginError
from .run import FlowRun

if TYPE_CHECKING:
    from .flow import Flow

CACHE_BYTES = 64 << 20
"""Of each copy: for what all runs have in common."""

SCALARS = ("number", "integer", "boolean", "string")
_ENDING_S = 10.0
_LOOK_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Item:
    """One of many runs.

    Attributes
    ----------
    inputs : Mapping
        The values that its input nodes had.
    run : FlowRun or None
        None if it could not begin.
    error : PluginError or None
        Why it could not begin, or what its first failed node failed of.
    """

    inputs: Mapping[str, Any]
    run: FlowRun | None
    error: PluginError | None

    def row(self) -> dict[str, Any]:
        """Its numbers, words and switches as a row of a table: ``audio_analyzer.tempo_bpm``."""
        row: dict[str, Any] = dict(self.inputs)
        for name, result in self.run.items() if self.run is not None else ():
            for output in result.definition.outputs:
                if output.type in SCALARS and output.name in result:
                    row[f"{name}.{output.name}"] = result[output.name]
        return row


def over(copy: Callable[[], Flow], inputs: Iterable[Mapping[str, Any]], *, concurrency: int) -> Iterator[Item]:
    """Run copies of a flow over inputs; items come as their runs end.

    Parameters
    ----------
    copy : callable
        Makes a copy of the flow.
    inputs : iterable of Mapping
        Taken one after the other, in any thread, never two at once.
    concurrency : int
        Runs side by side.

    Whoever stops taking items ends the runs that are under way.
    """
    waiting, taking, stopping = iter(inputs), threading.Lock(), threading.Event()
    done: queue.Queue[Item | BaseException | None] = queue.Queue(maxsize=concurrency)
    flows: list[Flow] = []

    def give(item: Item | BaseException | None) -> None:
        while not stopping.is_set():
            with contextlib.suppress(queue.Full):
                done.put(item, timeout=_LOOK_S)
                return

    def work() -> None:
        try:
            with copy() as flow:
                flows.append(flow)
                while not stopping.is_set():
                    with taking:
                        values = next(waiting, None)
                    if values is None:
                        break
                    give(_run(flow, values))
        except BaseException as error:  # raised where the items are taken
            give(error)
        finally:
            give(None)

    def thread(number: int) -> threading.Thread:
        context = contextvars.copy_context()  # of whoever takes the items: traces tell what was done for whom
        name = f"schillinger-batch-{number}"
        return threading.Thread(target=context.run, args=(work,), name=name, daemon=True)

    threads = list(map(thread, range(concurrency)))
    for one in threads:
        one.start()
    left = len(threads)
    try:
        while left:
            item = done.get()
            if item is None:
                left -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item
    finally:
        stopping.set()
        for flow in list(flows):
            flow.cancel()
        for one in threads:
            one.join(_ENDING_S)


def together(named: Mapping[str, Iterable[Any]]) -> Iterator[dict[str, Any]]:
    """Values by name, one of each at a time.

    Raises
    ------
    InputError
        When one name has no more while another has.
    """
    try:
        for each in zip(*named.values(), strict=True):
            yield dict(zip(named, each, strict=True))
    except ValueError as error:
        message = f"{' and '.join(named)} don't have as many values"
        raise InputError(message, remedy="give as many of each: they go together") from error


def _run(flow: Flow, values: Mapping[str, Any]) -> Item:
    try:
        run = flow.start(inputs=values).wait()
    except PluginError as error:
        return Item(inputs=values, run=None, error=error)
    return Item(inputs=values, run=run, error=next(iter(run.failed.values()), None))
