"""Nothing that there is lacks a page, and no page is about what there is not."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import click
import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.cli import program
from schillinger_plugins.magics.subcommands import CELL_OPTIONS, SUBCOMMANDS
from schillinger_plugins.sandbox.limits import Limits

from .pages import DOCS, TOP, Block, blocks, load_markers, pages

MARKERS = load_markers()
ERRORS = {kind.__name__: kind for kind in MARKERS.error_classes()}
PUBLIC = (
    "schillinger_plugins",
    "schillinger_plugins.types",
    "schillinger_plugins.dsp",
    "schillinger_plugins.testing",
    "schillinger_plugins.conformance",
    "schillinger_plugins.flow",
    "schillinger_plugins.server",
    "schillinger_plugins.client",
    "schillinger_plugins.journal",
    "schillinger_plugins.magics",
)
RETURNED = "Failure InstanceStats LoadedPlugin LogLine NodeDefinition Reload Status Stream Version Watched".split()
"""Some of what methods return, by which it is known that such are found at all."""


def public_names() -> list[str]:
    """Everything that the public modules export, in full."""
    names = [f"schillinger_plugins.errors.{name}" for name in ERRORS]
    for module in PUBLIC:
        names += [f"{module}.{name}" for name in import_module(module).__all__ if not name.startswith("_")]
    public = {id(getattr(import_module(name.rpartition(".")[0]), name.rpartition(".")[2])) for name in names}
    kinds = [kind for of in (PluginManager, Instance) for kind in MARKERS.classes_returned(of)]
    return names + [f"{kind.__module__}.{kind.__qualname__}" for kind in dict.fromkeys(kinds) if id(kind) not in public]


def test_what_methods_return_is_public_too() -> None:
    """Whoever gets a value from the manager or an instance finds it in the reference."""
    assert {name.rpartition(".")[2] for name in public_names()} >= {*RETURNED, "Grant", "Result", "TraceEvent"}


def test_each_error_has_a_page_and_each_page_an_error() -> None:
    """All of the tree in errors.py, and nothing that has gone from it."""
    assert {page.stem for page in (DOCS / "errors").glob("*.md")} - {"index"} == set(ERRORS)


@pytest.mark.parametrize("name", ERRORS)
def test_a_page_of_an_error_says_how_to_mend_it(name: str) -> None:
    """It has a cause with a message, and what mends it."""
    text = (DOCS / "errors" / f"{name}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {name}\n")
    assert text.count("\n## ") >= 1
    assert "```text" in text
    assert name in ("PluginError",) or "**Mend it:**" in text


@pytest.mark.parametrize("name", sorted(set(ERRORS) - {"PluginError"}))
def test_a_quoted_message_that_is_not_run_stands_in_the_source(name: str) -> None:
    """What a page quotes without a block that causes it is a message of this package, to the letter but for its values."""
    page = DOCS / "errors" / f"{name}.md"
    caused = {block.expected for block in blocks(page) if block.language == "python"}
    source = "".join(
        re.sub(r'["\']\s*\n\s*f?["\']', "", path.read_text(encoding="utf-8"))
        for path in (TOP / "schillinger_plugins").rglob("*.py")
    )
    for block in blocks(page):
        if block.language == "text" and block.code not in caused:
            message = block.code.partition(" → ")[0].strip()
            # Between values: the longest run of words of which none is a number or a name.
            pieces = re.split(r"\S*[\d`']\S*", message)
            piece = max(pieces, key=len).strip()
            assert piece in source, f"line {block.line}: {piece!r}"


def test_each_subcommand_is_on_the_page_of_the_notebook() -> None:
    """With its options and examples; so are those of the cell."""
    page = MARKERS.expanded((DOCS / "use" / "notebook.md").read_text(encoding="utf-8"))
    for command in SUBCOMMANDS.values():
        assert f"## %plugin {command.name} " in page
        for option, _, _ in command.options:
            assert f"`{option}" in page
        for example in command.examples:
            assert f"%plugin {example}\n" in page
    cell = page.partition("## %%plugin ")[2].partition("\n## ")[0]
    assert CELL_OPTIONS
    assert all(option in cell for option, _, _ in CELL_OPTIONS)


def test_each_command_is_on_the_page_of_the_command_line() -> None:
    """With every option, as its help has it."""
    page = MARKERS.expanded((DOCS / "use" / "command-line.md").read_text(encoding="utf-8"))
    for name, command in program.commands.items():
        assert f"## schillinger {name} " in page
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert max(parameter.opts, key=len) in page


def shell_lines() -> list[tuple[Path, Block, str]]:
    found = [(page, block) for page in pages() for block in blocks(page) if block.language == "sh"]
    return [(page, block, line) for page, block in found for line in block.code.splitlines() if line.strip()]


def test_commands_in_blocks_of_the_shell_exist() -> None:
    """Each is a command of ours with options that it has, or a target of the Makefile."""
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    lines = shell_lines()
    assert lines
    for page, block, line in lines:
        words = shlex.split(line, comments=True)
        where = f"{page.relative_to(DOCS)}, line {block.line}"
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), where
            continue
        assert words[0] == "schillinger", where
        command = program.commands[words[1]]
        if isinstance(command, click.Group):
            command = command.commands[words[2]]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words[2:] if word.startswith("--")} <= known, where


def test_magics_that_are_named_in_prose_exist() -> None:
    """Wherever a page says ``%plugin WORD``, WORD is a subcommand."""
    for page in pages():
        for word in re.findall(r"(?<!%)%plugin ([a-z]+)\b", page.read_text(encoding="utf-8")):
            assert word in SUBCOMMANDS, f"{page.relative_to(DOCS)}: %plugin {word}"


def test_every_check_of_the_suite_is_in_the_guide() -> None:
    """Under its group, and the author's own tests last."""
    from schillinger_plugins.conformance import AUTHORS
    from schillinger_plugins.conformance.checks import CHECKS

    page = MARKERS.expanded((DOCS / "guide" / "testing.md").read_text(encoding="utf-8"))
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page.partition("| group |")[2], re.MULTILINE))
    assert all(check.title in rows[check.group] for check in CHECKS)
    assert AUTHORS in rows


def test_the_limits_of_the_guide_are_the_defaults() -> None:
    """Names and figures."""
    text = (DOCS / "guide" / "permissions.md").read_text(encoding="utf-8")
    table = text.partition("| limit |")[2].partition("\n\n")[0]
    told: dict[str, float] = {}
    for names, values in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([\d, ]+) \|", table, re.MULTILINE):
        told |= dict(zip(re.findall(r"\w+", names), map(float, values.split(",")), strict=True))
    assert told == {name: float(value) for name, value in vars(Limits()).items()}


@pytest.mark.parametrize("part", ["node", "port", "output", "parameter"])
def test_each_key_of_a_definition_is_explained(part: str) -> None:
    """None has an empty cell where its words should be."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", MARKERS.keys(part), re.MULTILINE)
    assert len(rows) > 4
    assert all(words.strip() for _, words in rows), rows


def test_each_page_begins_with_something_that_runs() -> None:
    """A block among the first lines of every page that we write by hand for a reader."""
    for folder in ("guide", "use", "errors", "reference"):
        for page in (DOCS / folder).glob("*.md"):
            head = page.read_text(encoding="utf-8").splitlines()[:25]
            assert any(line.startswith(("```python", "```json", "```sh")) for line in head), page
