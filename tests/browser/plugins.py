"""Plugins that a test of the browser writes for its notebook, and how it sees what they have drawn."""

from __future__ import annotations

import json
from pathlib import Path

BARS = """
from schillinger_plugins.types import Figure, VisualizationPlugin


class Bars(VisualizationPlugin):
    async def execute(self, inputs, parameters):
        spec = {
            "data": {"values": [{"bar": n, "level_db": -n * n} for n in range(8)]},
            "params": [{"name": "floor_db", "value": -60, "bind": {"input": "range", "min": -60, "max": 0}}],
            "transform": [{"filter": "datum.level_db > floor_db"}],
            "mark": "bar",
            "encoding": {
                "x": {"field": "bar", "type": "ordinal", "title": "number of the bar"},
                "y": {"field": "level_db", "type": "quantitative", "axis": {"labelExpr": "datum.label + ' dB'"}},
                "color": {"condition": {"test": "datum.level_db < -9", "value": "#008080"}, "value": "#ffa500"},
            },
        }
        return {"figure": Figure.vega_lite(spec, alt="Levels that fall")}

    def get_node_definition(self):
        return {"type": "Bars", "label": "Bars", "outputs": [{"name": "figure", "type": "figure"}]}
"""
# The colours that cover most of a picture.
COLOURS = """async (image) => {
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext('2d');
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.naturalWidth, image.naturalHeight);
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] < 250) continue;
    const key = data.slice(at, at + 3).join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([key]) => key).slice(0, 20);
}"""


def write_plugin(folder: Path, main: str, *, plugin_type: str = "NODE") -> Path:
    """A plugin of that main file, written or written anew; it has the folder's name. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.py").write_text(main)
    metadata = {
        "name": folder.name,
        "version": "1.0.0",
        "description": "written by a test",
        "author": "tests",
        "plugin_type": plugin_type,
        "category": "Test",
        "dependencies": [],
        "requires_permissions": ["execute"],
    }
    manifest = {"metadata": metadata, "main_file": "main.py", "config_schema": {}, "default_config": {}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    return folder
