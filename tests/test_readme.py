"""The README's examples do what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

from schillinger_plugins import Audio, PluginManager

README = Path(__file__).parents[1] / "README.md"


def block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return next(text for text in blocks if containing in text)


def test_the_plugin_in_the_readme_clips(manager: PluginManager, tmp_path: Path) -> None:
    """The manifest and the class that the README shows make a plugin that works, in a folder as in a cell."""
    folder = tmp_path / "soft_clip"
    folder.mkdir()
    (folder / "plugin.json").write_text(block("json", '"Soft clip"'))
    (folder / "main.py").write_text(block("python", "class SoftClip").partition("\n")[2])
    instance = manager.create_instance(manager.load(folder).id)
    samples = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    clipped = instance.execute({"audio": Audio(samples, 8000)}, {"drive_db": 20})["audio"]
    np.testing.assert_allclose(clipped.samples, np.tanh(10 * samples), rtol=1e-5)


def test_the_script_in_the_readme_analyses_a_file(tmp_path: Path) -> None:
    """The README's script runs as it stands, on a file of the name it uses."""
    soundfile.write(tmp_path / "song.flac", np.sin(np.arange(44100) / 20) / 2, 44100)
    done = subprocess.run(
        [sys.executable, "-c", block("python", "with PluginManager")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"(major|minor) [0-9a-f]{64}$", done.stdout.strip())
