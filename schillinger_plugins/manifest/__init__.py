"""Manifest: ``plugin.json``, read and checked without running anything.

Owns the manifest's rules and their translation into errors that say which rule, which value and what to do. Refuses
unknown keys (with the nearest known one), keys that are there twice, paths that leave the plugin's folder (through a
symbolic link, too), schemas that reach outside themselves, and text that would reach a terminal as control
characters. A manifest comes from a stranger: its size, depth and the effort of checking it are bounded. Called by
``loader`` and the faces.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from ..definition import NodeDefinition, panel
from ..definition.steps import misplaced
from ..errors import InputError, ManifestError
from ..schema.config import config_flaws, schema_flaws
from ..schema.json_text import NotPlain, check_plain, read_json
from ..schema.strict import Flaw, Id, Line, StrictModel, flaws_of, is_id, offence, show
from .folder import FILE_NAME, NotReadable, main_file_flaws, read_manifest
from .sections import Limits, Metadata, Permission, Permissions, PluginType, PythonPath, Requirements

__all__ = ["FILE_NAME", "Limits", "Manifest", "Metadata", "Permission", "Permissions", "PluginType", "manifest_schema"]

SCHEMA_ID = "https://schillinger-plugins.github.io/schema/plugin-1.json"

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
    main_file: PythonPath = Field(description='the Python file with the class, as "main.py"')
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
            text = read_manifest(folder)
        except NotReadable as error:
            raise ManifestError(str(error), remedy=error.remedy) from error
        manifest, flaws = cls._examine(text, folder)
        if manifest is not None:
            flaws += main_file_flaws(folder, manifest.main_file)
        if manifest is None or flaws:
            raise _error(flaws, folder)
        return manifest

    @classmethod
    def flaws(cls, folder: Path) -> list[Flaw]:
        """Everything that is wrong with a plugin's folder; empty if nothing is. Runs nothing of the plugin."""
        try:
            text = read_manifest(folder)
        except NotReadable as error:
            return [Flaw(message=str(error), path="$", remedy=error.remedy)]
        manifest, flaws = cls._examine(text, folder)
        return flaws if manifest is None else main_file_flaws(folder, manifest.main_file)

    @staticmethod
    def claimed_id(folder: Path) -> str:
        """The id that a folder claims though its manifest is broken, or else the folder's name. For lists of plugins."""
        try:
            data = read_json(read_manifest(folder))
        except (NotPlain, NotReadable):
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

    @model_validator(mode="after")
    def _steps_are_a_workflows(self) -> Self:
        flaw = self.definition and self.misplaced_steps(self.definition)
        if flaw:
            raise offence(flaw[0], at=("definition", *flaw[1]), remedy=flaw[2])
        return self

    def misplaced_steps(self, definition: NodeDefinition) -> tuple[str, tuple[str | int, ...], str] | None:
        """What is wrong with the steps, or the panel, of a definition in this plugin; see `misplaced`."""
        metadata = self.metadata
        return misplaced(
            definition.steps, plugin_type=metadata.plugin_type, dependencies=metadata.dependencies
        ) or panel.misplaced(definition, plugin_type=metadata.plugin_type)


def manifest_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``plugin.json``, for editors. What only Python can check is not in it."""
    schema = Manifest.model_json_schema(by_alias=True, mode="validation")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID}
    return {**head, **schema, "title": "plugin.json", "description": "Manifest of a plugin for schillinger_plugins"}


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
