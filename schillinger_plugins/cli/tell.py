"""``schillinger list | info | validate | doctor | schema``: what there is, and whether it is sound.

Everything but ``doctor``, ``validate --run``, and ``info`` of a plugin that keeps its definition to itself, runs without
starting a worker.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..definition import Output, Parameter, Port
from ..errors import PluginError
from ..loader import discover, inspect
from ..manifest import Manifest, manifest_schema
from ..registry import PluginRecord
from ..scanner import Report
from ..schema.strict import Flaw
from .asking import ask_first
from .console import as_json, complain, note, progress, say, tell_table
from .run import PATHS, open_manager, unknown_id
from .scan import findings, tell_findings

JSON = click.option("--json", "want_json", is_flag=True, help="Print JSON instead of a table.")


@click.command("list")
@PATHS
@JSON
def list_plugins(paths: tuple[str, ...], want_json: bool) -> None:
    """List the plugins on this machine, broken ones with their error. Runs none of them."""
    records = discover([Path(path) for path in paths])
    if want_json:
        as_json([_described(record) for record in records])
        return
    rows = []
    for record in records:
        metadata = record.manifest.metadata if record.manifest else None
        what = record.error.message if record.error else metadata.description.split("\n")[0] if metadata else ""
        kind, version = (metadata.plugin_type, metadata.version) if metadata and not record.error else ("", "")
        rows.append((record.id, kind, version, record.state, what))
    tell_table(("id", "type", "version", "state", "description"), rows)


@click.command()
@click.argument("plugin", metavar="ID")
@PATHS
@JSON
def info(plugin: str, paths: tuple[str, ...], want_json: bool) -> None:
    """Tell what the plugin ID is: its facts, inputs, outputs and parameters."""
    records = {record.id: record for record in discover([Path(path) for path in paths])}
    record = records.get(plugin) or (inspect(plugin) if Path(plugin).is_dir() else None)
    if record is None:
        raise unknown_id(plugin, list(records))
    if record.error is not None:
        raise record.error
    definition = record.definition
    if definition is None:
        with open_manager(paths) as manager:
            ask_first(manager, plugin)
            known = record.id if record.id in manager.plugins else record.root
            with progress(plugin, quiet=False) as on_progress:
                definition = manager.load(known, on_progress=on_progress).definition
    assert record.manifest is not None
    assert definition is not None
    if want_json:
        as_json({**_described(record), "definition": definition.as_dict()})
        return
    metadata = record.manifest.metadata
    facts = [
        ("id", record.id),
        ("version", metadata.version),
        ("type", f"{metadata.plugin_type} ({metadata.category})"),
        ("author", metadata.author),
        ("description", metadata.description),
        ("permissions", "\n".join(_permissions(record)) or "none"),
        ("folder", str(record.root)),
    ]
    tell_table(("", ""), facts, title=record.manifest.title)
    for title, ports in (("Inputs", definition.inputs), ("Outputs", definition.outputs)):
        if ports:
            tell_table(
                ("name", "type", "description"),
                [(p.name, p.describe(), _note(p)) for p in ports],
                title=f"\n{title}",
            )
    if definition.parameters:
        rows = [(p.name, p.describe(), repr(p.default), _note(p)) for p in definition.parameters]
        tell_table(("name", "type", "default", "description"), rows, title="\nParameters")
    report, in_tests = findings(record).beside_tests()
    tell_findings(report, title="\nFindings of the static scan")
    if in_tests:
        note(f"the static scan found {in_tests} in its tests: schillinger scan {record.id}")


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(), metavar="FOLDER…")
@click.option("--run", "want_run", is_flag=True, help="Also load it in a confined process, and run its example.")
@JSON
def validate(folders: tuple[str, ...], want_run: bool, want_json: bool) -> int:
    """Check the plugin in each FOLDER without running any of it; shows every flaw, exits with 2 if there is one."""
    found = {folder: Manifest.flaws(Path(folder).expanduser()) for folder in folders}
    reports = {folder: findings(inspect(Path(folder).expanduser())) for folder, flaws in found.items() if not flaws}
    for folder, report in reports.items():
        found[folder] += _main_file_flaws(folder, report)
    done = dict.fromkeys(found, "nothing of the plugin was run")
    for folder in [folder for folder, flaws in found.items() if want_run and not flaws]:
        try:
            done[folder] = _tried(folder, quiet=want_json)
        except PluginError as error:
            path = error.path or str(Manifest.read(Path(folder).expanduser()).main_file)
            found[folder] = [Flaw(message=f"{type(error).__name__}: {error.message}", path=path, remedy=error.remedy)]
    if want_json:
        as_json(
            {
                folder: [{"message": flaw.message, "path": flaw.path, "remedy": flaw.remedy} for flaw in flaws]
                for folder, flaws in found.items()
            }
        )
    else:
        for folder, flaws in found.items():
            rows = [(flaw.path, flaw.message, flaw.remedy or "") for flaw in flaws]
            if rows:
                tell_table(("where", "what", "what to do"), rows, title=f"✗ {folder}")
            else:
                say(f"✓ {folder}: the manifest is in order; {done[folder]}")
            if folder in reports:
                tell_findings(reports[folder], title="Findings of the static scan, which have no say in this:")
    return 2 if any(found.values()) else 0


@click.command()
@JSON
def doctor(want_json: bool) -> int:
    """Tell how well this machine confines plugins, and why not better; exits with 4 if it is not well enough."""
    with open_manager(()) as manager, progress("doctor", quiet=want_json) as on_progress:
        report = manager.doctor(on_progress=on_progress)
        policy = manager.policy
    if want_json:
        as_json(
            {
                "level": report.level,
                "layers": [_finding(one) for one in report.layers],
                "probes": [_finding(one) for one in report.probes],
            }
        )
    else:
        rows = [("✓" if one.ok else "✗", one.name, one.detail) for one in report.layers]
        rows += [("✓" if one.ok else "✗", f"attempt: {one.name}", one.detail) for one in report.probes]
        tell_table(("", "", ""), rows, title=f"Sandbox level: {report.level}")
        note("An attempt is what a confined worker tried just now; ✓ means that it was refused.")
    try:
        policy.demand_level(report.level, report.reasons, plugin_id="any plugin")
    except PluginError as error:
        if not want_json:
            complain(error)
        return 4
    return 0


@click.command()
def schema() -> None:
    """Print the JSON Schema of plugin.json, for editors."""
    as_json(manifest_schema())


def _main_file_flaws(folder: str, report: Report) -> list[Flaw]:
    """That the main file is no Python, which the manifest doesn't tell."""
    main_file = Manifest.read(Path(folder).expanduser()).main_file
    flaw = report.unreadable(main_file)
    return [] if flaw is None else [Flaw(message=flaw.message, path=flaw.where, remedy="correct the file")]


def _tried(folder: str, *, quiet: bool) -> str:
    from ..authoring.trial import trial

    place = Path(folder).expanduser()
    with open_manager((folder,)) as manager:
        ask_first(manager, folder)
        with progress(place.name, quiet=quiet) as on_progress:
            return trial(manager, place, on_progress=on_progress)


def _note(item: Port | Output | Parameter) -> str:
    return item.tooltip or (item.label if item.label != item.name else "")


def _permissions(record: PluginRecord) -> list[str]:
    from ..permissions import Permissions, summary

    lines = summary(Permissions({record.id: record}), record)
    return [line.replace("%plugin ", "schillinger ") for line in lines]


def _finding(one: Any) -> dict[str, Any]:
    return {"name": one.name, "ok": one.ok, "detail": one.detail}


def _described(record: PluginRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "state": record.state,
        "folder": str(record.root),
        "source": record.source,
        "metadata": record.manifest.metadata.model_dump(mode="json") if record.manifest else None,
        "error": str(record.error) if record.error else None,
    }
