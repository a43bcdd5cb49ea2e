"""What the pages show is what happens: their blocks are run in order, one shell per page."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from schillinger_plugins import PluginManager
from schillinger_plugins.journal import Retention

from .pages import DOCS, Block, blocks, pages, pattern


class OtherThanShown(Exception):
    """What came is not what the page shows."""


RunBlock = Callable[[Block], None]
FRAGMENTS = {"security/network.md"}
"""Pages whose Python is a line from within a plugin."""
WITH_BLOCKS = [page for page in pages() if any(block.language in ("python", "json") for block in blocks(page))]
WITH_BLOCKS = [page for page in WITH_BLOCKS if str(page.relative_to(DOCS)) not in FRAGMENTS]

KEPT = {"use/journal.md"}
"""Pages that read the journal: the manager behind them writes one."""


@pytest.fixture
def manager(manager: PluginManager, request: pytest.FixtureRequest) -> Iterator[PluginManager]:
    """The one that all tests share, if that will do."""
    page = getattr(request.node, "callspec", None)
    if page is None or str(page.params["page"].relative_to(DOCS)) not in KEPT:
        yield manager
        return
    with PluginManager(retention=Retention()) as kept:
        yield kept


@pytest.fixture
def shell(
    shell: InteractiveShell, manager: PluginManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> InteractiveShell:
    """A notebook in an empty folder, in which ``manager`` is the one behind ``%plugin``."""
    monkeypatch.chdir(tmp_path)
    shell.user_ns["manager"] = manager
    monkeypatch.setattr(InteractiveShell, "_instance", shell)  # as in a kernel, where there is one
    return shell


@pytest.fixture
def run_block(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> RunBlock:
    """Write the block's file, or run it as a cell and compare what comes out with what the page says."""

    def run(block: Block) -> None:
        if block.title is not None:
            place(Path(block.title), block.code)
            return
        if block.language != "python":
            return
        capsys.readouterr()
        result: Any = shell.run_cell(block.code)
        captured = capsys.readouterr()
        error = result.error_in_exec or result.error_before_exec
        came = "\n".join([captured.out, captured.err, "" if result.result is None else repr(result.result), str(error)])
        end = "\n".join(came.splitlines()[-15:])
        if block.expected is None and error is not None:
            raise OtherThanShown(end)
        if block.expected is not None and pattern(block.expected).search(came) is None:
            raise OtherThanShown(f"expected:\n{block.expected}\ncame, at the end:\n{end}")

    return run


def place(path: Path, text: str) -> None:
    """Write a file of a page; a plugin whose manifest the page doesn't show gets a plain one."""
    assert not path.is_absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    manifest = path.with_name("plugin.json")
    if path.name == "main.py":
        base = re.search(r"class \w+\((\w+)Plugin\)", text)
        kind = base[1].upper() if base else "NODE"
        shown = json.loads(manifest.read_text()) if manifest.exists() else None
        if shown is None or shown["metadata"]["author"] == "the tests":
            manifest.write_text(json.dumps(plain_manifest(path.parent.name, kind)))
    # Saves within one tick of the clock are two all the same.
    os.utime(path)


def plain_manifest(name: str, kind: str) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "version": "1.0.0",
            "description": "shown on a page",
            "author": "the tests",
            "plugin_type": kind,
            "category": "Test",
            "dependencies": [],
            "requires_permissions": ["execute"],
        },
        "main_file": "main.py",
        "config_schema": {},
        "default_config": {},
    }


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_blocks_of_a_page_do_what_it_says(page: Path, run_block: RunBlock) -> None:
    """Each runs after the ones before it; where a page quotes an output or an error, that is what comes."""
    for block in blocks(page):
        if block.skip is None:
            try:
                run_block(block)
            except OtherThanShown as error:
                pytest.fail(f"{page.relative_to(DOCS)}, line {block.line}: {error}", pytrace=False)


def test_a_block_that_is_not_run_says_why() -> None:
    """A reason is a few words at least."""
    for page in pages():
        for block in blocks(page):
            assert block.skip is None or len(block.skip.split()) >= 3, f"{page}, line {block.line}"
