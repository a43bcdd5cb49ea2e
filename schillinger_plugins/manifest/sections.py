"""The sections of a manifest: who made it, what it asks for.

Owns their fields and the rules of single values: versions, requirements, paths, hosts. What concerns several sections is the
manifest's. Called by the module above.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, Field

from ..errors import InputError
from ..hosts import split
from ..paths import inner_path
from ..schema.strict import Line, StrictModel, Text, offence, show

PluginType = Literal["NODE", "ANALYSIS", "EFFECT", "GENERATOR", "WORKFLOW", "INTEGRATION", "UI", "VISUALIZATION"]
Permission = Literal["execute", "file_access", "network"]


@lru_cache(maxsize=1024)  # the same few, in manifest after manifest
def _check_version(text: str) -> str:
    try:
        Version(text)
    except InvalidVersion as error:
        raise offence(f"{show(text)} is no version", remedy="write it as 1.0.0 (PEP 440)") from error
    return text


@lru_cache(maxsize=1024)
def _check_requirement(text: str) -> str:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise offence(f"{show(text)} is no requirement", remedy="write it as name>=1.2 (PEP 508)") from error
    if requirement.url is not None:
        raise offence(f"{show(text)} names an address", remedy="name a package and its versions")
    return text


def _check_inner_path(text: str) -> str:
    try:
        return inner_path(text)
    except InputError as error:
        raise offence(error.message, remedy=error.remedy) from error


def _check_python_path(text: str) -> str:
    if not text.endswith(".py"):
        raise offence(f"{show(text)} is no Python file", remedy="its name ends with .py")
    return _check_inner_path(text)


def _check_host(text: str) -> str:
    try:
        split(text)
    except InputError as error:
        raise offence(error.message, remedy=error.remedy) from error
    return text


PythonPath = Annotated[Line, AfterValidator(_check_python_path)]
Requirements = Annotated[
    tuple[Annotated[Line, AfterValidator(_check_requirement)], ...], Field(strict=False, max_length=128)
]
PathPattern = Annotated[Line, Field(max_length=4096)]


class Metadata(StrictModel):
    """Who made the plugin, and what it is."""

    name: Line = Field(description="what people call the plugin")
    version: Annotated[Line, AfterValidator(_check_version)] = Field(description="1.0.0 (PEP 440)")
    description: Text = Field(description="what it does, in a sentence or two")
    author: Text = Field(description="who to ask")
    plugin_type: PluginType = Field(description="which of the eight kinds")
    category: Line = Field(description="a word or two to group it by, as Audio Processing")
    dependencies: Requirements = Field(description="ids of other plugins it needs, as gain_node>=1.0; often []")
    requires_permissions: Annotated[tuple[Permission, ...], Field(strict=False, max_length=3)] = Field(
        description='of "execute", "file_access" and "network"; often ["execute"]'
    )


class Limits(StrictModel):
    """What the plugin asks for, at most; the user's policy may give less."""

    memory_mb: Annotated[int, Field(ge=16, le=1_048_576)] | None = Field(default=None, description="memory in MB")
    cpu_s: Annotated[float, Field(gt=0, le=604_800)] | None = Field(
        default=None, description="processor time of a call in s"
    )
    wall_s: Annotated[float, Field(gt=0, le=604_800)] | None = Field(
        default=None, description="duration of a call in s"
    )
    start_s: Annotated[float, Field(gt=0, le=86_400)] | None = Field(
        default=None, description="time to import it and initialize, in s"
    )
    log_kb_s: Annotated[float, Field(gt=0, le=1_048_576)] | None = Field(
        default=None, description="kB printed and logged a second"
    )
    file_size_mb: Annotated[int, Field(ge=1, le=1_048_576)] | None = Field(
        default=None, description="largest file in MB"
    )
    scratch_mb: Annotated[int, Field(ge=1, le=1_048_576)] | None = Field(
        default=None, description="scratch folder in MB"
    )
    output_mb: Annotated[int, Field(ge=1, le=1_048_576)] | None = Field(
        default=None, description="a call's outputs in MB"
    )
    open_files: Annotated[int, Field(ge=16, le=65_536)] | None = Field(default=None, description="files open at once")
    threads: Annotated[int, Field(ge=1, le=1024)] | None = Field(default=None, description="threads")


class NetworkPermission(StrictModel):
    """Why and where the plugin wants to connect."""

    reason: Line = Field(description="why, for the person who decides")
    hosts: Annotated[tuple[Annotated[Line, AfterValidator(_check_host)], ...], Field(strict=False, max_length=64)] = (
        Field(default=(), description="which hosts")
    )


class FilePermission(StrictModel):
    """Why and what the plugin wants to read and write outside its own folders."""

    reason: Line = Field(description="why, for the person who decides")
    read: Annotated[tuple[PathPattern, ...], Field(strict=False, max_length=64)] = Field(
        default=(), description="paths to read"
    )
    write: Annotated[tuple[PathPattern, ...], Field(strict=False, max_length=64)] = Field(
        default=(), description="paths to write"
    )


class ExecutePermission(StrictModel):
    """Why the plugin wants to run."""

    reason: Line = Field(description="why, for the person who decides")


class Permissions(StrictModel):
    """A reason for each permission."""

    network: NetworkPermission | None = Field(default=None, description="connections")
    file_access: FilePermission | None = Field(default=None, description="files outside its own folders")
    execute: ExecutePermission | None = Field(default=None, description="running at all")
