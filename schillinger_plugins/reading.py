"""Reading the files that parameters name, for the person who named them.

Owns the way from a path to a `File`: opened, never read past what the parameter takes, and refused if it doesn't fit. A
path becomes content here and nowhere else, so what may not read files has one place less to go: a request over HTTP is
refused here whatever led to it, a workflow's steps and a panel never come here. Called by ``call`` and ``streaming`` for
what a person gives, by ``flow`` through its host, and by ``widgets``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from .behalf import current
from .definition import NodeDefinition, Parameter
from .definition.ports import Misfit
from .errors import InputError
from .opening import open_regular
from .schema.json_text import json_path
from .schema.strict import show
from .types import File


def has_paths(definition: NodeDefinition, values: Mapping[str, Any]) -> bool:
    """Whether a file is to be read for one of these parameters."""
    return definition.has_files and any(
        isinstance(value, (str, PurePath))
        and (known := definition.parameter(name)) is not None
        and known.type == "file"
        for name, value in values.items()
    )


def with_content(definition: NodeDefinition, values: Mapping[str, Any], *, plugin_id: str) -> Mapping[str, Any]:
    """The same parameters with each path to a file in its content's place.

    Raises
    ------
    InputError
        See `read_file`; with the path ``$.parameters.scale``.
    """
    if not has_paths(definition, values):
        return values
    given = dict(values)
    for name, value in values.items():
        parameter = definition.parameter(name)
        if parameter is None or parameter.type != "file" or not isinstance(value, (str, PurePath)):
            continue
        try:
            given[name] = read_file(parameter, value)
        except InputError as error:
            error.message = f"parameter `{parameter.name}`: {error.message}"
            error.plugin_id, error.path = plugin_id, json_path(["parameters", parameter.name])
            raise
    return given


def read_file(parameter: Parameter, path: str | PurePath) -> File:
    """What a file holds, for a parameter.

    Raises
    ------
    InputError
        If its name doesn't end as the parameter asks, it is gone, a folder, a pipe or a device, larger than the parameter
        takes, or may not be read; or if this is done for a request over HTTP.
    """
    descriptor, name = _open(parameter, path)
    try:
        data = _content(descriptor, parameter.most_bytes + 1)
    except OSError as error:
        raise InputError(f"{name} can't be read: {error.strerror}", remedy="check the file") from error
    finally:
        os.close(descriptor)
    file = File(os.path.basename(os.fspath(path)), data)
    try:
        parameter.check(file)
    except Misfit as misfit:
        raise InputError(f"{name} {misfit}", remedy=misfit.remedy) from None
    return file


def seen(parameter: Parameter, path: str | PurePath) -> tuple[int, int]:
    """Size in bytes and time of the last change in ns of a file that could be read now; raises as `read_file`."""
    descriptor, name = _open(parameter, path)
    try:
        about = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if about.st_size > parameter.most_bytes:
        raise InputError(f"{name} {parameter.too_large(about.st_size)}", remedy="give a smaller file")
    return about.st_size, about.st_mtime_ns


def _open(parameter: Parameter, path: str | PurePath) -> tuple[int, str]:
    text = os.fspath(path)
    name = show(text)
    if current().is_remote:
        raise InputError(
            "a file's content is expected, and files of the server are not read",
            remedy='send {"name": "…", "base64": "…"}',
        )
    try:
        parameter.named(text)
    except Misfit as misfit:
        raise InputError(f"{name} {misfit}", remedy=misfit.remedy) from None
    return open_regular(Path(text), name, remedy="give the path of a file"), name


def _content(descriptor: int, most: int) -> bytes:
    """Up to `most` bytes: a file may grow while it is read, and one of /proc says that it has none."""
    pieces = []
    while most > 0 and (piece := os.read(descriptor, min(most, 1 << 20))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)
