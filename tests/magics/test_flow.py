"""``%plugin flow``."""

from __future__ import annotations

from pathlib import Path

from schillinger_plugins import Flow
from tests.conftest import Cell


def test_a_flow_is_new_or_out_of_a_file(cell: Cell, tmp_path: Path) -> None:
    """Over the plugins of the session; with the name of the line."""
    flow, _, error = cell("flow = %plugin flow study\nn = flow.add('resultant_rhythm', a=3, b=2)\nflow")
    assert error is None
    assert isinstance(flow, Flow)
    assert flow.name == "study"
    assert cell("flow.run()['resultant_rhythm']['durations']")[0] == [2, 1, 1, 2]
    flow.save(tmp_path / "study.json")
    again = cell(f"again = %plugin flow {tmp_path}/study.json\nagain")[0]
    assert list(again.nodes) == ["resultant_rhythm"]
    again.close()
    flow.close()


def test_a_file_that_is_not_there_is_said(cell: Cell) -> None:
    """Instead of a new flow of that name."""
    _, printed, error = cell("%plugin flow nowhere.json")
    assert error is not None
    assert "nowhere.json" in printed
