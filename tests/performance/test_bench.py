"""The benchmarks run. What they measure is told, not asserted: a busy machine must not fail a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bench.measure import Contender, Figure, in_turns
from tests.bench.row import compared

ROOT = Path(__file__).parents[2]


def test_a_chapter_is_measured_and_its_page_written(tmp_path: Path) -> None:
    """A quick run of one chapter ends with a page that has its rows."""
    page = tmp_path / "performance.md"
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "calls", "--quick", "--page", str(page)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    told = page.read_text(encoding="utf-8")
    for peer in ("ping-pong, unpinned", "ping-pong, one core", "ProcessPoolExecutor", "loky", "multiprocessing.Pool"):
        assert "| no-op call, blocking | " in told
        assert f" | {peer} | " in told


def test_the_page_of_the_documentation_is_of_one_thorough_run() -> None:
    """Naming a chapter, or asking for a quick run, doesn't overwrite the page in docs."""
    for asked in (["calls"], ["--quick"]):
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench", *asked, "--page"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 2
        assert "one thorough run" in done.stderr


def test_contenders_take_turns() -> None:
    """Each has its turn in each round, after calls that are not measured."""
    asked: list[tuple[str, int]] = []

    def contender(name: str, seconds: float) -> Contender:
        def contend(times: int) -> list[float]:
            asked.append((name, times))
            return [seconds] * times

        return contend

    figures = in_turns({"a": contender("a", 3.0), "b": contender("b", 2.0)}, rounds=4, burst=5, settle=2)
    measured = [name for name, times in asked if times == 5]
    assert [set(measured[turn : turn + 2]) for turn in range(0, 8, 2)] == [{"a", "b"}] * 4
    assert figures["a"].number == figures["b"].number == 20


def test_nine_of_ten_values_are_within_the_90th_percentile() -> None:
    """Of few values it is the largest: nothing that was seen is left out of what is told."""
    assert Figure((tuple(map(float, range(1, 21))),)).p90 == 18.0
    assert Figure(((1.0, 3.0), (2.0,))).p90 == 3.0


def test_a_ratio_is_taken_within_each_round() -> None:
    """A machine that becomes ten times slower halfway doesn't change a ratio."""
    ours, theirs = Figure(((3.0,), (30.0,), (30.0,))), Figure(((2.0,), (20.0,), (20.0,)))
    (row,) = compared("ours", ours, {"theirs": theirs}, reaches={"theirs": 1.4})
    assert row.ratio == 1.5
    assert row.reached is False
