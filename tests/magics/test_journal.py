"""``%plugin journal`` and ``%plugin stats``: what ran, from the notebook that ran it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from IPython.core.interactiveshell import InteractiveShell

from schillinger_plugins import Flow, PluginManager
from schillinger_plugins.errors import InputError
from schillinger_plugins.journal import Retention
from schillinger_plugins.recorder import Recorder
from tests.conftest import Cell

from ..journal.conftest import ran


@pytest.fixture
def kept(shell: InteractiveShell) -> Iterator[PluginManager]:
    """The shell's manager is one that writes a journal."""
    with PluginManager(retention=Retention()) as manager:
        shell.meta["schillinger_plugins"][0]._manager = manager
        yield manager


def test_a_run_is_found_by_the_id_of_its_provenance(kept: PluginManager, cell: Cell) -> None:
    """At once, in the table and by itself; what it printed is told, and stats counts it."""
    cell("r = %plugin run gain_node audio=([0.0, 0.5], 8000) gain_db=-6")
    run_id = cell("r.provenance.run_id")[0]
    assert run_id in repr(cell("%plugin journal gain_node")[0])
    assert run_id not in repr(cell("%plugin journal --failed --days 1")[0])
    assert '"gain_db":-6.0' in repr(cell(f"%plugin journal --run {run_id}")[0])
    assert run_id in repr(cell("%plugin journal --run r")[0])
    assert "gain_node  1" in repr(cell("%plugin stats gain_node --days 1")[0])


def test_a_flow_whose_name_has_spaces_is_asked_for_in_quotation_marks(kept: PluginManager, cell: Cell) -> None:
    """Of either kind, in journal and stats, with options beside it; without them it is said how to write it."""
    for name in ("it's a study", "my study"):
        with Flow(kept, name=name) as flow:
            flow.run()
    for line, name, other in (
        ('journal "it\'s a study" --days 1', "it's a study", "my study"),
        ('stats --days 1 "it\'s a study"', "it's a study", "my study"),
        ("stats 'my study'", "my study", "it's a study"),
    ):
        shown = repr(cell(f"%plugin {line}")[0])
        assert f"flow {name}" in shown
        assert other not in shown
    error = cell("%plugin stats my study")[2]
    assert "and a name with spaces in quotation marks" in str(error)


def test_each_option_says_what_is_told(kept: PluginManager, cell: Cell) -> None:
    """Of the last days, of test suites, by instance; in journal and stats."""
    now = datetime.now(UTC).isoformat()
    tried = ran(3, at=now, purpose="test", calls=900)
    kept.permissions.journal.add([ran(1), ran(2, at=now), tried, ran(4, at=now, instance_id="probe-2")])
    for options, told in (("", "124"), ("--days 1", "24"), ("--tests", "1234"), ("--days 1 --tests", "234")):
        shown = repr(cell(f"%plugin journal probe {options}")[0])
        assert "".join(number for number in "1234" if f"s-{number} " in shown) == told
        assert ("left out: 900" in shown) is ("--tests" not in options)
        calls = {"124": 3, "24": 2, "1234": 903, "234": 902}[told]
        assert f"probe   {calls} " in repr(cell(f"%plugin stats probe {options}")[0])
    shown = repr(cell("%plugin stats probe --instances --days 1")[0])
    assert "probe-1 (s)  1 " in shown
    assert "probe-2 (s)  1 " in shown


def test_a_run_of_a_flow_is_found_by_what_it_gave(kept: PluginManager, cell: Cell, shell: InteractiveShell) -> None:
    """As one of a plugin is by its result, or by a name for its id."""
    with Flow(kept, name="study") as flow:
        shell.user_ns["run"] = run = flow.run()
    shell.user_ns["name"] = run.run_id
    for expression in ("run", "name", repr(run.run_id)):
        shown = repr(cell(f"%plugin journal --run {expression}")[0])
        assert run.run_id in shown
        assert "study" in shown


def test_losses_are_shown(kept: PluginManager, cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many records found no room, and why nothing is written at the moment."""
    cell("%plugin run gain_node audio=([0.0, 0.5], 8000)")
    kept.recorder._writer.dropped = 7
    for line in ("%plugin journal", "%plugin stats"):
        assert "7 records of this notebook were lost" in repr(cell(line)[0])
    monkeypatch.setattr(Recorder, "problem", "the disk is full")
    assert "at the moment nothing is written: the disk is full" in repr(cell("%plugin journal")[0])


def test_an_empty_journal_says_so(kept: PluginManager, cell: Cell) -> None:
    """A newcomer's is."""
    assert "has nothing of that" in repr(cell("%plugin journal")[0])
    assert "has nothing of that" in repr(cell("%plugin stats")[0])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("journal --run", "--run needs a value"),
        ("journal --run f-9", "knows no run 'f-9'"),
        ("journal --run 3.5", "a run's id or a result, not float"),
        ("journal --days soon", "--days needs a number from 0 on, not 'soon'"),
        ("stats --days -3", "--days needs a number from 0 on, not '-3'"),
        ("journal a b", "can't be told 'a b'"),
        ("stats --failed", "can't be told '--failed'"),
    ],
)
def test_a_slip_is_told_with_what_to_write(kept: PluginManager, cell: Cell, line: str, says: str) -> None:
    """An error, no traceback of this package."""
    error = cell(f"%plugin {line}")[2]
    assert isinstance(error, InputError)
    assert says in str(error)
