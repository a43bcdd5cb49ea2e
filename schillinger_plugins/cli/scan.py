"""``schillinger scan``: what the static scan finds, and a code by which a script can refuse.

Owns the command and its rows. Runs nothing of the plugin and starts no worker. Called from a shell; `tell_findings` by
``tell``, too.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from ..loader import discover, inspect
from ..policy import Policy
from ..registry import PluginRecord
from ..scanner import SEVERITIES, Report, Severity
from ..scanner import scan as scan_folder
from .console import as_json, note, say, tell_table
from .run import PATHS, unknown_id

FOUND = 5


@click.command()
@click.argument("plugin", metavar="ID|FOLDER")
@click.option(
    "--fail-on",
    type=click.Choice([*SEVERITIES, "never"]),
    default="medium",
    show_default=True,
    help="End with 5 if there is a finding of that severity or above.",
)
@PATHS
@click.option("--json", "want_json", is_flag=True, help="Print JSON instead of a table.")
def scan(plugin: str, fail_on: Severity, paths: tuple[str, ...], want_json: bool) -> int:
    """Look through the code of a plugin without running it, and tell what is worth a look."""
    record = _record(plugin, paths)
    report = findings(record)
    if want_json:
        as_json(
            {
                "id": record.id,
                "scanned_files": report.scanned_files,
                "worst": report.worst,
                "findings": [asdict(one) for one in report.findings],
            }
        )
    else:
        say(f"{record.id}: {report.summary()}; {report.scanned_files} files were read, nothing of the plugin was run")
        tell_findings(report)
        note("A scan is advice: code can be written to deceive a reader. What a plugin can reach the kernel decides.")
    if fail_on not in SEVERITIES:
        return 0
    return FOUND if report.at_least(fail_on) else 0


def findings(record: PluginRecord) -> Report:
    """The findings in a plugin's folder.

    Raises
    ------
    ManifestError
        If it has no manifest that tells what it asks for.
    """
    if record.manifest is None:
        assert record.error is not None
        raise record.error
    return scan_folder(record.root, record.manifest, judge=Policy().imports.verdict)


def tell_findings(report: Report, *, title: str = "") -> None:
    """A row for each finding, the gravest first."""
    rows = [(one.severity, one.where, one.message, one.snippet) for one in report.findings]
    if rows:
        tell_table(("severity", "where", "what", "code"), rows, title=title)


def _record(plugin: str, paths: tuple[str, ...]) -> PluginRecord:
    if "/" in plugin or Path(plugin).is_dir():
        return inspect(Path(plugin).expanduser())
    records = {record.id: record for record in discover([Path(path) for path in paths])}
    if plugin not in records:
        raise unknown_id(plugin, list(records))
    return records[plugin]
