"""An instance whose calls are spans, each with its stages.

Owns where in a call a stage begins: what is asked is read and checked (prepare), the turn waited for (queue), a worker
started if there is none (start), the plugin at work (execute), what it gave checked (check). Made in the place of an
`Instance` where spans are asked for, so that nobody else's calls know of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ..loaded import LoadedPlugin
from ..spans import Spans, Stages, Value
from . import Instance

if TYPE_CHECKING:
    from ..call import Call
    from ..result import Result
    from ..sandbox.conversation import Outcome
    from ..sandbox.limits import Limits
    from ..sandbox.steps import Conversation, OnProgress
    from ..sandbox.worker import Worker
    from ..streaming import Stream

_current: ContextVar[tuple[Instance, Stages] | None] = ContextVar("schillinger_stages", default=None)
"""The call that is under way in this thread or task; an instance may be called from several."""


class Traced(Instance):
    """An `Instance` that tells of its calls."""

    def __init__(self, plugin: LoadedPlugin, *, spans: Spans, **options: Any) -> None:
        """For `options` see `Instance`."""
        super().__init__(plugin, **options)
        self._spans = spans

    def execute(
        self, inputs: Mapping[str, Any] | None = None, parameters: Mapping[str, Any] | None = None, **options: Any
    ) -> Result:
        """As `Instance.execute`."""
        with self._spanned("execute"):
            return super().execute(inputs, parameters, **options)

    async def aexecute(
        self, inputs: Mapping[str, Any] | None = None, parameters: Mapping[str, Any] | None = None, **options: Any
    ) -> Result:
        """As `Instance.aexecute`."""
        with self._spanned("execute"):
            return await super().aexecute(inputs, parameters, **options)

    @contextlib.contextmanager
    def stream(self, parameters: Mapping[str, Any] | None = None, *, seed: int | None = None) -> Iterator[Stream]:
        """As `Instance.stream`: one span for all its blocks."""
        with (
            self._spans.span("stream", self.plugin_id, self._whose()),
            super().stream(parameters, seed=seed) as stream,
        ):
            yield stream

    def perform(
        self, method: str, inputs: dict[str, Any], parameters: dict[str, Any], **options: Any
    ) -> dict[str, Any]:
        """As `Instance.perform`; a block of a stream has no span of its own, which could make it late."""
        if options.get("from_stream"):
            return super().perform(method, inputs, parameters, **options)
        with self._spanned(method):
            return super().perform(method, inputs, parameters, **options)

    @contextlib.contextmanager
    def _spanned(self, verb: str) -> Iterator[None]:
        with self._spans.span(verb, self.plugin_id, self._whose()) as stages:
            token = _current.set((self, stages))
            try:
                # A workflow runs its steps before it is called itself; what they do is told beneath it.
                stages.enter("steps" if self.definition.steps else "prepare")
                yield
            finally:
                _current.reset(token)

    def _whose(self) -> dict[str, Value]:
        return {"instance.id": self.id, **self.plugin.facts}

    def _stages(self) -> Stages | None:
        under_way = _current.get()
        return under_way[1] if under_way is not None and under_way[0] is self else None

    def _enter(self, stage: str) -> None:
        if (stages := self._stages()) is not None:
            stages.enter(stage)

    def _prepare(self, *asked: Any, **named: Any) -> Call:
        call = super()._prepare(*asked, **named)
        self._enter("queue")
        return call

    def _following(self, worker: Worker | None, call: Call) -> tuple[Limits, OnProgress | None]:
        self._enter("start")
        return super()._following(worker, call)

    def _call(self, worker: Worker, call: Call) -> Conversation[Outcome]:
        conversation = super()._call(worker, call)
        if (stages := self._stages()) is not None:
            stages.tell({"run.id": call.run_id})
            stages.enter("execute")
        return conversation

    def _finish(self, call: Call, outcome: Outcome, worker: Worker, plugin: LoadedPlugin) -> Result:
        stages = self._stages()
        if stages is not None:
            stages.enter("check")
        result = super()._finish(call, outcome, worker, plugin)
        if stages is not None:
            stats = result.stats
            stages.tell(plugin.facts)  # another one than at the beginning, if it was reloaded while the call waited
            stages.tell({"wall_s": stats.wall_s, "cpu_s": stats.cpu_s, "memory.peak_bytes": stats.peak_memory_bytes})
        return result
