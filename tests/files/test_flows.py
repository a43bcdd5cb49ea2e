"""Flows keep a file's path, and read it anew with each run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import Flow, PluginManager
from schillinger_plugins.errors import InputError
from schillinger_plugins.types import File

from .conftest import CANARY


@pytest.fixture
def flow(manager: PluginManager, takes_file: str) -> Iterator[Flow]:
    """One node that takes a file."""
    with Flow(manager, name="study") as flow:
        flow.add(takes_file, id="taker")
        yield flow


def content(flow: Flow) -> Any:
    return flow.run()["taker"]["y"][3]


def test_a_node_reads_its_file_with_each_run(flow: Flow, canary: Path) -> None:
    """What hasn't changed since isn't run again, what has is stale."""
    flow["taker"].set(scale=canary)
    assert content(flow) == CANARY
    assert flow.run().cached == ("taker",)
    before = flow.signatures()
    canary.write_bytes(b"changed")
    assert flow.signatures() != before
    assert content(flow) == b"changed"


def test_a_document_has_the_path_and_no_content(flow: Flow, canary: Path) -> None:
    """And opened again it reads what is there then; no record of a run has the content, either."""
    flow["taker"].set(scale=canary)
    run = flow.run()
    text = json.dumps(flow.as_dict())
    assert str(canary) in text
    assert CANARY.decode() not in text + json.dumps(run.provenance, default=repr)
    with Flow.from_dict(json.loads(text), flow.host) as again:
        assert content(again) == CANARY


def test_content_is_no_setting(flow: Flow) -> None:
    """A document has no place for it."""
    for value in (b"content", File("a.scl", b"content")):
        with pytest.raises(InputError, match="expected a file's path"):
            flow["taker"].set(scale=value)


def test_a_missing_file_is_told_at_the_node(flow: Flow, canary: Path) -> None:
    """Before anything is run; as soon as it is there, nothing is wrong any more."""
    flow["taker"].set(scale=canary)
    canary.rename(canary.with_suffix(".gone"))
    (problem,) = flow.problems()
    assert (problem.node, problem.port, problem.grave) == ("taker", "scale", True)
    assert "there is no file" in problem.message
    with pytest.raises(InputError, match="there is no file"):
        flow.run()
    canary.with_suffix(".gone").rename(canary)
    assert not flow.problems()


def test_what_is_handed_over_takes_the_place_of_a_path(flow: Flow, manager: PluginManager) -> None:
    """For as long as the flow is open, and in no document."""
    flow["taker"].set(scale="/nowhere/a.scl")
    parameter = manager.definition("taker").parameters[0]
    flow.files.hold("taker", parameter, File("mine.scl", b"handed"))
    assert not flow.problems()
    assert content(flow) == b"handed"
    assert "handed" not in json.dumps(flow.as_dict())
    flow.files.hold("taker", parameter, None)
    assert flow.problems()


def test_over_many_inputs_each_run_has_the_file(manager: PluginManager, takes_file: str, canary: Path) -> None:
    """The copies of a flow hold what it holds."""
    with Flow(manager) as flow:
        taker = flow.add(takes_file, id="taker", scale=canary)
        flow.input("x", type="any") >> taker["x"]
        assert [item.run["taker"]["y"][3] for item in flow.over(x=[1, 2])] == [CANARY, CANARY]
