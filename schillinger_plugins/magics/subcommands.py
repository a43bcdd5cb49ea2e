"""The subcommands of ``%plugin``: what each is for and how it is written.

Plain data, from which help, Tab completion and dispatch follow; nothing is imported.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Subcommand:
    """One word after ``%plugin``.

    Attributes
    ----------
    usage : str
        What follows the word.
    takes_plugin : bool
        Whether the first argument is a plugin's id.
    takes_path : bool
        Whether it may be a folder.
    options : tuple of (option, value, meaning)
        The value is empty for a switch.
    """

    name: str
    usage: str
    summary: str
    examples: tuple[str, ...]
    takes_plugin: bool = False
    takes_path: bool = False
    options: tuple[tuple[str, str, str], ...] = ()


RUN_OPTIONS = (
    ("--seed", "N", "makes a run with random numbers repeatable"),
    ("--limit", "NAME=N", "a limit of this run, as wall_s=30 (also cpu_s, memory_mb, output_mb, …); may be repeated"),
    ("--config", "NAME=EXPR", "configuration of an instance made for this run alone; may be repeated"),
    ("--quiet", "", "shows no progress"),
)

CELL_OPTIONS = (
    (
        "--type",
        "TYPE",
        "what it has to be: effect, analysis, generator, node, workflow, integration, ui, visualization",
    ),
    ("--no-run", "", "only loads it"),
)
DEBUG_OPTIONS = (("--profile", "", "runs it and shows where the time goes, instead of the last failure"),)

SUBCOMMANDS: dict[str, Subcommand] = {
    command.name: command
    for command in (
        Subcommand(
            name="list",
            usage="[WORD]",
            summary="the plugins on this machine; with WORD those whose id, type, category or description has it",
            examples=("list", "list analysis"),
        ),
        Subcommand(
            name="info",
            usage="ID [name=expression …]",
            summary="what a plugin is; its node to set and run by hand, with the values given",
            examples=("info gain_node", "info gain_node audio=y gain_db=-6"),
            takes_plugin=True,
        ),
        Subcommand(
            name="run",
            usage="ID [name=expression …] [--seed N] [--limit NAME=N] [--config NAME=EXPR] [--quiet]",
            summary="run a plugin in a confined process and return its result",
            examples=(
                'run audio_analyzer audio="song.flac"',
                "run gain_node audio=(y, sr) gain_db=-6 automation=[(0, -6), (2, 0)]",
                "run resultant_rhythm a=4 b=3 --seed 1",
                "run audio_analyzer audio=y --limit wall_s=30",
            ),
            takes_plugin=True,
            options=RUN_OPTIONS,
        ),
        Subcommand(
            name="ui",
            usage="ID [name=expression …]",
            summary="the node of a plugin, or the panel of a UI plugin, to be used by hand; with the values given",
            examples=("ui gain_node audio=y", 'ui tuning_desk a4_hz=415 temperament="quarter-comma meantone"'),
            takes_plugin=True,
        ),
        Subcommand(
            name="load",
            usage="ID | PATH",
            summary="import a plugin in a confined process; PATH is the folder of one that is not listed",
            examples=("load gain_node", "load ~/plugins/my_plugin"),
            takes_plugin=True,
            takes_path=True,
        ),
        Subcommand(
            name="unload",
            usage="ID",
            summary="end a plugin's processes; it stays listed",
            examples=("unload gain_node",),
            takes_plugin=True,
        ),
        Subcommand(
            name="reload",
            usage="ID",
            summary="read a plugin anew after a change of its code; if it fails, the old code goes on serving",
            examples=("reload gain_node",),
            takes_plugin=True,
        ),
        Subcommand(
            name="watch",
            usage="[ID]",
            summary="reload a plugin by itself as its folder changes, and show how it went; all that are loaded, if no ID",
            examples=("watch gain_node", "watch"),
            takes_plugin=True,
        ),
        Subcommand(
            name="unwatch",
            usage="[ID]",
            summary="watch a plugin no more, or none",
            examples=("unwatch gain_node", "unwatch"),
            takes_plugin=True,
        ),
        Subcommand(
            name="history",
            usage="ID",
            summary="the versions of a plugin that served since it was loaded, and why",
            examples=("history gain_node",),
            takes_plugin=True,
        ),
        Subcommand(
            name="rollback",
            usage="ID [HASH]",
            summary="have the version before serve again, or the one whose hash begins so; the folder stays as it is",
            examples=("rollback gain_node", "rollback gain_node 1a2b3c4d"),
            takes_plugin=True,
        ),
        Subcommand(
            name="status",
            usage="",
            summary="what is running, what it has used, and how it is confined",
            examples=("status",),
        ),
        Subcommand(
            name="logs",
            usage="[ID] [--tail N]",
            summary="what plugins printed and logged; the last N lines",
            examples=("logs", "logs gain_node --tail 20"),
            takes_plugin=True,
            options=(("--tail", "N", "the last N lines; 100 if not given"),),
        ),
        Subcommand(
            name="journal",
            usage="[ID] [--failed] [--days N] [--run RUN] [--tests]",
            summary="what ran, in this notebook and others: when, how long, and why it failed; or all of one run",
            examples=("journal", "journal gain_node --failed --days 7", "journal --run result"),
            takes_plugin=True,
            options=(
                ("--failed", "", "only runs that failed"),
                ("--days", "N", "of the last N days"),
                (
                    "--run",
                    "RUN",
                    "all that is known of one run, by its id, its result or a flow's run, and what it printed",
                ),
                ("--tests", "", "also what test suites ran, which is left out else"),
            ),
        ),
        Subcommand(
            name="stats",
            usage="[ID] [--days N] [--instances] [--tests]",
            summary="how often plugins and flows ran, how many runs failed, how long they took, what they used",
            examples=("stats", "stats audio_analyzer --days 30"),
            takes_plugin=True,
            options=(
                ("--days", "N", "of the last N days"),
                ("--instances", "", "a row for each instance, with the session it is of"),
                ("--tests", "", "also the calls of test suites, which are left out else"),
            ),
        ),
        Subcommand(
            name="profile",
            usage="ID [name=expression …]",
            summary="run a plugin, with its example if nothing is given, and show in which of its functions the time goes",
            examples=("profile resultant_rhythm", "profile gain_node audio=y gain_db=-6"),
            takes_plugin=True,
        ),
        Subcommand(
            name="report",
            usage="[ID] [--out FILE] [--values]",
            summary="write a file with what a bug report needs, without secrets, and show what is in it; nothing is sent",
            examples=("report", "report audio_analyzer", "report audio_analyzer --out report.json"),
            takes_plugin=True,
            options=(
                ("--out", "FILE", "where to write it: a .md or .json file"),
                ("--values", "", "also tells the values of parameters, configuration and names; secrets are not told"),
            ),
        ),
        Subcommand(
            name="trace",
            usage="[ID] [--kind KIND] [--tail N]",
            summary="what plugins did: files opened, modules imported, requests made; the last N events",
            examples=("trace", "trace audio_analyzer --kind open"),
            takes_plugin=True,
            options=(
                ("--kind", "KIND", "only open, import, exec, process, file, socket, ctypes or fetch"),
                ("--tail", "N", "the last N events; 50 if not given"),
            ),
        ),
        Subcommand(
            name="new",
            usage="ID [--type TYPE] [--dir FOLDER]",
            summary="write a plugin from a template: manifest, code, a test and a page, all of which work",
            examples=("new slow_filter --type effect", "new tempo_study --type analysis --dir ~/plugins"),
            options=(
                ("--type", "TYPE", "node, analysis, effect, generator, workflow, integration, ui or visualization"),
                ("--dir", "FOLDER", "where its folder goes; the folder of the notebook, if not given"),
            ),
        ),
        Subcommand(
            name="path",
            usage="ID",
            summary="the folder of a plugin",
            examples=("path gain_node",),
            takes_plugin=True,
        ),
        Subcommand(
            name="edit",
            usage="ID",
            summary="open a plugin's code in your editor; in a notebook it says where it is",
            examples=("edit my_plugin",),
            takes_plugin=True,
        ),
        Subcommand(
            name="export",
            usage="ID [--to PATH] [--archive]",
            summary="copy a plugin, one of a cell for example, into a folder of its own or an archive to send",
            examples=("export my_effect --to ~/plugins/my_effect", "export my_effect --archive"),
            takes_plugin=True,
            options=(
                ("--to", "PATH", "the folder or file to be; its id here, if not given"),
                ("--archive", "", "writes a .zip"),
            ),
        ),
        Subcommand(
            name="check",
            usage="[EXERCISE]",
            summary="whether your plugin does what an exercise of the notebooks asks; alone it shows the exercises",
            examples=("check", "check exercise_3"),
        ),
        Subcommand(
            name="debug",
            usage="ID [--profile [name=expression …]]",
            summary="what a plugin's last failure looked like from inside: every name at every line, its log, what it did",
            examples=("debug gain_node", "debug gain_node --profile audio=y"),
            takes_plugin=True,
            options=DEBUG_OPTIONS,
        ),
        Subcommand(
            name="doctor",
            usage="",
            summary="how well this machine confines plugins, and why not better",
            examples=("doctor",),
        ),
        Subcommand(
            name="validate",
            usage="ID | PATH [--run]",
            summary="check a plugin's folder without running any of it; shows every flaw",
            examples=("validate ~/plugins/my_plugin", "validate my_plugin --run"),
            takes_plugin=True,
            takes_path=True,
            options=(("--run", "", "also imports it in a confined process, and runs its example"),),
        ),
        Subcommand(
            name="test",
            usage="ID [--only-failed] [--only GROUP] [--no-author-tests] [--config NAME=EXPR]",
            summary="try what every plugin must stand, and run its author's tests, all in confined processes",
            examples=("test gain_node", "test gain_node --only-failed", "test gain_node --only signals"),
            takes_plugin=True,
            options=(
                ("--only-failed", "", "shows what failed alone, and runs what failed the last time, if something did"),
                (
                    "--only",
                    "GROUP",
                    "agreement, repeatability, signals, formats, parameters, streaming, endurance, permissions, tests, "
                    "or a single check; may be repeated",
                ),
                ("--no-author-tests", "", "leaves out the tests in the plugin's folder"),
                ("--config", "NAME=EXPR", "configuration of the instances that are made for the test; may be repeated"),
            ),
        ),
        Subcommand(
            name="scan",
            usage="ID | PATH",
            summary="look through a plugin's code without running it; shows what is worth a look, by severity",
            examples=("scan gain_node", "scan ~/Downloads/a_plugin"),
            takes_plugin=True,
            takes_path=True,
        ),
        Subcommand(
            name="install",
            usage="PATH [--replace]",
            summary="put the plugin of an archive (.zip, .tar.gz) or a folder into your folder of plugins; runs none of it",
            examples=("install ~/Downloads/reverse-1.0.0.zip", "install ~/src/reverse --replace"),
            takes_path=True,
            options=(("--replace", "", "puts it in the place of the plugin of that id"),),
        ),
        Subcommand(
            name="flow",
            usage="[NAME | FILE.json]",
            summary="plugins wired together on a canvas: a new flow, or the one that was saved in FILE",
            examples=("flow study", "flow ~/flows/study.json"),
            takes_path=True,
        ),
        Subcommand(
            name="serve",
            usage="[--port N] [--allow-upload] | stop",
            summary="this kernel's plugins and instances over HTTP, for whoever has the token; stop ends it",
            examples=("serve", "serve --port 8707", "serve --allow-upload", "serve stop"),
            options=(
                ("--port", "N", "where to listen; a free port, if not given"),
                ("--allow-upload", "", "let who manages send plugins, from this machine alone"),
            ),
        ),
        Subcommand(
            name="grant",
            usage="ID | PATH [PERMISSION] [--read FOLDER] [--write FOLDER] [--host NAME] [--yes]",
            summary="let a plugin do what it asks for, or what the options name; counts until its code changes",
            examples=(
                "grant sampler file_access",
                "grant sampler file_access --read ~/Music --write ~/renders",
                "grant catalogue network --host musicbrainz.org",
            ),
            takes_plugin=True,
            takes_path=True,
            options=(
                ("--read", "FOLDER", "a folder to read, in place of those it asks for; may be repeated"),
                ("--write", "FOLDER", "a folder to read and write, in place of those it asks for; may be repeated"),
                ("--host", "NAME[:PORT]", "a host to reach, in place of those it asks for; may be repeated"),
                ("--yes", "", "grants without asking"),
            ),
        ),
        Subcommand(
            name="revoke",
            usage="ID [PERMISSION]",
            summary="take back what was granted to a plugin, and end it",
            examples=("revoke sampler", "revoke sampler file_access"),
            takes_plugin=True,
        ),
        Subcommand(
            name="permissions",
            usage="[ID]",
            summary="what plugins ask for beyond running, and what they were granted",
            examples=("permissions", "permissions sampler"),
            takes_plugin=True,
        ),
    )
}
