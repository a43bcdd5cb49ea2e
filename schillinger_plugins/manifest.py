"""Manifest: ``plugin.json``, read and checked without running anything.

Owns the manifest's rules and their translation into errors that say which rule, which value and what to do. Refuses
unknown keys (with the nearest known one), keys that are there twice, paths that leave the plugin's folder (through a
symbolic link, too), schemas that reach outside themselves, and text that would reach a terminal as control
characters. A manifest comes from a stranger: its size, depth and the effort of checking it are bounded. Called by
``loader`` and the faces.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, Field, ValidationError, model_validator

from .definition import NodeDefinition
from .errors import InputError, ManifestError
from .hosts import split
from .paths import inner_path
from .schema.config import config_flaws, schema_flaws
from .schema.json_text import MAX_BYTES, NotPlain, read_json
from .schema.strict import Flaw, Id, Line, StrictModel, Text, flaws_of, is_id, offence, show

FILE_NAME = "plugin.json"
SCHEMA_ID = "https://schillinger-plugins.github.io/schema/plugin-1.json"

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


_NO_LIMITS, _NO_PERMISSIONS = Limits(), Permissions()


class Manifest(StrictModel):
    """A checked ``plugin.json``.

    Examples
    --------
    >>> manifest = Manifest.read(Path("plugins/gain_node"))  # doctest: +SKIP
    >>> manifest.id, manifest.metadata.plugin_type  # doctest: +SKIP
    ('gain_node', 'NODE')
    """

    json_schema: Annotated[str, Field(max_length=500)] | None = Field(
        default=None, alias="$schema", description="where an editor finds the schema of this file"
    )
    schema_version: Literal[1] = Field(default=1, description="version of this format")
    id: Id = Field(default_factory=str, description="never changes; the folder's name, if not given")
    display_name: Line | None = Field(default=None, description="shown instead of metadata.name")
    metadata: Metadata = Field(description="who made the plugin, and what it is")
    main_file: Annotated[Line, AfterValidator(_check_python_path)] = Field(
        description='the Python file with the class, as "main.py"'
    )
    config_schema: dict[str, Any] = Field(description="JSON Schema (2020-12) of the configuration; {} takes anything")
    default_config: dict[str, Any] = Field(description="the configuration when nobody sets one; often {}")
    definition: NodeDefinition | None = Field(
        default=None,
        description="what get_node_definition() returns; lets the node be drawn without running the plugin",
    )
    limits: Limits = Field(default_factory=lambda: _NO_LIMITS, description="what it asks for, at most")
    permissions: Permissions = Field(
        default_factory=lambda: _NO_PERMISSIONS, description="a reason for each permission"
    )
    python_dependencies: Requirements = Field(
        default=(), description="Python packages it needs, as librosa>=0.11 (PEP 508)"
    )

    @classmethod
    def parse(cls, text: bytes | str, *, where: Path) -> Self:
        """Check the text of a manifest.

        Parameters
        ----------
        text : bytes or str
            What stands in ``plugin.json``.
        where : Path
            The plugin's folder; its name is the id if the manifest gives none. Nothing is read from it.

        Raises
        ------
        ManifestError
            For the first flaw; `flaws` lists all.
        """
        manifest, flaws = cls._examine(text, where)
        if manifest is None:
            raise _error(flaws, where)
        return manifest

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read and check the manifest of a plugin's folder, and that its paths lead to files within that folder.

        Raises
        ------
        ManifestError
            Also if there is no folder, no ``plugin.json`` or no main file.
        """
        try:
            text = _read_manifest(folder)
        except _NotReadable as error:
            raise ManifestError(str(error), remedy=error.remedy) from error
        manifest, flaws = cls._examine(text, folder)
        if manifest is not None:
            flaws += _main_file_flaws(folder, manifest.main_file)
        if manifest is None or flaws:
            raise _error(flaws, folder)
        return manifest

    @classmethod
    def flaws(cls, folder: Path) -> list[Flaw]:
        """Everything that is wrong with a plugin's folder; empty if nothing is. Runs nothing of the plugin."""
        try:
            text = _read_manifest(folder)
        except _NotReadable as error:
            return [Flaw(message=str(error), path="$", remedy=error.remedy)]
        manifest, flaws = cls._examine(text, folder)
        return flaws if manifest is None else _main_file_flaws(folder, manifest.main_file)

    @staticmethod
    def claimed_id(folder: Path) -> str:
        """The id that a folder claims though its manifest is broken, or else the folder's name. For lists of plugins."""
        try:
            data = read_json(_read_manifest(folder))
        except (NotPlain, _NotReadable):
            data = None
        claimed = data.get("id") if isinstance(data, dict) else None
        return claimed if isinstance(claimed, str) and is_id(claimed) else folder.name or str(folder)

    @property
    def title(self) -> str:
        """What to call it before people."""
        return self.display_name or self.metadata.name

    def check_config(self, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """``default_config`` overlaid with `config` (key by key, not deeper), checked against ``config_schema``.

        Raises
        ------
        InputError
            With the path ``$.config.model.size``.
        """
        merged = {**self.default_config, **(config or {})}
        try:
            from .schema.json_text import check_plain

            check_plain(merged)
        except NotPlain as error:
            path = error.path.replace("$", "$.config", 1)
            raise InputError(f"the configuration is no plain data: {error}", plugin_id=self.id, path=path) from error
        flaws = config_flaws(self.config_schema, merged, root="$.config")
        if flaws:
            raise InputError(
                f"configuration: {flaws[0].message}", plugin_id=self.id, remedy=flaws[0].remedy, path=flaws[0].path
            )
        return merged

    @classmethod
    def _examine(cls, text: bytes | str, where: Path) -> tuple[Self | None, list[Flaw]]:
        try:
            data = read_json(text)
        except NotPlain as error:
            return None, [Flaw(message=str(error), path=error.path, remedy=f"correct {FILE_NAME}")]
        if not isinstance(data, dict):
            return None, [Flaw(message=f"expected an object, got {show(data)}", path="$", remedy="begin with {")]
        flaws: list[Flaw] = []
        if "id" not in data:
            is_plain = where.name not in ("", "..") and not where.is_symlink()
            folder_name = where.name if is_plain else where.resolve().name
            data["id"] = folder_name
            if not is_id(folder_name):
                message = f"the folder's name {show(folder_name)} can't be the plugin's id"
                remedy = (
                    'give "id": a lower-case letter, then letters a-z, digits and _ (at most 64), or rename the folder'
                )
                flaws.append(Flaw(message=message, path="$.id", remedy=remedy))
                data["id"] = "nameless"
        manifest = None
        try:
            manifest = cls.model_validate(data)
        except ValidationError as error:
            flaws += flaws_of(error, cls)
        except RecursionError:
            flaws.append(Flaw(message="nested too deep", path="$"))
        flaws += _config_flaws(data.get("config_schema"), data.get("default_config"))
        return (None if flaws else manifest), flaws

    @model_validator(mode="after")
    def _permissions_are_required(self) -> Self:
        for name in ("network", "file_access", "execute"):
            if getattr(self.permissions, name) is not None and name not in self.metadata.requires_permissions:
                raise offence(
                    f"permissions.{name} is explained but not asked for",
                    at=("permissions", name),
                    remedy=f'add "{name}" to metadata.requires_permissions, or remove the explanation',
                )
        return self


def manifest_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``plugin.json``, for editors. What only Python can check is not in it."""
    schema = Manifest.model_json_schema(by_alias=True, mode="validation")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID}
    return {**head, **schema, "title": "plugin.json", "description": "Manifest of a plugin for schillinger_plugins"}


class _NotReadable(OSError):
    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def _read_manifest(folder: Path) -> bytes:
    """The bytes of a folder's manifest: in three system calls where it is a plain file, as nearly every one is."""
    try:
        descriptor = os.open(f"{folder}/{FILE_NAME}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return _read_odd_manifest(folder)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode):
            # One byte more than is accepted, so that a file that is too large is seen without being read.
            return os.read(descriptor, min(found.st_size, MAX_BYTES) + 1)
    except OSError:
        pass  # which the other way puts into words
    finally:
        os.close(descriptor)
    return _read_odd_manifest(folder)


def _read_odd_manifest(folder: Path) -> bytes:
    path = folder / FILE_NAME
    try:
        if not folder.is_dir():
            raise _NotReadable(f"there is no folder {folder}", "give the path of a plugin's folder")
        found = path.stat()
        if not path.resolve().is_relative_to(folder.resolve()):
            raise _NotReadable(f"{FILE_NAME} is a link that leaves the folder", "put the file itself there")
        if not stat.S_ISREG(found.st_mode):
            raise _NotReadable(f"{FILE_NAME} is no regular file", "put a file there")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise _NotReadable(
            f"there is no {FILE_NAME} in {folder}", "every plugin's folder has one; `schillinger schema` describes it"
        ) from error
    except (_NotReadable, ValueError) as error:
        if isinstance(error, _NotReadable):
            raise
        raise _NotReadable(f"{show(str(folder))} is no path: {error}", "give the path of a plugin's folder") from error
    except OSError as error:
        raise _NotReadable(f"{path} can't be read: {error.strerror}", "check the file and its permissions") from error


def _main_file_flaws(folder: Path, main_file: str) -> list[Flaw]:
    if "/" not in main_file:
        with contextlib.suppress(OSError):
            if stat.S_ISREG(os.lstat(f"{folder}/{main_file}").st_mode):
                return []
    path, place = folder / main_file, "$.main_file"
    try:
        real = path.resolve(strict=True)
        inside = real.is_relative_to(folder.resolve(strict=True))
        regular = real.is_file()
    except OSError as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else f"can't be reached: {error.strerror}"
        return [Flaw(message=f"{show(main_file)} {reason}", path=place, remedy=f"put the plugin's class into {path}")]
    if not inside:
        message = f"{show(main_file)} is a link that leaves the plugin's folder"
        return [Flaw(message=message, path=place, remedy="put the file itself into the folder")]
    if not regular:
        return [Flaw(message=f"{show(main_file)} is no regular file", path=place, remedy="name a Python file")]
    return []


def _config_flaws(schema: Any, default: Any) -> list[Flaw]:
    if not isinstance(schema, dict):
        return []
    flaws = schema_flaws(schema)
    if not flaws and isinstance(default, dict):
        flaws = config_flaws(schema, default, root="$.default_config")
    return flaws


def _error(flaws: list[Flaw], where: Path) -> ManifestError:
    first = flaws[0]
    remedy = first.remedy or "correct it"
    if len(flaws) > 1:
        remedy += f" ({len(flaws) - 1} more; `schillinger validate {where}` lists all)"
    return ManifestError(f"{FILE_NAME} in {where}: {first.message}", remedy=remedy, path=first.path)
