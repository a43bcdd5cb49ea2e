"""The subcommands of ``%plugin`` that look and tell: list, info, load, unload, reload, status, logs, doctor, validate.

Each takes a line apart, asks the manager, and returns something that shows itself. Called by ``magics.plugin_magic``.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, PluginError
from ..journal.overview import duration
from ..permissions import described_grant
from ..policy import Granted
from ..reading import with_content
from ..registry import PluginRecord
from ..status import InstanceStatus
from ..versions.words import changes, kept
from .arguments import parse
from .grants import as_path, ask_first
from .info import PluginInfo
from .run import evaluate, progress_for, refuse_unknown, required_id, sort
from .scan import ADVICE
from .session import Session
from .subcommands import SUBCOMMANDS
from .table import Table, Text

if TYPE_CHECKING:
    from ..widgets.logs import LogsWidget
    from ..widgets.status import StatusWidget

Locals = Mapping[str, Any] | None

_TOLD_GROWTH_BYTES = 1_000
_STATUS_HEADINGS = (
    *("instance", "state", "calls", "failed", "cancelled", "a minute", "p50", "p99", "CPU", "memory"),
    "housekeeping",
)

_LEVELS = {
    "full": "a plugin reaches no file, network, process or signal that it was not given; the kernel sees to it",
    "partial": "as full, but for what this kernel is too old to refuse (see below)",
    "process": "a plugin has a process of its own with limits, but can read and write your files: run what you trust",
}


def list_plugins(session: Session, line: str, _: Locals) -> Table:
    """The plugins as a table, those that have come meanwhile included; broken ones with their error."""
    wanted = line.strip().lower()
    session.manager.discover()
    records = [record for record in session.manager.plugins.values() if wanted in _searched(record)]
    rows = [(record.id, *_described(record)) for record in records]
    broken = sum(record.state == "broken" for record in records)
    notes = [f"{broken} broken: %plugin validate ID shows every flaw"] if broken else []
    if not rows:
        notes = ["no plugin matches" if wanted else "no plugins; SCHILLINGER_PLUGIN_PATH names folders to search"]
    return Table(headings=("id", "type", "version", "state", "description"), rows=rows, notes=notes)


def info(session: Session, line: str, local_ns: Locals) -> PluginInfo:
    """What a plugin is, and its node."""
    arguments = parse(line)
    plugin_id = required_id(arguments, "info")
    record = session.manager.plugins[plugin_id]
    if session.in_notebook or arguments.values:
        ask_first(session, plugin_id)  # the node that is drawn runs it, and so may its values
    inputs: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    if arguments.values:
        definition = session.manager.definition(plugin_id)
        refuse_unknown(definition, arguments, plugin_id)
        inputs, parameters = sort(definition, evaluate(session, arguments.values, local_ns))
        definition.check_parameters(with_content(definition, parameters, plugin_id=plugin_id), plugin_id=plugin_id)
    return PluginInfo(session.manager, record, inputs=inputs, parameters=parameters, in_notebook=session.in_notebook)


def load(session: Session, line: str, _: Locals) -> Text:
    """Import a plugin, by id or by path."""
    target = _one(line, "load")
    plugin = as_path(session, target)
    ask_first(session, plugin)
    started_s = time.perf_counter()
    with progress_for(session, target) as progress:
        record = session.manager.load(plugin, on_progress=progress.update)
    return Text(f"{record.id} {_version(record)} is loaded ({time.perf_counter() - started_s:.2f} s)")


def unload(session: Session, line: str, _: Locals) -> Text:
    """End a plugin's workers."""
    plugin_id = _one(line, "unload")
    if session.manager.plugins[plugin_id].state != "loaded":
        return Text(f"{plugin_id} was not loaded")
    session.manager.unload(plugin_id)
    return Text(f"{plugin_id} is unloaded")


def reload(session: Session, line: str, _: Locals) -> Text:
    """Read a plugin anew."""
    plugin_id = _one(line, "reload")
    ask_first(session, plugin_id, anew=True)
    started_s = time.perf_counter()
    try:
        with progress_for(session, plugin_id) as progress:
            record = session.manager.reload(plugin_id, on_progress=progress.update)
    except PluginError as error:
        report = session.manager.last_reload(plugin_id)
        if report is not None and report.error is error:
            print(kept(report))
        raise
    said = f"{plugin_id} {_version(record)} is reloaded ({time.perf_counter() - started_s:.2f} s)"
    report = session.manager.last_reload(plugin_id)
    return Text("\n  ".join([said, *changes(report)]) if report is not None else said)


def status(session: Session, line: str, _: Locals) -> Table | StatusWidget:
    """The instances, what they have used, and the level; live where widgets run."""
    _none(line, "status")
    table = _status_table(session)
    if not session.in_notebook:
        return table
    from ..widgets.status import StatusWidget

    return StatusWidget(session.manager, still=table._repr_html_(), text=repr(table))


def _status_table(session: Session) -> Table:
    now = session.manager.status()
    rows = [
        (
            instance.id,
            f"{instance.state}, {instance.waiting} wait" if instance.waiting else instance.state,
            str(instance.stats.calls),
            _failed(instance),
            str(instance.stats.cancelled),
            f"{instance.pace.calls_per_minute:.3g}",
            *(duration(time_s) if time_s else "" for time_s in (instance.pace.p50_s, instance.pace.p99_s)),
            duration(instance.stats.cpu_total_s) if instance.stats.calls else "",
            _memory(instance),
            _given_back(instance),
        )
        for instance in now.instances
    ]
    states = list(now.plugins.values())
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    level = now.level or "known when the first plugin is loaded; %plugin doctor finds out now"
    return Table(
        headings=_STATUS_HEADINGS,
        rows=rows,
        title=f"Sandbox level: {level}",
        notes=[f"plugins: {counts or 'none'}", *_granted(session)],
    )


def _failed(instance: InstanceStatus) -> str:
    stats = instance.stats
    return f"{stats.failures} ({stats.failed_share:.0%})" if stats.failures else "0"


def _memory(instance: InstanceStatus) -> str:
    """Now, at most, and by how much it grows if it does."""
    told = [_megabytes(instance.memory_bytes)] if instance.memory_bytes else []
    if instance.peak_memory_bytes > instance.memory_bytes:
        told.append(f"peak {_megabytes(instance.peak_memory_bytes)}")
    if instance.leaks or instance.growth_bytes_per_call >= _TOLD_GROWTH_BYTES:
        told.append(f"{'leaks' if instance.leaks else 'grows by'} {instance.growth_bytes_per_call / 1e6:.2g} MB a call")
    return ", ".join(told)


def _given_back(instance: InstanceStatus) -> str:
    """How often it was restarted, slept and collected garbage, and what that gave back."""
    stats = instance.stats
    counted = ((stats.restarts, "restarted"), (stats.sleeps, "slept"), (stats.collections, "collected garbage"))
    told = [f"{word} {count}×" for count, word in counted if count]
    return ", ".join([*told, *([f"gave back {_megabytes(stats.given_back_bytes)}"] if stats.given_back_bytes else [])])


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.{int(size < 1e7)}f} MB"


def _granted(session: Session) -> list[str]:
    """What the plugins that run may do beyond running."""
    plugins = {instance.plugin_id: instance.plugin for instance in session.manager.instances.values()}
    return [
        f"{plugin_id} may {described_grant(plugin.granted)}"
        for plugin_id, plugin in plugins.items()
        if plugin.granted != Granted()
    ]


def logs(session: Session, line: str, _: Locals) -> Text | LogsWidget:
    """What plugins printed; live where widgets run, unless a number of lines is asked for."""
    words = _split(line)
    count, is_still = 100, "--tail" in words
    if is_still:
        index = words.index("--tail")
        value = words[index + 1] if index + 1 < len(words) else ""
        if not value.isdecimal():
            raise InputError(f"--tail needs a number, not {value!r}", remedy="write --tail 20")
        count = int(value)
        del words[index : index + 2]
    if len(words) > 1:
        raise InputError(f"too much: {' '.join(words[1:])!r}", remedy=f"write %plugin logs {SUBCOMMANDS['logs'].usage}")
    found = session.manager.logs(words[0] if words else None)
    shown = found[-count:] if count else []
    lines = (f"{time.strftime('%H:%M:%S', time.localtime(one.time_s))} {one.instance_id}  {one.text}" for one in shown)
    text = Text("\n".join(lines) if shown else "nothing was printed")
    if is_still or not session.in_notebook:
        return text
    from ..widgets.logs import LogsWidget

    return LogsWidget(session.manager, words[0] if words else "", text=repr(text))


def doctor(session: Session, line: str, _: Locals) -> Table:
    """The level of confinement, with reasons."""
    _none(line, "doctor")
    with progress_for(session, "doctor") as progress:
        report = session.manager.doctor(on_progress=progress.update)
    rows = [(_mark(one.ok), one.name, one.detail) for one in report.layers]
    rows += [(_mark(one.ok), f"attempt: {one.name}", one.detail) for one in report.probes]
    return Table(
        headings=("", "", ""),
        rows=rows,
        title=f"Sandbox level: {report.level}",
        notes=[
            _LEVELS.get(report.level, ""),
            "An attempt is what a confined worker tried just now; ✓ means that it was refused.",
        ],
    )


def validate(session: Session, line: str, _: Locals) -> Table:
    """Every flaw of a plugin's folder. Runs nothing of it, unless that is asked for."""
    from ..manifest import Manifest

    words = line.split()
    runs = "--run" in words
    target = _one(" ".join(word for word in words if word != "--run"), "validate")
    record = session.manager.plugins.get(target, None)
    found = record.root if record is not None else as_path(session, target)
    folder = found if isinstance(found, Path) else session.manager.plugins[found].root  # raises, naming the nearest
    flaws = Manifest.flaws(folder)
    if flaws:
        rows = [("✗", flaw.path, flaw.message, flaw.remedy or "") for flaw in flaws]
        count = "1 flaw" if len(rows) == 1 else f"{len(rows)} flaws"
        return Table(headings=("", "where", "what", "what to do"), rows=rows, title=f"{folder}: {count}")
    if record is not None and record.error is not None:
        rows = [("✗", record.error.path or "", record.error.message, record.error.remedy or "")]
        return Table(headings=("", "where", "what", "what to do"), rows=rows, title=str(folder))
    manifest = Manifest.read(folder)
    report = session.manager.findings(folder)
    told = [("✓", manifest.id, "the manifest is in order" + ("" if runs else "; nothing of the plugin was run"))]
    if (flaw := report.unreadable(manifest.main_file)) is not None:
        told.append(("✗", flaw.where, flaw.message))
    # The scan has no say in whether a plugin is sound.
    told += [(one.severity, one.where, one.message) for one in report.findings if one is not flaw]
    if runs:
        told += _tried(session, folder)
    return Table(headings=("", "", ""), rows=told, title=str(folder), notes=[ADVICE] if report.findings else [])


def _tried(session: Session, folder: Path) -> list[tuple[str, str, str]]:
    """What becomes of it in a worker of a manager of its own: what is loaded here goes on as it is."""
    from ..authoring.trial import trial
    from ..manager import PluginManager

    with PluginManager([folder]) as manager, progress_for(session, folder.name) as progress:
        try:
            return [("✓", folder.name, trial(manager, folder, on_progress=progress.update))]
        except PluginError as error:
            return [("✗", error.path or "", f"{type(error).__name__}: {error.message}")]


def _described(record: PluginRecord) -> tuple[str, str, str, str]:
    if record.error is not None or record.manifest is None:
        what = str(record.error.message) if record.error else "no manifest"
        return "", "", record.state, what
    metadata = record.manifest.metadata
    first = metadata.description.strip().split("\n")[0]
    return metadata.plugin_type, metadata.version, record.state, first


def _searched(record: PluginRecord) -> str:
    metadata = record.manifest.metadata if record.manifest else None
    more = [metadata.plugin_type, metadata.category, metadata.description, metadata.name] if metadata else []
    return " ".join([record.id, record.state, *more]).lower()


def _version(record: PluginRecord) -> str:
    return record.manifest.metadata.version if record.manifest else ""


def _mark(ok: bool) -> str:
    return "✓" if ok else "✗"


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError as error:
        raise InputError(f"the line can't be read: {error}", remedy="close the quote") from None


def _one(line: str, subcommand: str) -> str:
    words = _split(line)
    if len(words) != 1:
        usage = SUBCOMMANDS[subcommand].usage
        problem = "is missing" if not words else f"is followed by {' '.join(words[1:])!r}"
        raise InputError(
            f"%plugin {subcommand} takes {usage}, which {problem}", remedy=f"write %plugin {subcommand} {usage}"
        )
    return words[0]


def _none(line: str, subcommand: str) -> None:
    words = _split(line)
    if words:
        raise InputError(
            f"%plugin {subcommand} takes nothing, not {' '.join(words)!r}", remedy=f"write %plugin {subcommand}"
        )
