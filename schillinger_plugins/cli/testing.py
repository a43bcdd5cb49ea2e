"""``schillinger test``: the conformance suite and the author's tests of one plugin, and a code by which a script can tell.

Owns the command and its rows. The work is that of ``conformance``. Called from a shell.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from .asking import ask_first, named
from .console import as_json, note, progress, say
from .run import CONFIG, PATHS, Pair, configuration, open_manager

if TYPE_CHECKING:
    from ..manager import PluginManager

_FAILED, _INCONCLUSIVE, _INTERRUPTED = 1, 6, 130


@click.command("test")
@click.argument("plugin", metavar="ID|FOLDER")
@click.option("--only-failed", is_flag=True, help="Show what failed and nothing else.")
@click.option("--only", multiple=True, metavar="GROUP|CHECK", help="Only that group or check. May be repeated.")
@click.option("--no-author-tests", is_flag=True, help="Leave out the tests in the plugin's folder.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print."
)
@CONFIG
@PATHS
def test_command(
    plugin: str,
    only_failed: bool,
    only: tuple[str, ...],
    no_author_tests: bool,
    form: Literal["text", "json"],
    config: list[Pair],
    paths: tuple[str, ...],
) -> int:
    """Test the plugin ID (or the one in FOLDER): what every plugin must stand, and its author's tests, all confined.

    \b
    Examples:
      schillinger test gain_node
      schillinger test ~/plugins/my_plugin --only-failed
      schillinger test my_plugin --only signals --only latency --format json
      schillinger test musicbrainz_lookup --config contact=me@example.org
    """
    from ..conformance import examine

    if Path(plugin).expanduser().is_dir():
        paths = (plugin, *paths)  # it is meant, whoever else has its id
    with open_manager(paths) as manager:
        ask_first(manager, plugin)  # before the bar: it would draw over the question
        with progress(plugin, quiet=form == "json") as on_progress:
            plugin_id = _known(manager, plugin)
            report = examine(
                manager,
                plugin_id,
                only=only,
                with_author_tests=not no_author_tests,
                config=configuration(config),
                on_progress=on_progress,
            )
    if form == "json":
        told = report.as_dict()
        if only_failed:
            told["outcomes"] = [outcome.as_dict() for outcome in report.failed]
        as_json(told)
    else:
        words = repr(report.failures_only() if only_failed else report)
        say(words.replace("%plugin grant ", "schillinger grant "))
        if report.interrupted:
            note("it was interrupted")
    if report.interrupted:
        return _INTERRUPTED
    return _FAILED if report.failed else _INCONCLUSIVE if report.inconclusive else 0


def _known(manager: PluginManager, plugin: str) -> str:
    found = named(manager, plugin)
    return found if isinstance(found, str) else manager.load(found).id
