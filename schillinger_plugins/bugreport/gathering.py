"""Gathering: what a bug report has in it.

Owns which facts those are, and that values (what was given to a plugin, what names meant in it) are told only when that is
asked for. What this program itself says of versions and figures is taken as it is, all else goes through `Redaction`. What
can't be asked is told as such: a report is made when something is broken. Called by the faces.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import PluginError
from ..failures import Failure
from ..journal import DAYS_VARIABLE, ENVIRONMENT_VARIABLE, MEGABYTES_VARIABLE, Happening, Ran, unpacked
from ..permissions import overview
from ..registry import PluginRecord, content_hash
from ..result import versions
from ..schema.secrecy import SECRET, secret_texts, without_secrets
from .redaction import MAX_CHARS, Redaction, is_secret_name
from .report import BugReport, Section, section

if TYPE_CHECKING:
    from ..manager import PluginManager

LINES = 60
"""The last of a log and of a trace."""
RUNS = 20
"""The last of the journal."""
FAILURES = 3
"""The last of all plugins."""

_LIBRARIES = (
    "anywidget fastapi ipykernel jupyterlab librosa msgspec notebook numba py-landlock pydantic pyseccomp scipy "
    "soundfile soxr sqlalchemy uvicorn watchdog"
).split()
_FAILED_LOADS = ("load_failed", "reload_failed")
_VALUES = "values of parameters and configuration; with --values they are told"


def gather(manager: PluginManager, plugin_id: str | None = None, *, with_values: bool = False) -> BugReport:
    """Everything, of one plugin or of none in particular.

    Parameters
    ----------
    with_values : bool
        Whether to tell parameters, configuration and what the names meant where the plugin failed. Secrets are not, even so.

    Raises
    ------
    UnknownPlugin
        If there is no such plugin.
    """
    record = manager.plugins[plugin_id] if plugin_id is not None else None
    redact = Redaction(_secrets(manager))
    manager.recorder.flush(2.0)
    gatherers: list[Callable[[], Section]] = [
        lambda: _machine(redact),
        lambda: _sandbox(manager),
        lambda: _settings(manager, redact),
        lambda: _plugins(manager, redact),
    ]
    if record is not None:
        gatherers += [
            lambda: _plugin(record, redact),
            lambda: _permissions(manager, record, redact),
            lambda: _failure(_last_failure(manager, record.id), redact, with_values=with_values),
        ]
    else:
        gatherers.append(lambda: _failures(manager, redact))
    gatherers += [
        lambda: _instances(manager, plugin_id, redact, with_values=with_values),
        lambda: _runs(manager, plugin_id, redact, with_values=with_values),
        lambda: _events(manager, plugin_id, redact),
        lambda: _log(manager, plugin_id, redact),
        lambda: _trace(manager, plugin_id, redact),
    ]
    sections = tuple(_tried(gatherer, redact) for gatherer in gatherers)
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    return BugReport(plugin_id=plugin_id, made_at=made_at, sections=sections, taken=redact.taken)


def _tried(gatherer: Callable[[], Section], redact: Redaction) -> Section:
    try:
        return gatherer()
    except (PluginError, OSError) as error:
        return section("Not to be had", {type(error).__name__: redact(str(error))})


def _secrets(manager: PluginManager) -> Iterator[str]:
    """What the schemas of configurations, or the names in them, call secret."""
    for record in list(manager.plugins.values()):
        if record.manifest is None:
            continue
        configs = [record.manifest.default_config]
        configs += [one.config for one in list(manager.instances.values()) if one.plugin_id == record.id]
        for config in configs:
            yield from secret_texts(config, record.manifest.config_schema)
            yield from (value for name, value in config.items() if isinstance(value, str) and is_secret_name(name))


def _machine(redact: Redaction) -> Section:
    found = {**versions(), "implementation": f"{platform.python_implementation()} {sys.implementation.cache_tag}"}
    found |= {"C library": " ".join(platform.libc_ver()), "CPUs": str(os.cpu_count())}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return section("This machine", {name: redact.known(value) for name, value in found.items()})


def _sandbox(manager: PluginManager) -> Section:
    report = manager.doctor()
    found = (*report.layers, *report.probes)
    return section(
        "Sandbox", {"level": report.level}, [f"{'yes' if one.ok else 'NO '}  {one.name}: {one.detail}" for one in found]
    )


def _settings(manager: PluginManager, redact: Redaction) -> Section:
    """Known ones alone: what else is in the environment is nobody's business."""
    policy, recorder = manager.policy, manager.recorder
    journal = manager.permissions.journal
    return section(
        "Settings",
        {
            "minimum_level": policy.minimum_level,
            "refuse_findings": policy.refuse_findings,
            "total_memory_mb": round(policy.total_memory_mb),
            "journal": ("a file" if journal.file is not None else "PostgreSQL")
            + (", its place named" if os.environ.get(ENVIRONMENT_VARIABLE) else ""),
            DAYS_VARIABLE: redact(os.environ.get(DAYS_VARIABLE, "")),
            MEGABYTES_VARIABLE: redact(os.environ.get(MEGABYTES_VARIABLE, "")),
            "records lost": recorder.dropped,
            "journal's problem": redact(recorder.problem),
            "spans": "on" if manager.spans is not None else "off",
            "SCHILLINGER_PLUGIN_PATH": redact(os.environ.get("SCHILLINGER_PLUGIN_PATH", "")),
        },
    )


def _plugins(manager: PluginManager, redact: Redaction) -> Section:
    records = list(manager.plugins.values())
    states = [record.state for record in records]
    return section(
        "Plugins",
        {state: states.count(state) for state in sorted(set(states))},
        [redact(f"{record.id}: {record.error}") for record in records if record.error is not None],
    )


def _plugin(record: PluginRecord, redact: Redaction) -> Section:
    facts = {"id": record.id, "state": record.state, "source": record.source, "folder": str(record.root)}
    told = {name: redact(value) for name, value in facts.items()}
    if record.manifest is None:
        return section("The plugin", {**told, "error": redact(str(record.error))})
    manifest = record.manifest
    shown = manifest.model_dump(mode="json", exclude_none=True, exclude={"definition"})
    shown["default_config"] = without_secrets(manifest.default_config, manifest.config_schema)
    definition = record.definition.as_dict() if record.definition is not None else {}
    names = {
        kind: ", ".join(f"{one['name']} ({one.get('type', '')})" for one in definition.get(kind, ()))
        for kind in ("inputs", "outputs", "parameters")
    }
    told |= {name: redact(value) for name, value in names.items()}
    told["content hash"] = content_hash(record.root)
    return section("The plugin", told, [redact(msgspec.json.format(msgspec.json.encode(shown)).decode())])


def _permissions(manager: PluginManager, record: PluginRecord, redact: Redaction) -> Section:
    rows = overview(manager.permissions, [record], plugin_id=record.id)
    return section(
        "Permissions", {}, [redact(f"{row.permission}: asks for {row.asked}; granted: {row.granted}") for row in rows]
    )


def _last_failure(manager: PluginManager, plugin_id: str) -> Failure | None:
    """Of this session; where it has none, of the sessions before."""
    failure = manager.last_failure(plugin_id)
    if failure is not None:
        return failure
    book = manager.permissions.journal
    loads = [one for one in book.happenings(plugin_id=plugin_id, newest=RUNS) if one.name in _FAILED_LOADS]
    known = [*map(_remembered, book.runs(plugin_id=plugin_id, outcome="failed", newest=1)), *map(_of_load, loads[-1:])]
    return max(known, key=lambda failure: failure.time_s, default=None)


def _remembered(ran: Ran) -> Failure:
    return Failure(
        time_s=datetime.fromisoformat(ran.at).timestamp() + ran.wall_s,
        kind=ran.error_kind,
        message=ran.error,
        instance_id=ran.instance_id or ran.name,
        traceback_text=ran.traceback,
    )


def _of_load(happening: Happening) -> Failure:
    told = unpacked(happening.detail)
    why: dict[str, Any] = told if isinstance(told, dict) else {"error": told}  # it was cut
    return Failure(
        time_s=datetime.fromisoformat(happening.at).timestamp(),
        kind=why.get("kind", happening.name),
        message=why.get("error", ""),
        traceback_text=why.get("traceback", ""),
    )


def _failures(manager: PluginManager, redact: Redaction) -> Section:
    """The last of all plugins, as the journal has them."""
    lines = []
    for ran in manager.permissions.journal.runs(outcome="failed", newest=FAILURES):
        lines.append(
            f"{ran.at} {ran.run_id} " + redact(f"{ran.instance_id or ran.name}: {ran.error_kind}: {ran.error}")
        )
        lines += [redact(ran.traceback)] if ran.traceback else []
    return section("Last failures", {} if lines else {"": "none that the journal knows of"}, lines, keeps_end=True)


def _failure(failure: Failure | None, redact: Redaction, *, with_values: bool) -> Section:
    if failure is None:
        return section("Last failure", {"": "none that this session or the journal knows of"})
    facts = {
        "when": datetime.fromtimestamp(failure.time_s, UTC).isoformat(timespec="seconds"),
        "what": redact(f"{failure.kind}: {failure.message}"),
        "where": failure.instance_id or "as it was loaded",
    }
    if failure.remedy:
        facts["what to do"] = redact(failure.remedy)
    lines = [redact(failure.traceback_text.rstrip())]
    if with_values:
        for site in reversed(failure.sites):
            lines.append(redact(f"{site.file}, line {site.line}, in {site.function}"))
            # A name says what its value is: `token` of `'x'`.
            lines += [f"  {redact(f'{name} = {value}')}" for name, value in site.names]
    left_out = "" if with_values or not failure.sites else "what the names meant; with --values they are told"
    return section("Last failure", facts, lines, left_out=left_out)


def _instances(manager: PluginManager, plugin_id: str | None, redact: Redaction, *, with_values: bool) -> Section:
    lines = []
    for one in manager.status().instances:
        if plugin_id not in (None, one.plugin_id):
            continue
        figures = {**asdict(one), **asdict(one.stats)}
        for name in ("id", "plugin_id", "stats", "last_error"):
            figures.pop(name, None)
        told = ", ".join(
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in figures.items()
        )
        lines.append(f"{one.id}: {told}")
        instance = manager.instances.get(one.id)
        if with_values and instance is not None:
            config = without_secrets(instance.config, instance.plugin.manifest.config_schema)
            lines.append("  configuration " + redact(msgspec.json.encode(config, enc_hook=str).decode()))
    return section("Instances", {}, lines, left_out="" if with_values else "their configuration")


def _runs(manager: PluginManager, plugin_id: str | None, redact: Redaction, *, with_values: bool) -> Section:
    runs = manager.permissions.journal.runs(plugin_id=plugin_id, newest=RUNS)
    lines = [line for ran in runs for line in _told_run(ran, redact, with_values=with_values)]
    return section("Runs", {}, lines, left_out="" if with_values else _VALUES, keeps_end=True)


def _told_run(ran: Ran, redact: Redaction, *, with_values: bool) -> Sequence[str]:
    why = f"  {ran.error_kind}: {ran.error}" if ran.error_kind else ""
    of = f" × {ran.calls}" if ran.calls > 1 else ""
    parameters = ran.parameters if with_values else ", ".join(_names(ran.parameters))
    return [
        f"{ran.at} {ran.run_id} {ran.instance_id} {ran.method}{of} {ran.outcome} {ran.wall_s:.4g} s "
        f"{ran.cpu_s:.4g} s CPU {ran.peak_memory_bytes / 1e6:.1f} MB{redact(why)}",
        *([f"  parameters {redact(parameters)}"] if parameters not in ("", "{}") else []),
        *([f"  configuration {redact(ran.config)}"] if with_values and ran.config != "{}" else []),
    ]


def _names(packed: str) -> list[str]:
    try:
        found = msgspec.json.decode(packed)
    except msgspec.DecodeError:  # it was cut
        return [SECRET]
    return list(map(str, found)) if isinstance(found, dict) else []


def _events(manager: PluginManager, plugin_id: str | None, redact: Redaction) -> Section:
    happened = manager.permissions.journal.happenings(plugin_id=plugin_id, newest=RUNS)
    lines = [f"{one.at} {one.name} {one.plugin_id} {one.instance_id} {redact(one.detail)}" for one in happened]
    return section("Events", {}, lines, keeps_end=True)


def _log(manager: PluginManager, plugin_id: str | None, redact: Redaction) -> Section:
    """Of this session; where it has none, of the sessions before."""
    lines = [f"{_clock(one.time_s)} {one.run_id or '-'} {one.text}" for one in manager.logs(plugin_id)[-LINES:]]
    if not lines:
        told = manager.permissions.journal.lines(plugin_id=plugin_id, newest=LINES)
        lines = [f"{one.at} {one.run_id or '-'} {one.text}" for one in told]
    while sum(map(len, lines)) + len(lines) > MAX_CHARS:
        del lines[0]
    # As a whole: a private key that was printed is many lines.
    return section("Log", {}, [redact("\n".join(lines))] if lines else [], keeps_end=True)


def _trace(manager: PluginManager, plugin_id: str | None, redact: Redaction) -> Section:
    events = manager.trace(plugin_id)[-LINES:]
    return section(
        "Trace",
        {},
        [f"{_clock(one.time_s)} {one.instance_id} {one.kind} {redact(one.what)}" for one in events],
        keeps_end=True,
    )


def _clock(time_s: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(time_s))
