"""Findings in the notebook: ``%plugin scan``, ``info`` and ``validate``."""

from __future__ import annotations

from collections.abc import Callable

from schillinger_plugins import PluginManager
from tests.conftest import Cell

Probe = Callable[..., str]

HOSTILE = "data = '<script>alert(1)</script>'; exec(data[1:])  # \x1b[2K"


def test_scan_shows_every_finding(cell: Cell, probe: Probe, manager: PluginManager) -> None:
    """Severity, place, message and line, by id and by path, and that it is advice; nothing is loaded."""
    probe(body="exec(inputs['x'])")
    for target in ("probe", manager.plugins["probe"].root):
        told, _, error = cell(f"%plugin scan {target}")
        assert error is None
        assert "main.py:2" in repr(told)
        assert "exec runs code" in repr(told)
        assert "no promise" in repr(told)
    assert manager.plugins["probe"].state == "discovered"


def test_hostile_code_is_shown_and_drives_nothing(cell: Cell, probe: Probe) -> None:
    """The line of a finding is escaped in HTML, and its control characters are spelled out."""
    probe(body=HOSTILE)
    for line in ("%plugin scan probe", "%plugin info probe", "%plugin validate probe"):
        told, printed, _ = cell(line)
        assert "<script" not in told._repr_html_()
        assert "\x1b" not in told._repr_html_() + repr(told) + printed
    assert "&lt;script&gt;" in cell("%plugin scan probe")[0]._repr_html_()


def test_info_tells_that_nothing_was_found(cell: Cell, probe: Probe, manager: PluginManager) -> None:
    """A plugin without findings is said to have none."""
    probe()
    (manager.plugins["probe"].root / "main.py").write_text("x = 1\n")
    assert "found nothing" in repr(cell("%plugin info probe")[0])


def test_info_counts_what_was_found_in_tests(cell: Cell, probe: Probe, manager: PluginManager) -> None:
    """What an author's tests do is not listed among what the plugin does; that there is more, and where, is said."""
    probe()
    root = manager.plugins["probe"].root
    (root / "main.py").write_text("x = 1\n")
    (root / "tests").mkdir()
    (root / "tests" / "test_it.py").write_text("exec('y = 1')\n")
    told = repr(cell("%plugin info probe")[0])
    assert "found nothing but 1 in its tests: %plugin scan probe" in told
    assert "test_it.py" not in told
    (root / "main.py").write_text("exec('x = 1')\n")
    told = repr(cell("%plugin info probe")[0])
    assert "main.py:1" in told
    assert "1 more in its tests: %plugin scan probe" in told
    assert "tests/test_it.py:1" in repr(cell("%plugin scan probe")[0])


def test_validate_tells_a_main_file_that_is_no_python(cell: Cell, probe: Probe, manager: PluginManager) -> None:
    """A main file that can't be parsed is a flaw, found without running it."""
    probe()
    (manager.plugins["probe"].root / "main.py").write_text("def broken(:\n")
    told = repr(cell("%plugin validate probe")[0])
    assert "✗" in told
    assert "main.py:1" in told


def test_scan_wants_one_plugin(cell: Cell) -> None:
    """Without a plugin, or with one that there is not, the next step is told."""
    assert "write %plugin scan ID | PATH" in str(cell("%plugin scan")[2])
    assert "no plugin" in str(cell("%plugin scan prob")[2])
