"""Which zygote a plugin is forked from: a wrong guess costs seconds at each load, a right one nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from schillinger_plugins.sandbox.profile import choose


@pytest.mark.parametrize(
    "dependency", ["librosa>=0.11", "SciPy", " soundfile ; python_version > '3'", "scikit-learn==1"]
)
def test_what_it_declares_decides(dependency: str, tmp_path: Path) -> None:
    """However it is written."""
    assert choose(["requests", dependency], tmp_path) == "audio"


@pytest.mark.parametrize(
    "line", ["import librosa", "from scipy.signal import lfilter", "    import numba as nb", "import soxr, os"]
)
def test_what_it_imports_decides(line: str, tmp_path: Path) -> None:
    """In any of its files, at the top or within a function."""
    (tmp_path / "main.py").write_text("import os\n")
    (tmp_path / "other.py").write_text(f"import os\ndef f():\n{line}\n")
    assert choose([], tmp_path) == "audio"


@pytest.mark.parametrize("text", ["", "import librosaurus", "# import librosa", "x = 'import librosa'", "import numpy"])
def test_a_small_one_is_enough_for_all_others(text: str, tmp_path: Path) -> None:
    """Words that merely look like it, and dependencies that have part of a name."""
    (tmp_path / "main.py").write_text(text)
    assert choose(["scipyx", "not-librosa"], tmp_path) == "base"


def test_it_looks_at_no_more_than_it_has_to(tmp_path: Path) -> None:
    """Nothing outside the folder by way of a link, no endless file, no folder of thousands."""
    (tmp_path / "outside").write_text("import librosa\n")
    root = tmp_path / "plugin"
    root.mkdir()
    (root / "linked.py").symlink_to(tmp_path / "outside")
    (root / "folder.py").mkdir()
    (root / "large.py").write_text("\n" * 1024 * 1024 + "import librosa\n")
    assert choose([], root) == "base"
    for number in range(60):
        (root / f"a{number:02}.py").write_text("")
    (root / "b.py").write_text("import librosa\n")
    assert choose([], root) == "base"
