"""Borrowing: what a workflow may use of other plugins.

Owns the rule against the confused deputy. A plugin that was granted a folder or a host was granted it for itself; a workflow
of somebody else that has it read, write or fetch would have that power without anybody having granted it. So a step's
plugin has nothing that the workflow hasn't, and no step is given a file by its name, be it for a sound or for a
parameter: the host itself would read it. A
workflow is no step of another one, since no end could be told. Called by ``running``.
"""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

from packaging.requirements import Requirement

from ..definition import NodeDefinition
from ..definition.steps import Step
from ..errors import DefinitionError, InputError, PermissionDenied
from ..loaded import LoadedPlugin
from ..manifest import Manifest
from ..permissions import described
from ..policy import Granted


def demand_admissible(step: Step, manifest: Manifest, *, workflow: LoadedPlugin, path: str) -> None:
    """Refuse a step by its plugin's manifest alone, before that is loaded.

    Raises
    ------
    DefinitionError
        If its plugin is a workflow itself, or of a version that the workflow doesn't take.
    PermissionDenied
        If it asks for a permission of which the workflow has nothing.
    """
    own = workflow.granted
    if manifest.metadata.plugin_type == "WORKFLOW":
        raise DefinitionError(
            f"step `{step.id}` uses {step.plugin}, which is a workflow itself",
            plugin_id=workflow.plugin_id,
            remedy="its author takes the steps of that workflow into this one",
            path=path,
        )
    version = manifest.metadata.version
    for needed in map(Requirement, workflow.manifest.metadata.dependencies):
        if needed.name == step.plugin and not needed.specifier.contains(version, prereleases=True):
            raise DefinitionError(
                f"step `{step.id}` needs {needed}, and there is version {version}",
                plugin_id=workflow.plugin_id,
                remedy=f"install {needed}",
                path=path,
            )
    for permission, there in (("network", own.hosts), ("file_access", (*own.read, *own.write))):
        if permission in manifest.metadata.requires_permissions and not there:
            raise _denied(step, workflow, permission, None, path)


def demand_no_more(step: Step, granted: Granted, *, workflow: LoadedPlugin, path: str) -> None:
    """Refuse a step whose plugin was granted what the workflow was not.

    Raises
    ------
    PermissionDenied
        With the folders or hosts.
    """
    own = workflow.granted
    hosts = [host for host in granted.hosts if host not in own.hosts]
    read = [path for path in granted.read if not _within(path, (*own.read, *own.write))]
    write = [path for path in granted.write if not _within(path, own.write)]
    if read or write:
        raise _denied(step, workflow, "file_access", described(read, write, ()), path)
    if hosts:
        raise _denied(step, workflow, "network", described((), (), hosts), path)


def demand_no_file(
    definition: NodeDefinition, inputs: dict[str, Any], parameters: dict[str, Any], *, plugin_id: str
) -> None:
    """Refuse text where a step's plugin takes sound or a file: the host would read the file of that name for it.

    Raises
    ------
    InputError
        With the path ``$.inputs.audio``.
    """
    for kind, needed, find, given in (
        ("input", "audio", definition.input, inputs),
        ("parameter", "file", definition.parameter, parameters),
    ):
        for name, value in given.items():
            known = find(name)
            if known is not None and known.type == needed and isinstance(value, (str, PurePath)):
                raise InputError(
                    f"{kind} `{name}` is a file's name, and a workflow gives no files to its steps",
                    plugin_id=plugin_id,
                    remedy=f"its author lets the workflow have such an {kind} of the type {needed}, and refers to that"
                    if kind == "input"
                    else f"its author lets the workflow have a {kind} of the type {needed}, and refers to that",
                    path=f"$.{kind}s.{name}",
                )


def _within(path: Path, folders: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _denied(step: Step, workflow: LoadedPlugin, permission: str, target: str | None, path: str) -> PermissionDenied:
    what = f"{permission} ({target})" if target else permission
    return PermissionDenied(
        f"step `{step.id}` uses {step.plugin}, which has the permission {what}, and the workflow was not granted that",
        permission=permission,
        target=target,
        plugin_id=workflow.plugin_id,
        remedy=f"run {step.plugin} yourself and pass its result in: "
        f"what it was granted is for you to use, not for {workflow.plugin_id}",
        path=path,
    )
