"""``%%plugin ID``: a plugin written in a cell, loaded or reloaded, shown and run.

Owns the order: read, write, load, show, run; and that what fails points at the cell's line. The reading and writing is
``authoring``. Called by the cell magic.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..authoring import Cell, cell_folder, read_cell
from ..authoring.cell import MAIN
from ..definition.example import example_inputs, example_parameters, lacking
from ..errors import InputError, PermissionDenied, PluginError
from ..manifest import FILE_NAME
from ..reading import with_content
from ..scanner import scan
from ..versions.words import changes, kept
from .arguments import parse
from .grants import ask_first
from .info import node_tables, show_node
from .run import evaluate, progress_for, refuse_unknown, required_id, sort
from .session import Session
from .subcommands import CELL_OPTIONS
from .table import Text
from .tracebacks import shown_as_interrupted, shown_short

if TYPE_CHECKING:
    from ..definition import NodeDefinition
    from ..result import Result


def run_cell(session: Session, line: str, code: str, local_ns: Mapping[str, Any] | None) -> Result | None:
    """Write the plugin of a cell and have it serve; its result on the values of the line, or on an example.

    Raises
    ------
    PluginError
        Rendered without frames of this package. What was served before goes on.
    """
    if line.strip() in ("", "-h", "--help"):
        from .help import cell_help

        print(cell_help())
        return None
    try:
        return _run(session, line, code, local_ns)
    except PluginError as error:
        _tell_of_the_notebook(session, error, local_ns)
        raise shown_short(error) from None
    except KeyboardInterrupt as interrupt:
        raise shown_as_interrupted(interrupt) from None


def _tell_of_the_notebook(session: Session, error: PluginError, local_ns: Mapping[str, Any] | None) -> None:
    """A plugin that wants a variable of the notebook runs elsewhere, which its author may have forgotten."""
    named = re.search(r"\ANameError: name '(\w+)' is not defined", error.message)
    if named and named[1] in session.namespace(local_ns):
        error.remedy = (
            f"a plugin can't see the notebook's variables: import or define {named[1]} in the cell, or make it an input"
        )


def _run(session: Session, line: str, code: str, local_ns: Mapping[str, Any] | None) -> Result | None:
    arguments = parse(line, CELL_OPTIONS)
    plugin_id = required_id(arguments, "cell")
    kinds = arguments.options.get("--type", [])
    cell = read_cell(plugin_id, line, code, plugin_type=kinds[-1].expression if kinds else None)
    before = session.manager.last_reload(plugin_id) if plugin_id in session.manager.plugins else None
    began_s = time.perf_counter()
    definition = _load(session, cell)
    took_ms = (time.perf_counter() - began_s) * 1000
    report = session.manager.last_reload(plugin_id)
    is_reload = report is not None and report is not before and report.succeeded
    told = [
        f"{plugin_id} is {'reloaded' if is_reload else 'loaded'} ({took_ms:.0f} ms)",
        *cell.notes,
        *_advice(session, cell),
    ]
    if is_reload and report is not None:
        told += changes(report)
    print(Text("\n".join(told)).__repr__())
    refuse_unknown(definition, arguments, plugin_id)
    inputs, parameters = sort(definition, evaluate(session, arguments.values, local_ns))
    definition.check_parameters(with_content(definition, parameters, plugin_id=plugin_id), plugin_id=plugin_id)
    ready = {**example_inputs(definition), **inputs}
    if session.in_notebook:
        show_node(session.manager, session.manager.plugins[plugin_id], inputs=ready, parameters=parameters)
    else:
        print("\n\n".join(map(repr, node_tables(definition))))
    if "--no-run" in arguments.options or lacking(definition, ready):
        return None
    parameters = parameters or example_parameters(definition)
    with progress_for(session, plugin_id) as progress:
        instance = session.manager.default_instance(plugin_id, on_progress=progress.update)
        return instance.execute(ready, parameters, on_progress=progress.update)


def _load(session: Session, cell: Cell) -> NodeDefinition:
    """Written, and loaded or reloaded."""
    manager, plugin_id = session.manager, cell.plugin_id
    known = manager.plugins.get(plugin_id, None)
    if known is not None and known.root != cell.folder:
        raise InputError(
            f"there is another plugin of that id, in {known.root}", plugin_id=plugin_id, remedy="choose another id"
        )
    undo = cell.write()
    try:
        ask_first(session, cell.folder, anew=known is not None)
        with progress_for(session, plugin_id) as progress:
            if known is not None and known.state == "loaded":
                record = manager.reload(plugin_id, on_progress=progress.update)
            else:
                record = manager.load(cell.folder, on_progress=progress.update)
    except PermissionDenied:  # it stays, to be granted what it asks for
        raise
    except KeyboardInterrupt:
        undo()
        raise
    except PluginError as error:
        undo()  # what is on disk is what served last, for the next kernel, too
        report = manager.last_reload(plugin_id) if known is not None else None
        if report is not None and report.error is error:
            # To its author the cell is no file, and the manifest is nobody's text.
            print(kept(report).replace(f"--- a/{MAIN}\n+++ b/{MAIN}\n", "").partition(f"\n--- a/{FILE_NAME}\n")[0])
        line = _line_of(error, cell)
        if line:
            error.message = f"line {line} of the cell: {error.message}"
        raise
    assert record.definition is not None
    return record.definition


def _advice(session: Session, cell: Cell) -> list[str]:
    """What the scan's own rules say of the cell; bandit's, which take a third of a second, are for ``%plugin scan``."""
    manifest = session.manager.plugins[cell.plugin_id].manifest
    assert manifest is not None
    report = scan(cell.folder, manifest, judge=session.manager.policy.imports.verdict, with_bandit=False)
    return [
        f"{one.severity}: line {one.line} of the cell: {one.message}"
        for one in report.at_least("medium")
        if one.file == manifest.main_file
    ]


def _line_of(error: PluginError, cell: Cell) -> int:
    """Where in the cell the name stands that an error is about; 0 if it says so itself or that can't be known."""
    if f"{cell_folder(cell.plugin_id)}" in getattr(error, "traceback_text", ""):
        return 0
    if (error.path or "").startswith("$.example") and cell.source.example:
        return cell.source.example
    place = re.match(r"\$\.(inputs|parameters|outputs)\[(\d+)\]", error.path or "")
    if place and int(place[2]) < len(lines := cell.source.ends.get(place[1], [])):
        return lines[int(place[2])]
    named = [*re.findall(r"`(\w+)`", error.message), *re.findall(r"\w+", error.path or "")]
    line = next((cell.source.fields[name] for name in named if name in cell.source.fields), 0)
    if not line and error.path:
        line = next((n for n, text in enumerate(cell.text.split("\n"), 1) if "def get_node_definition" in text), 0)
    return line
