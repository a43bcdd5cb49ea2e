"""One run of a workflow's steps: what each gets, and what came of it.

Owns the references, followed; the seeds and the progress of the steps; and that an error says in which step it happened.
Refuses steps that don't fit the plugins they use before the first one runs. Calls no plugin: ``instance`` does.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from ..call import Call
from ..definition import NodeDefinition
from ..definition.steps import Reference, Step, literal, reference
from ..errors import DefinitionError, PluginError
from ..instance import Instance
from ..loaded import LoadedPlugin
from ..registry import PluginRecord
from ..result import Result
from ..sandbox.steps import OnProgress
from ..schema.json_text import json_path
from ..schema.strict import suggestion
from .borrowing import demand_admissible, demand_no_file, demand_no_more


class Host(Protocol):
    """What a workflow needs of the manager."""

    @property
    def plugins(self) -> Mapping[str, PluginRecord]:
        """Those that are known."""

    def load(self, plugin: str, *, on_progress: OnProgress | None = None) -> PluginRecord:
        """Have a plugin loaded."""

    def create_instance(
        self, plugin_id: str, config: Mapping[str, Any] | None = None, *, on_progress: OnProgress | None = None
    ) -> Instance:
        """A new instance."""

    def destroy_instance(self, instance_id: str) -> None:
        """End it."""


class Run:
    """One run.

    Attributes
    ----------
    results : dict of str to Result
        By step, in their order, of those that have been run.
    seed : int
        Of the workflow's own call; those of the steps follow from it.
    """

    def __init__(self, workflow: LoadedPlugin, call: Call) -> None:
        self.workflow = workflow
        self.call = call
        self.seed = secrets.randbits(63) if call.seed is None else call.seed
        self.results: dict[str, Result] = {}

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps."""
        return self.workflow.definition.steps

    def demand_fit(self, host: Host, on_progress: OnProgress | None) -> None:
        """Load every plugin that is used, and see that the steps fit them.

        Raises
        ------
        UnknownPlugin
            If there is no such plugin.
        DefinitionError
            For a name that the plugin of a step doesn't have, or a plugin that can't be a step.
        PermissionDenied
            For a plugin that may do more than the workflow.
        PluginError
            If one can't be loaded.
        """
        definitions: dict[str, NodeDefinition] = {}
        for index, step in enumerate(self.steps):
            path = json_path(["steps", index, "plugin"])
            with self.naming(index):
                record = host.plugins[step.plugin]
                if record.manifest is None:
                    raise record.error or PluginError("it has no manifest", plugin_id=step.plugin)
            demand_admissible(step, record.manifest, workflow=self.workflow, path=path)
            with self.naming(index):
                definition = host.load(step.plugin, on_progress=on_progress).definition
            assert definition is not None
            self._demand_names(index, definition, definitions)
            definitions[step.id] = definition

    def arguments(self, index: int, instance: Instance) -> tuple[dict[str, Any], dict[str, Any]]:
        """Inputs and parameters of a step, for the instance that is to do it.

        Raises
        ------
        PermissionDenied
            If that may do more than the workflow.
        """
        step = self.steps[index]
        path = json_path(["steps", index, "plugin"])
        demand_no_more(step, instance.plugin.granted, workflow=self.workflow, path=path)
        given: dict[str, dict[str, Any]] = {"inputs": {}, "parameters": {}}
        for kind, name, value in step.given():
            meant = reference(value)
            if meant is None:
                given[kind][name] = literal(value)
            elif meant.source != "inputs" or meant.name in self.call.inputs:  # else the step doesn't get it either
                given[kind][name] = self._follow(meant, json_path(["steps", index, kind, name]))
        with self.naming(index):
            demand_no_file(instance.definition, given["inputs"], given["parameters"], plugin_id=step.plugin)
        return given["inputs"], given["parameters"]

    def seed_of(self, index: int) -> int:
        """The seed of a step: another one for each, the same for the same seed of the workflow."""
        return int(np.random.SeedSequence([self.seed, index]).generate_state(1, np.uint64)[0] >> np.uint64(1))

    def progress_of(self, index: int) -> OnProgress | None:
        """What a step tells how far it has come, or the workflow's own call after the last one."""
        on_progress = self.call.on_progress
        if on_progress is None:
            return None
        total, name = len(self.steps) + 1, self.steps[index].id if index < len(self.steps) else ""

        def tell(fraction: float, message: str) -> None:
            on_progress((index + fraction) / total, ": ".join(part for part in (name, message) if part))

        return tell

    def outputs(self) -> dict[str, dict[str, Any]]:
        """What the steps gave, as the workflow's own plugin gets it."""
        return {name: dict(result) for name, result in self.results.items()}

    @contextlib.contextmanager
    def naming(self, index: int) -> Iterator[None]:
        """Have errors say in which step they happened; what they say themselves stays, a plugin's traceback, too."""
        try:
            yield
        except PluginError as error:
            step = self.steps[index]
            error.message = f"step `{step.id}` of {self.workflow.plugin_id}: {error.message}"
            error.plugin_id = error.plugin_id or step.plugin
            error.path = json_path(["steps", index]) + (error.path or "$")[1:]
            raise

    def _demand_names(self, index: int, definition: NodeDefinition, earlier: Mapping[str, NodeDefinition]) -> None:
        step = self.steps[index]
        inputs = [port.name for port in definition.inputs]
        parameters = [parameter.name for parameter in definition.parameters]
        for kind, name, value in step.given():
            path = json_path(["steps", index, kind, name])
            known = inputs if kind == "inputs" else parameters
            there = name in known or (kind == "parameters" and definition.parameter(name) is not None)
            if not there and (inputs or parameters):  # it takes anything if it declares nothing
                self._refuse(f"step `{step.id}`: {step.plugin} has no {kind[:-1]} `{name}`", name, known, path)
            meant = reference(value)
            if meant is not None and meant.source in earlier:
                outputs = [port.name for port in earlier[meant.source].outputs]
                if outputs and meant.name not in outputs:
                    message = f"step `{step.id}` refers to {meant}, and step `{meant.source}` has no such output"
                    self._refuse(message, meant.name, outputs, path)

    def _follow(self, meant: Reference, path: str) -> Any:
        if meant.source == "inputs":
            return self.call.inputs[meant.name]
        if meant.source == "parameters":
            return self.call.parameters[meant.name]
        result = self.results[meant.source]
        if meant.name not in result:
            self._refuse(f"step `{meant.source}` gave no output `{meant.name}`", meant.name, list(result), path)
        return result[meant.name]

    def _refuse(self, message: str, name: str, known: list[str], path: str) -> None:
        remedy = f"{suggestion(name, known)} (an author changes the steps)"
        raise DefinitionError(message, plugin_id=self.workflow.plugin_id, remedy=remedy, path=path)
