"""The sandbox works however Python's libraries were installed."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path


def test_libraries_may_lie_in_another_environment(tmp_path: Path, write_plugin: Callable[..., Path]) -> None:
    """Where a .pth file leads to another site-packages, zygote and workers find and may read what lies there."""
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    site = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    package = Path(__file__).parents[2]
    (site / "elsewhere.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n{package}\n")
    script = f"""
from schillinger_plugins import PluginManager
with PluginManager() as manager:
    plugin = manager.load({str(write_plugin(body="return {'y': float(np.arange(4).sum())}"))!r})
    result = manager.create_instance(plugin.id).execute()
    print(result["y"], result.provenance.sandbox_level)
"""
    python = tmp_path / "venv" / "bin" / "python"
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["6.0", "full"], done.stderr
    assert str(python) != sys.executable
