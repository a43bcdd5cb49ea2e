"""Display: still outputs first, the live one last; text in a terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from schillinger_plugins import Flow, PluginManager
from schillinger_plugins.result import Result
from schillinger_plugins.types import Audio
from schillinger_plugins.widgets import display, flow_view

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A shell of its own, which no other test sees."""
    InteractiveShell.clear_instance()
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture
def published(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a notebook would get, one entry for each output."""
    outputs: list[dict[str, Any]] = []
    publisher = SimpleNamespace(publish=lambda data, metadata=None, **_: outputs.append(data))
    monkeypatch.setattr(shell, "display_pub", publisher, raising=False)
    monkeypatch.setattr(display, "_in_notebook", lambda: True)
    return outputs


def test_picture_table_and_view_come_as_three_outputs(analysis: Result, published: list[dict[str, Any]]) -> None:
    """GitHub takes the first two, JupyterLab the third, which knows how many belong to it."""
    display.draw(analysis)
    assert [next(iter(output)) for output in published][:2] == ["image/png", "text/html"]
    assert WIDGET in published[2]
    assert len(published) == 3


def test_the_view_finds_its_still_outputs(analysis: Result, published: list[dict[str, Any]]) -> None:
    """The mark in the table is the id that the view has."""
    from ipywidgets.widgets.widget import _instances

    display.draw(analysis)
    view = _instances[published[2][WIDGET]["model_id"]]
    assert f"schillinger-static-{view.static_id}" in published[1]["text/html"]
    assert view.static_count == 2


def test_without_a_picture_the_view_has_one_still_output(make_result: Any, published: list[dict[str, Any]]) -> None:
    """Scalars have a table only."""
    display.draw(make_result([{"name": "n", "type": "integer"}], {"n": 3}))
    assert len(published) == 2


def test_a_picture_that_fails_costs_nothing_else(
    analysis: Result, published: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever matplotlib says, the table and the view are there."""
    monkeypatch.setattr("schillinger_plugins.widgets.picture.views_of", lambda shown: 1 / 0)
    display.draw(analysis)
    assert len(published) == 2


def test_two_views_of_one_result_have_marks_of_their_own(analysis: Result, published: list[dict[str, Any]]) -> None:
    """Drawing twice in one cell must not hide the other's table."""
    display.draw(analysis)
    display.draw(analysis)
    marks = [
        re.search(r"static-([0-9a-f]{12})", output["text/html"]).group(1) for output in (published[1], published[4])
    ]
    assert marks[0] != marks[1]


def test_no_text_is_an_object_at_an_address(analysis: Result, published: list[dict[str, Any]]) -> None:
    """Where only text is shown, it reads well."""
    display.draw(analysis)
    for output in published:
        assert " object at 0x" not in output["text/plain"]


def test_a_terminal_gets_text(shell: InteractiveShell, analysis: Result, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a kernel there is no front-end that could draw."""
    display.draw(analysis)
    assert capsys.readouterr().out.startswith("Result of audio_thing")


def test_install_draws_results_and_uninstall_undoes_it(
    shell: InteractiveShell, analysis: Result, capsys: pytest.CaptureFixture[str]
) -> None:
    """IPython's display hook knows results and sounds after the one, and not after the other."""
    formatter = shell.display_formatter
    assert formatter is not None
    display.install(shell)
    assert formatter.format(analysis) == ({}, {})
    assert formatter.format(Audio(np.zeros(800), 800)) == ({}, {})
    capsys.readouterr()
    display.uninstall(shell)
    assert "text/plain" in formatter.format(analysis)[0]


def test_install_is_light() -> None:
    """Loading the extension imports neither widgets nor drawing libraries."""
    code = (
        "import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "from schillinger_plugins.widgets import install\n"
        "before = set(sys.modules)\n"
        "install(InteractiveShell.instance())\n"
        "heavy = {'anywidget', 'ipywidgets', 'matplotlib', 'numpy', 'pydantic'}\n"
        "found = heavy & {name.split('.')[0] for name in sys.modules}\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_flow_is_a_picture_an_outline_and_one_canvas(manager: PluginManager, published: list[dict[str, Any]]) -> None:
    """Where there is nothing to draw yet a line stands for the picture, so that both are hidden wherever it is shown."""
    with Flow(manager, name="study") as flow:
        display.draw(flow)
        flow.add("gain_node")
        display.draw(flow)
        kinds = [set(output) - {"text/plain"} for output in published]
        assert kinds[:3] == [set(), {"text/html"}, {WIDGET}]
        assert kinds[3:] == [{"image/png"}, {"text/html"}, {WIDGET}]
        assert published[0]["text/plain"] == "<Flow 'study': 0 nodes, 0 edges>"
        assert published[2][WIDGET]["model_id"] == published[5][WIDGET]["model_id"]
        canvas = flow_view(flow)
        assert canvas.static_count == 2
        assert f"schillinger-static-{canvas.static_id}" in published[4]["text/html"]
        canvas.close()
