"""``schillinger run ID [FILE]``: one call of a plugin, from files to a file.

Owns the reading of the command's arguments into inputs and parameters. Everything that can be refused before the
plugin runs is refused before: the output's format, a file in its place, an unknown name, a value out of range.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError, UnknownPlugin, nearest
from ..schema.strict import suggestion
from .asking import ask_first, named
from .console import note, progress, tell_table

if TYPE_CHECKING:
    from ..definition import NodeDefinition, Output
    from ..manager import PluginManager
    from ..result import Result

Pair = tuple[str, str]


def _pairs(_: click.Context, parameter: click.Parameter, values: Sequence[str]) -> list[Pair]:
    pairs = []
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{value!r} is no NAME=VALUE", param=parameter)
        pairs.append((name.strip(), text))
    return pairs


PATHS = click.option(
    "--path",
    "paths",
    multiple=True,
    type=click.Path(),
    metavar="FOLDER",
    help="A folder that is a plugin or holds plugins, searched first. May be repeated.",
)

CONFIG = click.option(
    "--config", multiple=True, callback=_pairs, metavar="NAME=VALUE", help="A key of the configuration; JSON or text."
)


@click.command("run")
@click.argument("plugin", metavar="ID")
@click.argument("file", required=False, type=click.Path())
@click.option(
    "--set",
    "settings",
    multiple=True,
    callback=_pairs,
    metavar="NAME=VALUE",
    help="A parameter; the value is JSON or text.",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    callback=_pairs,
    metavar="NAME=FILE",
    help="An input: audio, .npy for an array, a MIDI file, JSON for the rest.",
)
@CONFIG
@click.option(
    "--limit",
    "limits",
    multiple=True,
    callback=_pairs,
    metavar="NAME=N",
    help="A limit, as wall_s=30 or memory_mb=2000.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Makes a run with random numbers repeatable.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the result to .json, .npz, .html; its sound to .wav, .flac; its notes to .mid; "
    "its figure to .svg, .png, .jpg, .vl.",
)
@click.option("--force", is_flag=True, help="Overwrite the file that --out names.")
@click.option("--json", "want_json", is_flag=True, help="Print the result as JSON instead of a table.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@PATHS
def run_command(
    plugin: str,
    file: str | None,
    settings: list[Pair],
    inputs: list[Pair],
    config: list[Pair],
    limits: list[Pair],
    seed: int | None,
    out: Path | None,
    force: bool,
    want_json: bool,
    quiet: bool,
    paths: tuple[str, ...],
) -> None:
    """Run the plugin ID (or the one in the folder ID) over FILE, its first audio input.

    \b
    Examples:
      schillinger run audio_analyzer song.flac
      schillinger run audio_analyzer song.flac --set n_fft=4096 --out report.html
      schillinger run resultant_rhythm --set a=4 --set b=3 --out rhythm.wav
      schillinger run gain_node song.wav --set gain_db=-6 --out quieter.flac
    """
    from ..call import read_inputs
    from ..reading import with_content
    from .save import saver

    if out is not None:
        save = saver(out, force=force)
    with open_manager(paths) as manager:
        ask_first(manager, plugin)  # before the bar: it would draw over the question
        with progress(plugin, quiet=quiet) as on_progress:
            plugin_id = _resolve(manager, plugin)
            definition = manager.definition(plugin_id)
            if out is not None:
                save.demand(definition)
            given_inputs = _inputs(definition, file, inputs, plugin_id)
            given_parameters = _parameters(definition, settings, plugin_id)
            # A slip in a name or a file should not cost the seconds that it takes to warm the sandbox.
            ready_parameters = with_content(definition, given_parameters, plugin_id=plugin_id)
            definition.check_parameters(ready_parameters, plugin_id=plugin_id)
            given_inputs = read_inputs(definition, given_inputs, plugin_id=plugin_id, read_audio=manager.read_audio)
            instance = manager.create_instance(plugin_id, configuration(config), on_progress=on_progress)
            result = instance.execute(
                given_inputs, ready_parameters, limits=_limits(limits) or None, seed=seed, on_progress=on_progress
            )
    if want_json:
        from .console import as_json
        from .save import plain

        as_json(plain(result))
    elif not quiet:
        _summarise(result)
    if out is not None:
        remark = save.write(result)
        if not quiet:
            note(f"wrote {out}" + (f" ({remark})" if remark else ""))


@contextmanager
def open_manager(paths: Sequence[str]) -> Iterator[PluginManager]:
    """A manager for one command."""
    from ..manager import PluginManager

    with PluginManager([Path(path).expanduser() for path in paths]) as manager:
        yield manager


def configuration(pairs: list[Pair]) -> dict[str, Any]:
    """What --config gave, read."""
    return {name: _value(text) for name, text in pairs}


def _resolve(manager: PluginManager, plugin: str) -> str:
    found = named(manager, plugin)
    return manager.load(found).id if isinstance(found, Path) else found


def _inputs(definition: NodeDefinition, file: str | None, pairs: list[Pair], plugin_id: str) -> dict[str, Any]:
    paths = dict(pairs)
    if file is not None:
        port = next((port for port in definition.inputs if port.type == "audio" and port.name not in paths), None)
        if port is None:
            inputs = ", ".join(port.name for port in definition.inputs) or "none"
            raise InputError(
                f"it has no audio input for {file!r} (inputs: {inputs})",
                plugin_id=plugin_id,
                remedy="leave the file out",
            )
        paths[port.name] = file
    given = {}
    for name, path in paths.items():
        port = definition.input(name)
        if port is None:
            known = [port.name for port in definition.inputs]
            raise InputError(
                f"no input `{name}`", plugin_id=plugin_id, remedy=suggestion(name, known), path=f"$.inputs.{name}"
            )
        given[name] = path if port.type == "audio" else _read(port.type, Path(path).expanduser(), name, plugin_id)
    return given


def _read(kind: str, path: Path, name: str, plugin_id: str) -> Any:
    try:
        if kind in ("midi", "bytes"):
            return path.read_bytes()
        if kind == "array":
            import numpy as np

            return np.load(path, allow_pickle=False)
        return json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        form = {"array": "a .npy file", "midi": "a MIDI file", "bytes": "a file"}.get(kind, "a JSON file")
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise InputError(
            f"{str(path)!r} can't be read: {reason}",
            plugin_id=plugin_id,
            remedy=f"give {form}",
            path=f"$.inputs.{name}",
        ) from error


def _parameters(definition: NodeDefinition, pairs: list[Pair], plugin_id: str) -> dict[str, Any]:
    values = {}
    for name, text in pairs:
        parameter = definition.parameter(name)
        if parameter is not None and parameter.type in ("string", "choice", "file"):
            values[name] = _value(text) if text.startswith('"') else text
        elif parameter is None and definition.input(name) is not None:
            raise InputError(
                f"`{name}` is an input, not a parameter", plugin_id=plugin_id, remedy=f"write --input {name}=FILE"
            )
        else:
            values[name] = _value(text)
    return values


def _limits(pairs: list[Pair]) -> dict[str, float]:
    limits = {}
    for name, text in pairs:
        try:
            limits[name] = float(text)
        except ValueError as error:
            raise InputError(f"the limit {name} is {text!r}, no number", remedy=f"write --limit {name}=30") from error
    return limits


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _summarise(result: Result) -> None:
    from ..result import brief

    shown: Callable[[Any], str] = brief
    outputs = {port.name: port for port in result.definition.outputs}
    rows = [
        (
            name,
            shown(value),
            outputs[name].unit if name in outputs else "",
            _label(outputs.get(name)),
        )
        for name, value in result.items()
    ]
    provenance = result.provenance
    what = f"{provenance.plugin_id} {provenance.plugin_version}"
    title = f"{what}, {result.stats.wall_s:.3g} s, sandbox level {provenance.sandbox_level}"
    tell_table(("output", "value", "unit", ""), rows, title=title)


def _label(port: Output | None) -> str:
    return port.label if port is not None and port.label != port.name else ""


def unknown_id(plugin_id: str, known: Sequence[str]) -> UnknownPlugin:
    """For an id that discovery did not find."""
    close = nearest(plugin_id, known)
    remedy = f"did you mean {close}?" if close else "schillinger list shows what there is"
    return UnknownPlugin(f"there is no plugin {plugin_id!r}", remedy=remedy)
