"""The plugins that are called while time is taken.

Owns their code. Each does as little as its name says, so that what is measured is the way there and back. Written into a
folder of the run's own; called by every module that calls plugins.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from schillinger_plugins import PluginManager

_CODE = '''
from schillinger_plugins.types import {base}
{imports}

class It({base}):
    """{about}"""

    def __init__(self, context):
        super().__init__(context)
        self.calls = 0

    {method}
        {body}

    def get_node_definition(self):
        return {{"type": "{name}", "label": "{name}"}}
'''

_BODIES = {
    "nothing": ("NodePlugin", "", "Do nothing.", "return {}"),
    "echo": ("NodePlugin", "", "Return what came in.", "return dict(inputs)"),
    "halve": (
        "EffectPlugin",
        "from schillinger_plugins.types import Audio",
        "Make a block of audio half as loud.",
        "return Audio(block.samples * 0.5, block.sample_rate)",
    ),
    "count": (
        "NodePlugin",
        "",
        "Say how often it was called.",
        'self.calls += 1; return {"calls": self.calls}',
    ),
    "listen": (
        "AnalysisPlugin",
        "import librosa\nimport numpy as np",
        "Call one of librosa's compiled kernels.",
        'return {"crossings": float(librosa.zero_crossings(np.ones(64, np.float32)).sum())}',
    ),
}
_METHODS = {
    "EffectPlugin": "def process(self, block, parameters):",
}
_EXECUTE = "async def execute(self, inputs, parameters):"
_LIMITS = {"memory_mb": 6144, "output_mb": 4096, "scratch_mb": 16_384, "wall_s": 600, "cpu_s": 600}


def write(folder: Path, name: str, *, addition: str = "") -> Path:
    """Write the plugin `name` into a folder of its own within `folder`, `addition` at the end of its code."""
    base, imports, about, body = _BODIES[name]
    root = folder / name
    root.mkdir(exist_ok=True)
    manifest = {
        "metadata": {
            "name": name,
            "version": "1.0.0",
            "description": about,
            "author": "",
            "plugin_type": base.removesuffix("Plugin").upper(),
            "category": "Benchmark",
            "dependencies": [],
            "requires_permissions": ["execute"],
        },
        "main_file": "main.py",
        "config_schema": {},
        "default_config": {},
        "limits": _LIMITS,
    }
    (root / "plugin.json").write_text(json.dumps(manifest), encoding="utf-8")
    method = _METHODS.get(base, _EXECUTE)
    code = _CODE.format(base=base, imports=imports, about=about, method=method, body=body, name=name)
    (root / "main.py").write_text(code + addition, encoding="utf-8")
    return root


@contextmanager
def managed(*names: str) -> Iterator[tuple[PluginManager, Path]]:
    """A manager that has loaded these plugins, and the folder in which they lie."""
    with TemporaryDirectory() as place, PluginManager() as manager:
        folder = Path(place)
        for name in names:
            manager.load(write(folder, name))
        yield manager, folder
