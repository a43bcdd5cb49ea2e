"""``%plugin debug`` and ``%plugin profile``: what a failure looked like from inside, and where a run spends its time.

Owns the taking apart of the line and the drawing. All that is shown was told by the plugin's own process, so all of it is
taken for hostile text. Called by ``magics.plugin_magic``.
"""

from __future__ import annotations

import html
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..definition.example import example_inputs, example_parameters, lacking
from ..errors import InputError, Site
from ..failures import Failure
from .arguments import Arguments, parse
from .grants import ask_first
from .run import evaluate, progress_for, refuse_unknown, required_id, sort
from .session import Session
from .subcommands import DEBUG_OPTIONS
from .table import Table, Text, _printable
from .tracebacks import in_cells, place_of

if TYPE_CHECKING:
    from ..definition import NodeDefinition

_LINES = 10
"""Of its log and of its trace."""


def debug(session: Session, line: str, local_ns: Mapping[str, Any] | None) -> PostMortem | Text:
    """The last failure, or with ``--profile`` a run that is measured."""
    arguments = parse(line, DEBUG_OPTIONS)
    plugin_id = required_id(arguments, "debug")
    if "--profile" in arguments.options:
        return _profiled(session, plugin_id, arguments, local_ns)
    manager = session.manager
    failure = manager.last_failure(plugin_id)
    if failure is None:
        return Text(f"nothing has gone wrong with {plugin_id} since this session began")
    of_it = (failure.instance_id or f"{plugin_id}-load",)
    return PostMortem(
        plugin_id,
        failure,
        log=[line.text for line in manager.logs(plugin_id) if line.instance_id in of_it][-_LINES:],
        trace=[f"{event.kind} {event.what}" for event in manager.trace(plugin_id) if event.instance_id in of_it][
            -_LINES:
        ],
    )


def profile(session: Session, line: str, local_ns: Mapping[str, Any] | None) -> Text:
    """A run that is measured."""
    arguments = parse(line)
    return _profiled(session, required_id(arguments, "profile"), arguments, local_ns)


def _profiled(session: Session, plugin_id: str, arguments: Arguments, local_ns: Mapping[str, Any] | None) -> Text:
    manager = session.manager
    ask_first(session, plugin_id)
    with progress_for(session, plugin_id) as progress:
        definition = manager.definition(plugin_id)
        refuse_unknown(definition, arguments, plugin_id)
        inputs, parameters = sort(definition, evaluate(session, arguments.values, local_ns))
        inputs = {**example_inputs(definition), **inputs}
        _demand_all(definition, inputs, plugin_id)
        parameters = parameters or example_parameters(definition)
        instance = manager.default_instance(plugin_id, on_progress=progress.update)
        result = instance.execute(inputs, parameters, on_progress=progress.update, profile=True)
    return Text(f"{plugin_id}, {result.stats.wall_s:.3g} s, measured from inside\n{result.stats.profile.strip()}")


def _demand_all(definition: NodeDefinition, inputs: Mapping[str, Any], plugin_id: str) -> None:
    """Before an instance is made: what can't be made up has to be given."""
    missing = lacking(definition, inputs)
    if missing:
        given = " ".join(f"{name}=…" for name in missing)
        raise InputError(
            f"to run it needs {' and '.join(f'`{name}`' for name in missing)}, and its definition has no example with that",
            plugin_id=plugin_id,
            remedy=f"write %plugin debug {plugin_id} --profile {given}",
        )


class PostMortem:
    """A failure, from the traceback to what was printed before it."""

    def __init__(self, plugin_id: str, failure: Failure, *, log: Sequence[str], trace: Sequence[str]) -> None:
        self._plugin_id = plugin_id
        self._failure = failure
        self._log = log
        self._trace = trace

    def __repr__(self) -> str:
        failure = self._failure
        parts = [self._head(), _printable(in_cells(failure.traceback_text.rstrip()))]
        parts += [repr(_names(site)) for site in reversed(failure.sites)]
        parts += [repr(table) for table in self._tables()]
        return "\n\n".join(part for part in parts if part)

    def _repr_html_(self) -> str:
        failure = self._failure
        parts = [f"<p>{html.escape(self._head())}</p>"]
        if failure.traceback_text.strip():
            parts.append(f"<pre>{html.escape(_printable(in_cells(failure.traceback_text.rstrip())))}</pre>")
        for number, site in enumerate(reversed(failure.sites)):
            table = _names(site)
            summary = html.escape(table.title)
            body = Table(headings=table.headings, rows=table.rows, notes=table.notes)._repr_html_()
            opened = " open" if number == 0 else ""  # where it was raised tells most
            parts.append(f"<details{opened}><summary>{summary}</summary>{body}</details>")
        return "".join([*parts, *(table._repr_html_() for table in self._tables())])

    def _head(self) -> str:
        failure = self._failure
        when = time.strftime("%H:%M:%S", time.localtime(failure.time_s))
        where = failure.instance_id or "as it was loaded"
        remedy = f" → {failure.remedy}" if failure.remedy else ""
        return _printable(f"{failure.kind}: {failure.message}{remedy} ({when}, {where})")

    def _tables(self) -> list[Table]:
        titled = (("Printed last", self._log), ("Done last", self._trace))
        return [
            Table(headings=("",), rows=[(line,) for line in lines], title=title) for title, lines in titled if lines
        ]


def _names(site: Site) -> Table:
    notes = [] if site.names else ["no names, or none that fit"]
    return Table(
        headings=("name", "what it meant"),
        rows=site.names,
        title=f"{place_of(site.file)}, line {site.line}, in {site.function}",
        notes=notes,
    )
