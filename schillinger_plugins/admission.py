"""From a plugin's folder to code that has been admitted, imported, and has described itself.

Owns the order of what is asked before a line of a plugin runs (scan, permissions, limits, level), and of what is demanded of
it then. Leaves nothing behind of a plugin that is not admitted. Called by the manager.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .definition import NodeDefinition
from .errors import DefinitionError, LoadError
from .fetching import Fetcher
from .loaded import LoadedPlugin, PluginCode
from .manifest import Manifest
from .paths import other_spelling
from .permissions import Permissions
from .policy import Policy
from .registry import PluginRecord, content_hash
from .sandbox import blocking
from .sandbox.limits import Limits
from .sandbox.log import Log
from .sandbox.profile import choose
from .sandbox.sandbox import OnProgress, Sandbox
from .sandbox.worker import Worker
from .scanner import Scanner
from .schema.json_text import json_path
from .spans import Spans, Stages


class Admission:
    """Decides over plugins, and starts those that may run.

    Parameters
    ----------
    sandbox, policy, permissions, scanner
        Who is asked.
    on_log : callable
        Told of each log that a plugin writes to while it is imported.
    spans : Spans, optional
        Told of each load.
    """

    def __init__(
        self,
        *,
        sandbox: Sandbox,
        policy: Policy,
        permissions: Permissions,
        scanner: Scanner,
        on_log: Callable[[Log], None],
        spans: Spans | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._policy = policy
        self._permissions = permissions
        self._scanner = scanner
        self._on_log = on_log
        self._spans = spans

    def admit(
        self,
        record: PluginRecord,
        on_progress: OnProgress | None,
        *,
        copy: Path | None = None,
        on_hashed: Callable[[str], object] | None = None,
        on_decided: Callable[[PluginCode], object] | None = None,
        on_worker: Callable[[Worker], object] | None = None,
    ) -> tuple[LoadedPlugin, Worker]:
        """The plugin, and the worker that has imported it, with its default configuration.

        Parameters
        ----------
        copy : Path, optional
            What was copied of its folder before, in place of what lies there now. It stays if this fails.
        on_hashed : callable, optional
            Told the content hash, before anything is decided by it.
        on_decided : callable, optional
            Told of the code when it may run, before any of it does.
        on_worker : callable, optional
            Told of the worker before it imports anything, to end it if nobody wants it any more.

        Raises
        ------
        PluginError
            As `PluginManager.load`.
        """
        if self._spans is None:
            return self._admit(record, on_progress, copy, on_hashed, on_decided, on_worker, None)
        with self._spans.span("load", record.id) as stages:
            return self._admit(record, on_progress, copy, on_hashed, on_decided, on_worker, stages)

    def _admit(
        self,
        record: PluginRecord,
        on_progress: OnProgress | None,
        kept: Path | None,
        on_hashed: Callable[[str], object] | None,
        on_decided: Callable[[PluginCode], object] | None,
        on_worker: Callable[[Worker], object] | None,
        stages: Stages | None,
    ) -> tuple[LoadedPlugin, Worker]:
        if stages is not None:
            stages.enter("decide")
        copy = kept if kept is not None else self._sandbox.keep(record.root)
        try:
            hashed = content_hash(copy)
            if on_hashed is not None:
                on_hashed(hashed)
            code = self._decided(record, copy, hashed, on_progress)
            if stages is not None:
                stages.tell(code.facts)
                stages.enter("start")
            if on_decided is not None:
                on_decided(code)
            return self._start(code, on_progress, on_worker)
        except BaseException:
            if kept is None:
                self._sandbox.forget(copy)
            raise

    def _decided(self, record: PluginRecord, copy: Path, hashed: str, on_progress: OnProgress | None) -> PluginCode:
        """Everything that is decided before a line of the plugin is run."""
        manifest = record.manifest
        assert manifest is not None
        refuse = self._policy.refuse_findings
        # bandit takes a third of a second: at a load it is asked only where the policy depends on its answer.
        seen = self._scanner.scan(copy, manifest, with_bandit=refuse is not None)
        seen.demand(refuse, plugin_id=record.id)
        _demand_main_file(copy, manifest, plugin_id=record.id)
        granted = self._permissions.demand(record, content_hash=hashed)
        limits = Limits().merged(manifest.limits.model_dump(exclude_none=True), plugin_id=record.id)
        self._policy.demand_limits(asdict(limits), plugin_id=record.id)
        profile = choose(manifest.python_dependencies, copy)
        report = self._sandbox.report(profile, on_progress=on_progress)
        self._policy.demand_level(report.level, report.reasons, plugin_id=record.id)
        return PluginCode(
            plugin_id=record.id,
            root=record.root,
            copy=copy,
            manifest=manifest,
            content_hash=hashed,
            profile=profile,
            level=report.level,
            limits=limits,
            granted=granted,
        )

    def _start(
        self, code: PluginCode, on_progress: OnProgress | None, on_worker: Callable[[Worker], object] | None
    ) -> tuple[LoadedPlugin, Worker]:
        """Import the code in a worker and check how it describes itself."""
        manifest = code.manifest
        log = Log(code.plugin_id, f"{code.plugin_id}-load")
        self._on_log(log)
        worker, said = self._imported(code, log, on_progress, on_worker)
        try:
            definition = NodeDefinition.parse(said, plugin_id=code.plugin_id)
            if manifest.definition is not None and manifest.definition != definition:
                raise DefinitionError(
                    "get_node_definition() returns something else than the definition in plugin.json",
                    plugin_id=code.plugin_id,
                    remedy="make them equal, or leave one out: return what stands in plugin.json",
                    path="$.definition",
                )
            if flaw := manifest.misplaced_steps(definition):
                message, at, remedy = flaw
                raise DefinitionError(message, plugin_id=code.plugin_id, remedy=remedy, path=json_path(at))
        except BaseException:
            worker.end()
            raise
        return LoadedPlugin(definition=definition, **vars(code)), worker

    def another(self, code: PluginCode, on_worker: Callable[[Worker], object]) -> Worker:
        """One more worker that has imported the code, with its default configuration. What it prints, the other one did."""
        worker, _ = self._imported(code, Log(code.plugin_id, f"{code.plugin_id}-load"), None, on_worker)
        return worker

    def _imported(
        self,
        code: PluginCode,
        log: Log,
        on_progress: OnProgress | None,
        on_worker: Callable[[Worker], object] | None,
    ) -> tuple[Worker, Any]:
        """The worker, and how the plugin describes its node, unchecked."""
        fetch = Fetcher(code, log)
        worker = code.spawn(self._sandbox, log, limits=code.limits, on_fetch=fetch, on_progress=on_progress)
        try:
            if on_worker is not None:
                on_worker(worker)
            start = code.start(worker, log.instance_id, code.manifest.default_config)
            return worker, blocking.drive(start, worker, worker.limits.starting)
        except BaseException:
            worker.end()
            raise


def _demand_main_file(copy: Path, manifest: Manifest, *, plugin_id: str) -> None:
    """The file is found in the folder where case doesn't count, or was there a moment ago; the copy has what it has."""
    if (copy / manifest.main_file).is_file():
        return
    other = other_spelling(copy, manifest.main_file)
    raise LoadError(
        f"its main file {manifest.main_file!r} " + (f"is called {other!r}" if other else "is gone"),
        plugin_id=plugin_id,
        remedy="write main_file in plugin.json as the file is called" if other else "put it back",
        path="$.main_file",
    )
