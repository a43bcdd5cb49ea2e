"""An instance of a workflow: the steps are run, then its own plugin is called with what they gave.

Owns the order: each step is done by an instance of its plugin that is made for it and ended after it, under that plugin's
own limits, so that a run neither finds nor leaves anything. Runs of one workflow's instance never overlap. Made by the
manager, whom it asks for those instances, so that all that is decided before code runs is decided there.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from ..behalf import acting, current
from ..call import Call
from ..definition.steps import RESULTS
from ..errors import Busy, PluginError
from ..instance import QUEUE_PLACES, Instance
from ..instance.traced import Traced
from ..loaded import LoadedPlugin
from ..result import Result
from ..sandbox import interrupts
from ..sandbox.steps import OnProgress
from ..sandbox.turnstile import Turnstile
from ..spans import Spans
from .record import WorkflowResult
from .running import Host, Run


def make_instance(host: Host, plugin: LoadedPlugin, *, spans: Spans | None, **options: Any) -> Instance:
    """An instance of a plugin, which runs steps if that is a workflow, and tells `spans`. For `options` see `Instance`."""
    if plugin.manifest.metadata.plugin_type != "WORKFLOW":
        return Instance(plugin, **options) if spans is None else Traced(plugin, spans=spans, **options)
    find_host = weakref.ref(host)
    if spans is None:
        return WorkflowInstance(plugin, host=find_host, **options)
    return _TracedWorkflow(plugin, host=find_host, spans=spans, **options)


class _Ran(dict[str, Any]):
    """Inputs of the workflow's own call, and the run that came before it."""

    run: Run

    def __bool__(self) -> bool:
        return True  # also without inputs: `inputs or {}` must not lose the run


class WorkflowInstance(Instance):
    """One workflow, with its configuration."""

    def __init__(self, plugin: LoadedPlugin, *, host: Callable[[], Host | None], **options: Any) -> None:
        super().__init__(plugin, **options)
        self._find_host = host  # not held: who forgets the manager forgets its instances, too
        self._runs = Turnstile(QUEUE_PLACES, plugin_id=plugin.plugin_id, instance_id=self.id)
        self._running: set[str] = set()

    def execute(
        self,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: Mapping[str, float] | None = None,
        seed: int | None = None,
        on_progress: OnProgress | None = None,
        profile: bool = False,
    ) -> Result:
        """Run the steps, then call the workflow's own plugin, and wait for its outputs.

        As `Instance.execute`, but for this: `limits` and `profile` are about the workflow's own plugin; the seeds of the
        steps follow from `seed`; what a step raises says ``$.steps[1]``, and the steps after it are not run.

        Returns
        -------
        WorkflowResult
        """
        with interrupts.held():
            self._runs.enter()
            try:
                with interrupts.opened():
                    run = None
                    try:
                        run = Run(
                            self.plugin,
                            super()._prepare(inputs or {}, parameters or {}, limits, seed, on_progress, profile),
                        )
                        with self._parts_of(run):
                            run.demand_fit(self._host(), on_progress)
                            for index in range(len(run.steps)):
                                self._step(run, index)
                    except BaseException as error:
                        self._failed(run.call if run is not None else None, error, inputs, parameters, seed)
                        raise
                    with self._parts_of(run):
                        own = super().execute(*_after(run), limits=limits, **_options(run, profile))
            finally:
                self._runs.leave()
        return WorkflowResult(own, run.results)

    async def aexecute(
        self,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: Mapping[str, float] | None = None,
        seed: int | None = None,
        on_progress: OnProgress | None = None,
        profile: bool = False,
    ) -> Result:
        """`execute` without blocking the event loop. Cancelling the task ends the step that runs, and those after it."""
        await self._runs.enter_async()
        try:
            run = None
            try:
                run = Run(
                    self.plugin,
                    await super()._prepare_async(inputs or {}, parameters or {}, limits, seed, on_progress, profile),
                )
                with self._parts_of(run):
                    await asyncio.to_thread(run.demand_fit, self._host(), None)
                    for index in range(len(run.steps)):
                        await self._step_async(run, index)
            except BaseException as error:
                self._failed(run.call if run is not None else None, error, inputs, parameters, seed)
                raise
            with self._parts_of(run):
                own = await super().aexecute(*_after(run), limits=limits, **_options(run, profile))
        finally:
            self._runs.leave()
        return WorkflowResult(own, run.results)

    def destroy(self, *, deadline_s: float = 1.0) -> None:
        """As of every instance; the step that runs is ended with it."""
        super().destroy(deadline_s=deadline_s)
        for instance_id in list(self._running):
            self._end(instance_id)

    def _parts_of(self, run: Run) -> contextlib.AbstractContextManager[None]:
        """The run has its name before its steps do, which are called after it; its own call is the run itself."""
        if not run.call.run_id:
            self._recorder.begin(self.id, run.call)
        return acting(current().within(run.call.run_id, self.id))

    def _step(self, run: Run, index: int) -> None:
        # Held, so that no interrupt comes between making an instance and noting that there is one to end.
        with interrupts.held():
            with self._naming(run, index):
                instance = self._host().create_instance(run.steps[index].plugin)
            try:
                with interrupts.opened():
                    inputs, parameters = self._readied(run, index, instance)
                    with self._naming(run, index):
                        result = instance.execute(
                            inputs, parameters, seed=run.seed_of(index), on_progress=run.progress_of(index)
                        )
                    run.results[run.steps[index].id] = result
            finally:
                self._end(instance.id)

    async def _step_async(self, run: Run, index: int) -> None:
        loop = asyncio.get_running_loop()
        # In whose name this is run goes along.
        create = partial(contextvars.copy_context().run, self._host().create_instance, run.steps[index].plugin)
        making = loop.run_in_executor(None, create)
        try:
            with self._naming(run, index):
                instance = await asyncio.shield(making)
        except asyncio.CancelledError:
            while not making.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([making])
            if not making.cancelled() and making.exception() is None:
                self._end(making.result().id)
            raise
        try:
            inputs, parameters = self._readied(run, index, instance)
            with self._naming(run, index):
                result = await instance.aexecute(
                    inputs, parameters, seed=run.seed_of(index), on_progress=run.progress_of(index)
                )
            run.results[run.steps[index].id] = result
        finally:
            end = partial(contextvars.copy_context().run, self._end, instance.id)
            await asyncio.shield(loop.run_in_executor(None, end))

    def _readied(self, run: Run, index: int, instance: Instance) -> tuple[dict[str, Any], dict[str, Any]]:
        self._running.add(instance.id)
        self._in_use()  # it may have been destroyed meanwhile
        return run.arguments(index, instance)

    @contextlib.contextmanager
    def _naming(self, run: Run, index: int) -> Iterator[None]:
        try:
            with run.naming(index):
                yield
        except PluginError as error:
            if self._destroyed:  # and the step's instance with it
                raise self._gone() from error
            raise

    def _end(self, instance_id: str) -> None:
        self._running.discard(instance_id)
        with contextlib.suppress(PluginError):  # somebody else has ended it, or everything
            self._host().destroy_instance(instance_id)

    def _host(self) -> Host:
        host = self._find_host()
        if host is None:
            raise PluginError("its manager is gone", plugin_id=self.plugin_id, remedy="keep the PluginManager")
        return host

    def _prepare(self, inputs: Mapping[str, Any], *asked: Any, **named: Any) -> Call:
        call = super()._prepare(inputs, *asked, **named)
        if isinstance(inputs, _Ran):
            run = inputs.run
            if self.definition.steps != run.steps:
                raise Busy(
                    "other steps were loaded while the ones before ran", plugin_id=self.plugin_id, remedy="run it again"
                )
            call.inputs[RESULTS] = run.outputs()
            call.started_at_s, call.started_s = run.call.started_at_s, run.call.started_s
        return call


class _TracedWorkflow(Traced, WorkflowInstance):
    """A workflow that tells of its runs, steps included."""


def _after(run: Run) -> tuple[_Ran, dict[str, Any]]:
    ran = _Ran(run.call.inputs)
    ran.run = run
    return ran, run.call.parameters


def _options(run: Run, profile: bool) -> dict[str, Any]:
    return {"seed": run.seed, "on_progress": run.progress_of(len(run.steps)), "profile": profile}
