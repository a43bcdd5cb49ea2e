"""The coverage-guided fuzzer, for as many runs as a test suite has time for."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this platform or Python"
)
def test_a_bounded_run_finds_nothing(tmp_path: Path) -> None:
    """Twelve thousand inputs from a fixed seed are all read or refused."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz.atheris_decoder",
            "-runs=12000",
            "-seed=1",
            "-max_len=4096",
            f"-artifact_prefix={tmp_path}/",
        ],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done 12000 runs" in done.stderr
