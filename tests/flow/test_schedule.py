"""The order of a run, without any plugin."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.errors import PluginError
from schillinger_plugins.flow.events import NodeState
from schillinger_plugins.flow.schedule import Outcome, carry_out


def carried_out(needs: dict[str, set[str]], *, failing: frozenset[str] = frozenset(), concurrency: int = 2) -> Any:
    """The outcome, the order in which they began, and how many were under way at most."""
    began: list[str] = []
    ended: set[str] = set()
    under_way = most = 0
    outcome = Outcome()

    async def do(name: str) -> NodeState:
        nonlocal under_way, most
        assert needs[name] <= ended
        began.append(name)
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        if name in failing:
            raise PluginError("on purpose")
        ended.add(name)
        return "done"

    asyncio.run(carry_out(needs, needs, do, concurrency=concurrency, tell=lambda *_: None, outcome=outcome))
    return outcome, began, most


@st.composite
def graphs(draw: Any) -> dict[str, set[str]]:
    """Without circles: each needs some of those before it, and they come in any order."""
    count = draw(st.integers(1, 12))
    needs = {
        str(i): {str(j) for j in draw(st.sets(st.integers(0, i - 1), max_size=4))} if i else set() for i in range(count)
    }
    names = draw(st.permutations(list(needs)))
    return {name: needs[name] for name in names}


@given(graphs(), st.integers(1, 4), st.data())
def test_each_runs_once_after_what_it_needs(needs: dict[str, set[str]], concurrency: int, data: Any) -> None:
    """No more side by side than is allowed; only what depends on a failure is blocked."""
    failing = data.draw(st.frozensets(st.sampled_from(sorted(needs)), max_size=3))
    outcome, began, most = carried_out(needs, failing=failing, concurrency=concurrency)
    assert len(began) == len(set(began))
    assert most <= concurrency
    blocked: set[str] = set()
    for _ in needs:
        blocked |= {name for name, needed in needs.items() if needed & (failing | blocked)}
    states = {name: "blocked" if name in blocked else "failed" if name in failing else "done" for name in needs}
    assert outcome.states == states
    assert set(outcome.errors) == failing - blocked
    assert set(began) == set(needs) - blocked


def test_a_chain_of_1000_runs_in_its_order() -> None:
    """However they are named."""
    names = [str(number) for number in range(1000)]
    shuffled = random.Random(1).sample(names, 1000)
    needs = {name: {str(int(name) - 1)} if name != "0" else set() for name in shuffled}
    assert carried_out(needs)[1] == names


def test_200_side_by_side_are_two_at_a_time() -> None:
    """All of them run."""
    outcome, began, most = carried_out({str(number): set() for number in range(200)})
    assert (len(began), most, set(outcome.states.values())) == (200, 2, {"done"})


def test_cancelling_ends_what_runs_and_begins_nothing_more() -> None:
    """What is under way is waited for; done stays done."""
    outcome, told = Outcome(), []
    cleaned: list[str] = []

    async def main() -> None:
        waits = asyncio.Event()

        async def do(name: str) -> NodeState:
            if name == "a":
                return "done"
            waits.set()
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                cleaned.append(name)
            return "done"

        needs = {"a": set[str](), "b": {"a"}, "c": {"b"}}
        task = asyncio.create_task(
            carry_out(needs, needs, do, concurrency=2, tell=lambda *one: told.append(one[:2]), outcome=outcome)
        )
        await waits.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert outcome.states == {"a": "done", "b": "cancelled", "c": "cancelled"}
    assert cleaned == ["b"]
    assert told[-2:] == [("b", "cancelled"), ("c", "cancelled")]
