"""The threat model names only tests that exist, and the limits it admits are as it says."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outside import ATTACKS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security" / "threat-model.md"
GROUPS = {*"files network processes signals kernel secrets resources protocol python shown load".split()}


def _quoted() -> Iterator[str]:
    yield from re.findall(r"`([^`\n]+)`", PAGE.read_text())


def _tests() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        found |= {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
    return found


def test_every_test_that_the_page_names_exists() -> None:
    """A file, an attack or a test function in back-ticks is there."""
    attacks, tests = {path.stem for path in ATTACKS.glob("*.py")}, _tests()
    missing = []
    for name in _quoted():
        if name.startswith("tests/"):
            there = (ROOT / name).exists()
        elif name.startswith("test_"):
            there = name in tests
        elif name.split("_")[0] in GROUPS and "_" in name:
            there = name in attacks
        else:
            continue
        if not there:
            missing.append(name)
    assert missing == []


def test_every_attack_stands_on_the_page() -> None:
    """No attack is tried that the page doesn't speak of."""
    named = set(_quoted())
    assert [path.stem for path in sorted(ATTACKS.glob("[a-z]*.py")) if path.stem not in named] == []


def test_stat_outside_answers(run: Callable[..., Any], tmp_path: Path) -> None:
    """What the page admits: size and times of a file outside can be asked for, its content can't."""
    secret = tmp_path / "secret"
    secret.write_text("twelve bytes")
    said = run(
        f"""
        try: open({str(secret)!r}); read = True
        except PermissionError: read = False
        return {{'y': [os.stat({str(secret)!r}).st_size, read]}}
        """
    )
    assert said == [12, False]


def test_the_machine_is_known(run: Callable[..., Any]) -> None:
    """What the page admits: a plugin sees the machine's name."""
    import os

    assert run("return {'y': os.uname().nodename}") == os.uname().nodename


@pytest.mark.parametrize("word", ["Spectre", "stat()", "macOS", "6.12"])
def test_the_page_admits_its_limits(word: str) -> None:
    """What isn't protected is said."""
    assert word in PAGE.read_text()
