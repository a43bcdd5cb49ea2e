"""``%plugin debug``, against plugins that fail in a real worker."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from schillinger_plugins import PluginManager
from tests.conftest import Cell

from .conftest import PROBE

Probe = Callable[..., str]

FAILS = """
def inner(block):
    secret = {"depth": 3, "list": list(range(100))}
    print("about to fail")
    eval("1")
    raise ValueError("no such <b>block</b>")
return inner(np.array([[1.0, np.nan]], np.float32))
"""


def debug(cell: Cell, line: str = "%plugin debug probe") -> Any:
    value, _, error = cell(line)
    assert error is None
    return value


def test_every_name_at_every_line(cell: Cell, probe: Probe) -> None:
    """The author's traceback, then what each name meant, the innermost line first; then what was printed."""
    probe(FAILS)
    cell("%plugin run probe gain_db=-6")
    shown = repr(debug(cell))
    assert "PluginExecutionError: ValueError: no such <b>block</b>" in shown
    assert 'raise ValueError("no such <b>block</b>")' in shown
    names = shown[shown.index("main.py, line") :]
    inner, outer = names.index(", in inner\n"), names.index(", in execute\n")
    assert inner < names.index("secret") < outer
    assert "{'depth': 3, 'list': [0, 1, 2, 3, 4, 5, 6, 7, ...]}" in shown
    assert "array 1×2 float32, 1 to 1, 1 not finite" in names
    assert "'gain_db': -6" in names[outer:]
    assert "about to fail" in shown
    assert "exec compile <string>" in shown.partition("Done last")[2]


def test_what_names_meant_is_told_within_bounds(cell: Cell, probe: Probe, manager: PluginManager) -> None:
    """Of the innermost calls so many, of each so many names, and so much text in all; where it was raised comes first."""
    probe(
        "def deeper(n, text):\n    a = b = c = d = text\n    if n: deeper(n - 1, text)\n    raise ValueError('v')\n"
        "exec(''.join(f'name{n} = {n}; ' for n in range(100)), many := {})\n"
        "if inputs['x']: deeper(inputs['x'], 'y' * 190 * (inputs['x'] > 50))\n"
        "exec('def with_many(): ' + ''.join(f'name{n} = {n}; ' for n in range(100)) + 'raise ValueError', many)\n"
        "many['with_many']()"
    )
    sites = {}
    for x in (30, 100, 0):
        cell(f"%plugin run probe x={x}")
        failure = manager.last_failure("probe")
        assert failure is not None
        sites[x] = failure.sites
    assert [dict(site.names)["n"] for site in sites[30]] == [str(n) for n in reversed(range(24))]
    told = sum(len(name) + len(value) for site in sites[100] for name, value in site.names)
    assert 3_000 < told <= 12_000
    assert dict(sites[100][-1].names)["n"] == "0"
    assert [name for name, _ in sites[0][-1].names] == [f"name{n}" for n in range(40)]


def test_names_that_python_makes_are_left_out(cell: Cell, probe: Probe) -> None:
    """Of a module: only what its author wrote."""
    probe(main="limit = 7\nraise RuntimeError(limit)\n")
    cell("%plugin run probe")
    shown = repr(debug(cell))
    assert "limit" in shown
    assert "__name__" not in shown
    assert "__builtins__" not in shown


def test_in_a_notebook_it_is_text(cell: Cell, probe: Probe) -> None:
    """No word of the plugin becomes markup; where it was raised is open, the rest folded."""
    probe(FAILS)
    cell("%plugin run probe")
    page = debug(cell)._repr_html_()
    assert "<b>" not in page
    assert page.count("<details") == 2
    assert page.count("<details open>") == 1


def test_breakpoint_shows_where_it_stands(cell: Cell, probe: Probe) -> None:
    """``breakpoint()`` ends the call there, says what to do, and the names can be looked at."""
    probe("found = 42\nbreakpoint()")
    _, printed, error = cell("%plugin run probe")
    assert "breakpoint() ended the call here → %plugin debug shows" in printed
    assert error is not None
    shown = repr(debug(cell))
    assert "found" in shown
    assert "42" in shown
    assert "debugging.py" not in shown


def test_nothing_has_failed(cell: Cell, probe: Probe) -> None:
    """That is said, too."""
    probe()
    assert "nothing has gone wrong with probe" in debug(cell)


def test_a_plugin_that_does_not_load(cell: Cell, probe: Probe) -> None:
    """The names of its module, without modules, functions and classes."""
    probe(main="import os\nlimit = 7\ndef helper(): pass\nraise RuntimeError(limit)\n")
    cell("%plugin run probe")
    failure_names = repr(debug(cell))
    assert "as it was loaded" in failure_names
    assert "limit" in failure_names
    assert "helper" not in failure_names


def test_a_reload_that_fails(cell: Cell, probe: Probe, manager: PluginManager) -> None:
    """What broke is looked at in the same way, while the old code serves."""
    probe("return {'y': 1}")
    cell("%plugin run probe")
    main = manager.plugins["probe"].root / "main.py"
    main.write_text(main.read_text() + "\nlimit = 7\n1 / 0\n")
    _, printed, error = cell("%plugin reload probe")
    assert error is not None
    assert "+limit = 7" in printed[printed.index("which goes on serving:") :]
    shown = repr(debug(cell))
    assert "ZeroDivisionError" in shown
    assert "limit" in shown
    assert cell("r = %plugin run probe\nr['y']")[0] == 1


def test_an_interrupt_is_no_failure(manager: PluginManager, probe: Probe) -> None:
    """The failure before it is what is shown."""
    probe("raise (KeyboardInterrupt if inputs['x'] else ValueError)('first')")
    instance = manager.create_instance("probe")
    with pytest.raises(Exception, match="first"):
        instance.execute({"x": 0})
    failure = manager.last_failure("probe")
    assert failure is not None
    assert failure.message == "ValueError: first"


@pytest.mark.parametrize(
    "value", ["Bad()", "'x' * 10**7", "[[[[[[]]]]]] * 10**6", "chr(0xd800)", "'\\x1b[2J'", "np.zeros((0, 3))"]
)
def test_whatever_a_name_means(cell: Cell, probe: Probe, shell: InteractiveShell, value: str) -> None:
    """Objects that can't be printed, endless ones and ones that would drive a terminal are told within bounds."""
    bad = "class Bad:\n    def __repr__(self): raise SystemExit\n"
    probe(f"{bad}odd = {value}\nnames = {{k: k for k in range(10**4)}}\nraise ValueError('v')")
    cell("%plugin run probe")
    shown = repr(debug(cell))
    assert "ValueError: v" in shown
    assert "odd" in shown
    assert "\x1b" not in shown
    assert len(shown) < 20_000


@pytest.mark.parametrize("line", ["%plugin debug probe --profile gain_db=3", "%plugin profile probe gain_db=3"])
def test_a_run_is_measured(cell: Cell, probe: Probe, line: str) -> None:
    """``--profile`` and ``profile`` run it with the values given and show the costliest functions."""
    probe("def costly():\n    return sum(range(10**5))\nreturn {'y': costly() + parameters['gain_db']}")
    shown = debug(cell, line)
    assert "measured from inside" in shown
    assert "(costly)" in shown
    assert "cumtime" in shown


def test_the_costliest_comes_first(cell: Cell, probe: Probe) -> None:
    """By their time with what they call, however often that is; without the copy's folder."""
    probe(
        "def cheap(): pass\ndef costly():\n    return sum(range(10**6))\n"
        "for _ in range(50): cheap()\nfor n in range(60): exec(f'def few{n}(): pass\\nfew{n}()')\ncostly()\nreturn {'y': 1}"
    )
    shown = repr(debug(cell, "%plugin profile probe"))
    assert shown.index("(costly)") < shown.index("(cheap)")
    assert "/main.py" not in shown
    assert shown.count("(few") < 30


def test_of_hostile_names_a_few_pages_are_shown(cell: Cell, probe: Probe) -> None:
    """The costliest functions, however long they are called."""
    names = "''.join(f'def f{n}_{\"x\" * 900}(): pass\\n' for n in range(60))"
    probe(f"exec({names}, given := {{}})\nfor name in list(given)[1:]: given[name]()\nreturn {{'y': 1}}")
    shown = repr(debug(cell, "%plugin profile probe"))
    assert len(shown) < 17_000
    assert 0 < shown.count("(f") < 30


@pytest.mark.parametrize("then", ["", "raise ValueError('v')"])
def test_nothing_is_measured_after_it(cell: Cell, probe: Probe, then: str) -> None:
    """Nor is the next call slow for it, however the one that was measured ended."""
    probe(f"y = sys.getprofile() is None\nif inputs['x']: {then or 'pass'}\nreturn {{'y': y}}")
    cell("%plugin profile probe x=1")
    assert cell("r = %plugin run probe x=0\nr['y']")[0] is True


def test_what_is_given_is_measured_not_the_example(cell: Cell, probe: Probe) -> None:
    """The example's inputs and parameters are for what isn't given."""
    example = {"inputs": {"x": "example's"}, "parameters": {"gain_db": 3}}
    probe("print(inputs['x'], parameters['gain_db'])\nreturn {'y': 1}", definition={**PROBE, "example": example})
    for given in ("", "x='own'", "gain_db=6", "x='own' gain_db=6"):
        assert cell(f"%plugin profile probe {given}")[2] is None
    lines = repr(cell("%plugin logs probe")[0])
    assert re.findall(r"(example's|own) (\d)", lines) == [
        ("example's", "3"),
        ("own", "3"),
        ("example's", "6"),
        ("own", "6"),
    ]


def test_what_it_said_and_did_last_is_that_of_the_one_that_failed(
    cell: Cell, probe: Probe, manager: PluginManager
) -> None:
    """Of no other instance, and no more than the end of it."""
    probe(
        "for n in range(30):\n    print(inputs['x'], n)\n    try: open(f'/{inputs[\"x\"]}/{n}')\n    except OSError: pass\n"
        "if inputs['x'] == 'own': raise ValueError('v')\nreturn {'y': 1}"
    )
    cell("%plugin run probe x='own'")
    manager.create_instance("probe").execute({"x": "other"})
    shown = repr(debug(cell))
    assert "other" not in shown
    printed, _, done = shown.partition("Printed last")[2].partition("Done last")
    assert ("own 29" in printed, "own 20" in printed, "own 19" in printed) == (True, True, False)
    assert ("/own/29" in done, "/own/10" in done) == (True, False)


def test_what_is_measured_is_the_example_where_nothing_is_given(cell: Cell, probe: Probe) -> None:
    """A sound is made where one is required."""
    probe(
        "return {'y': inputs['audio'].duration_s}",
        definition={**PROBE, "inputs": [{"name": "audio", "type": "audio"}]},
    )
    assert "measured from inside" in repr(debug(cell, "%plugin debug probe --profile"))
    assert "measured from inside" in repr(debug(cell, "%plugin debug probe --profile gain_db=3"))


def test_what_can_not_be_made_up_is_asked_for(cell: Cell, probe: Probe) -> None:
    """With the line to write; a sound that could be made is not asked for."""
    ends = {**PROBE, "inputs": [{"name": "audio", "type": "audio"}, {"name": "notes", "type": "list"}]}
    probe("return {'y': len(inputs['notes'])}", definition=ends)
    _, printed, error = cell("%plugin debug probe --profile")
    assert error is not None
    assert "needs `notes`, and its definition has no example with that" in printed
    assert "write %plugin debug probe --profile notes=…" in printed
    assert "measured from inside" in repr(debug(cell, "%plugin debug probe --profile notes=[60]"))


def test_a_plugin_of_a_cell_has_its_lines(cell: Cell) -> None:
    """What is shown names the cell and its line, in the traceback and above the names."""
    cell(
        "%%plugin from_cell --type effect\nfrom schillinger_plugins.types import EffectPlugin\n\n\n"
        "class FromCell(EffectPlugin):\n    def process(self, block, parameters):\n        return block.nothing\n"
    )
    post_mortem = debug(cell, "%plugin debug from_cell")
    for shown in (repr(post_mortem), post_mortem._repr_html_()):
        assert shown.count("Cell %%plugin from_cell, line 7, in process") == 2
        assert "main.py, line" not in shown


def test_a_slip_is_found_before_it_runs(cell: Cell, probe: Probe) -> None:
    """As with ``%plugin run``."""
    probe()
    for line in ("%plugin debug probe --profile gain=3", "%plugin profile probe gain=3"):
        _, printed, _ = cell(line)
        assert "did you mean `gain_db`?" in printed


def test_what_was_refused_takes_no_failures_place(cell: Cell, probe: Probe) -> None:
    """A slip in the line after a failure: debug still shows what the plugin raised."""
    probe(FAILS)
    cell("%plugin run probe")
    assert cell("%plugin run probe gain_db=99")[2] is not None
    assert "no such <b>block</b>" in repr(debug(cell))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("input('name? ')", "nobody to ask in here"),
        ("import pdb; pdb.set_trace(); x = 1", "pdb has no terminal in here"),
    ],
)
def test_what_waits_for_a_terminal_ends_the_call_and_says_why(cell: Cell, probe: Probe, body: str, says: str) -> None:
    """input() and pdb, as breakpoint()."""
    probe(body)
    assert says in str(cell("%plugin run probe")[2])
