"""``schillinger flow FILE``: a saved flow, run once or over many files.

Owns the reading of the arguments, and the table: a row for each file as soon as it is done, so that a run of ten
thousand that is interrupted goes on where it was. The running is the flow's.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from ..errors import InputError
from ..files import put
from .asking import ask_first
from .console import note, progress, say, tell_table
from .run import PATHS, Pair, _pairs, _read, open_manager

if TYPE_CHECKING:
    from ..flow import Flow, FlowRun, Item
    from ..sandbox.steps import OnProgress

FILE, ERROR = "file", "error"
_AT_ONCE = ("audio", "string")
"""Types of inputs whose text is the value: a path that the decoder reads, words."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--input",
    "inputs",
    multiple=True,
    callback=_pairs,
    metavar="NAME=VALUE",
    help="An input of the flow: audio and files by their path, words as they are, JSON for the rest.",
)
@click.option("--over", metavar="NAME", help="The input that gets FILES; the first of type audio, if not given.")
@click.option("--table", type=click.Path(path_type=Path), help="Write a row for each of FILES to this .csv.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Runs side by side; as many as there are processors.")
@click.option("--seed", type=click.IntRange(0, 2**53 - 1), help="Makes a run with random numbers repeatable.")
@click.option("--force", is_flag=True, help="Begin the table anew instead of going on with it.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@PATHS
def flow(
    file: Path,
    files: tuple[Path, ...],
    inputs: list[Pair],
    over: str | None,
    table: Path | None,
    jobs: int | None,
    seed: int | None,
    force: bool,
    quiet: bool,
    paths: tuple[str, ...],
) -> None:
    """Run the flow in FILE; over FILES, if there are some, a run for each.

    With --table every file has a row as soon as it is done. Run the same again after an interrupt, and only what has no
    row yet, or failed, is done.

    \b
    Examples:
      schillinger flow study.json --input song=song.flac
      schillinger flow study.json music/*.flac --table study.csv
      schillinger flow study.json takes/*.wav --over take --input reference=first.wav --table takes.csv
    """
    from ..flow import Flow

    with open_manager(paths) as manager, Flow.open(file, manager) as opened:
        if seed is not None:
            opened.seed = seed
        for plugin in sorted({node.plugin for node in opened.graph.nodes.values() if node.plugin}):
            if plugin in manager.plugins:  # what is missing is said as a problem of the flow
                ask_first(manager, plugin)
        for name, text in inputs:
            _give(opened, name, text)
        if not files:
            if table is not None:
                raise InputError("a table is of several runs", remedy="name the files to run it over")
            with progress(opened.name, quiet=quiet) as on_progress:
                run = opened.run(on_progress=on_progress)
            if not quiet:
                _summarise(run)
            return
        with progress(opened.name, quiet=quiet) as on_progress:
            failed = _run_over(opened, _fed(opened, over), files, table, jobs, force, on_progress, quiet)
    if failed:
        raise SystemExit(1)


def _run_over(
    opened: Flow,
    name: str,
    files: Sequence[Path],
    table: Path | None,
    jobs: int | None,
    force: bool,
    on_progress: OnProgress,
    quiet: bool,
) -> int:
    """Run it over files; how many failed."""
    failed = 0
    with _table(opened, name, table, force) as (writer, done):
        left = [path for path in files if str(path) not in done]
        if len(left) < len(files):
            note(f"{len(files) - len(left)} of {len(files)} have a row in {table} already; --force begins anew")
        for count, item in enumerate(opened.over(concurrency=jobs, **{name: map(str, left)}), 1):
            path = str(item.inputs[name])
            on_progress(count / len(left), f"{count} of {len(left)}: {Path(path).name}")
            if item.error is not None:
                failed += 1
                note(f"{path}: {item.error}")
            writer(path, item)
    if not quiet:
        note(f"{len(left) - failed} done" + (f", {failed} failed" if failed else "") + (f"; {table}" if table else ""))
    return failed


@contextmanager
def _table(opened: Flow, name: str, path: Path | None, force: bool) -> Iterator[tuple[Any, set[str]]]:
    """What writes a row, and the files that have one."""
    columns = [FILE, *_columns(opened), ERROR]
    if path is None:

        def show(file: str, item: Item) -> None:
            if item.error is None:
                say(json.dumps({FILE: file, **{key: _cell(value) for key, value in item.row().items() if key != name}}))

        yield show, set()
        return
    done = set() if force else _done(path, columns)
    with _opened(path, anew=force or not path.exists()) as file:
        rows = csv.DictWriter(file, columns, extrasaction="ignore")
        if file.tell() == 0:
            rows.writeheader()

        def write(source: str, item: Item) -> None:
            rows.writerow(
                {**{key: _cell(value) for key, value in item.row().items()}, FILE: source, ERROR: _said(item)}
            )
            file.flush()

        yield write, done
        os.fsync(file.fileno())


@contextmanager
def _opened(path: Path, *, anew: bool) -> Iterator[TextIO]:
    try:
        with path.open("w" if anew else "a", newline="", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise InputError(
            f"{path} can't be written: {error.strerror}", remedy="name another file with --table"
        ) from error


def _done(path: Path, columns: list[str]) -> set[str]:
    """The files that have a row without an error. The table is written anew with these alone: no row cut short stays."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return set()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} can't be read: {error}", remedy="name another file, or begin anew with --force"
        ) from error
    whole = text[: text.rfind("\n") + 1]
    rows = list(csv.DictReader(whole.splitlines(keepends=True)))
    found = next(csv.reader(whole.splitlines()), columns)
    if found != columns:
        raise InputError(
            f"{path} has other columns than this flow gives",
            remedy="name another file, or begin anew with --force",
        )
    kept = [row for row in rows if row.get(ERROR) == ""]
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, columns)
    writer.writeheader()
    writer.writerows(kept)
    put(path, written.getvalue().encode())
    return {row[FILE] for row in kept}


def _columns(opened: Flow) -> list[str]:
    """The numbers, words and switches that its nodes give."""
    from ..flow.batch import SCALARS

    columns = []
    for name, node in opened.graph.nodes.items():
        if node.kind == "plugin" and node.plugin in opened.host.plugins:
            outputs = opened.host.definition(node.plugin).outputs
            columns += [f"{name}.{output.name}" for output in outputs if output.type in SCALARS]
    return columns


def _fed(opened: Flow, asked: str | None) -> str:
    """The name of the input that gets the files."""
    kinds = {
        str(n.data.get("name") or n.id): n.data.get("type") for n in opened.graph.nodes.values() if n.kind == "input"
    }
    fits = [name for name, kind in kinds.items() if kind == "audio"]
    if asked is None and len(fits) == 1:
        return fits[0]
    if asked not in kinds:
        message = f"the flow has no input {asked!r}" if asked else f"the flow has {len(fits)} inputs of type audio"
        raise InputError(message, remedy=f"write --over with one of {', '.join(kinds) or 'none: add an input to it'}")
    return asked


def _give(opened: Flow, name: str, text: str) -> None:
    nodes = [n for n in opened.graph.nodes.values() if n.kind == "input" and (n.data.get("name") or n.id) == name]
    if not nodes:
        known = [str(n.data.get("name") or n.id) for n in opened.graph.nodes.values() if n.kind == "input"]
        raise InputError(f"the flow has no input {name!r}", remedy=f"its inputs are {', '.join(known) or 'none'}")
    for node in nodes:
        kind = str(node.data.get("type", "any"))
        if kind in _AT_ONCE:
            value: Any = text
        elif kind in ("array", "midi", "bytes"):
            value = _read(kind, Path(text).expanduser(), name, "")
        else:
            value = _json(text)
        opened[node.id].value = value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _cell(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _said(item: Item) -> str:
    return " ".join(str(item.error).split()) if item.error is not None else ""


def _summarise(run: FlowRun) -> None:
    from ..result import brief

    rows = [
        (node, output, brief(value), next((port.unit for port in result.definition.outputs if port.name == output), ""))
        for node, result in run.items()
        for output, value in result.items()
    ]
    tell_table(("node", "output", "value", "unit"), rows, title=f"{len(run)} nodes in {run.wall_s:.3g} s")
