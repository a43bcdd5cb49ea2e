"""Figures in JupyterLab: drawn where they are harmless, and harmless where they are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from .plugins import write_plugin

pytestmark = pytest.mark.timeout(180)

MAIN = '''
from schillinger_plugins.types import Figure, VisualizationPlugin

HOSTILE = """<svg xmlns="http://www.w3.org/2000/svg" onload="parent.hacked = 1; top.hacked = 1; window.hacked = 1">
<script>window.hacked = 1</script><rect width="9" height="9"/></svg>"""


class Drawer(VisualizationPlugin):
    async def execute(self, inputs, parameters):
        if parameters["hostile"]:
            return {"figure": Figure.svg(HOSTILE, alt="a trap")}
        spec = {
            "data": {"values": [{"bar": n, "level_db": -n * n} for n in range(8)]},
            "params": [{"name": "floor_db", "value": -60, "bind": {"input": "range", "min": -60, "max": 0}}],
            "transform": [{"filter": "datum.level_db > floor_db"}, {"calculate": "datum.level_db + 60", "as": "above_db"}],
            "mark": {"type": "bar", "tooltip": True},
            "encoding": {
                "x": {"field": "bar", "type": "ordinal"},
                "y": {"field": "above_db", "type": "quantitative", "axis": {"labelExpr": "datum.label + ' dB'"}},
                "color": {"condition": {"test": "datum.level_db < -9", "value": "teal"}, "value": "orange"},
            },
        }
        return {"figure": Figure.vega_lite(spec, alt="Levels that fall")}

    def get_node_definition(self):
        return {
            "type": "drawer",
            "label": "Drawer",
            "outputs": [{"name": "figure", "type": "figure"}],
            "parameters": [{"name": "hostile", "type": "boolean", "default": False}],
        }
'''
CELLS = (
    "manager.default_instance('drawer').execute({}, {})",
    "sound = manager.default_instance('resultant_rhythm').execute({}, {'repeats': 3})['audio']\n"
    "manager.default_instance('self_similarity').execute({'audio': sound}, {'feature': 'mfcc'})['figure']",
    "try:\n    manager.default_instance('drawer').execute({}, {'hostile': True})\n"
    "except Exception as error:\n    print('refused:', error)",
    # What the check would let through is still in an image, where nothing runs.
    "from IPython.display import HTML\nfrom schillinger_plugins.types import Figure\n"
    "from schillinger_plugins.widgets import figure\n"
    'text = \'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="top.hacked = 1">'
    "<script>top.hacked = 1</script></svg>'\n"
    "HTML(figure._img(Figure.svg(text, alt='unchecked')))",
)

PAINTED = """(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""


@pytest.fixture(scope="module")
def shown(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A notebook with all figures, run."""
    folder = write_plugin(tmp_path_factory.mktemp("plugins") / "drawer", MAIN, plugin_type="VISUALIZATION")
    page = open_notebook(write_notebook(*CELLS, paths=(folder.parent,)))
    page.run_all()
    page.locator(".jp-RenderedVegaLite canvas").wait_for()
    return page


def test_vega_lite_is_drawn_by_jupyterlab(shown: Any) -> None:
    """With its bars in their colours, its control, and a menu that only saves pictures."""
    canvas = shown.locator(".jp-RenderedVegaLite canvas")
    expect(canvas).to_have_count(1)
    assert canvas.evaluate(PAINTED) > 10
    expect(shown.locator(".jp-RenderedVegaLite input[type=range]")).to_have_count(1)
    links = shown.locator(".jp-RenderedVegaLite .vega-actions a").all_inner_texts()
    assert not [text for text in links if "Editor" in text or "Source" in text]


def test_jupyterlab_keeps_a_png_for_where_nothing_draws(shown: Any) -> None:
    """Beside the specification, in the notebook's own file."""
    shown.page.wait_for_function(
        """() => window.jupyterapp.shell.currentWidget.content.widgets.some((cell) => cell.model.type === 'code' &&
        cell.model.outputs.toJSON().some((output) => output.data?.['application/vnd.vegalite.v5+json']
        && output.data['image/png']))"""
    )


def test_a_drawing_is_an_image_with_its_words(shown: Any) -> None:
    """The self-similarity of a rhythm, drawn by a confined worker."""
    image = shown.locator("img[alt^='Self-similarity matrix']")
    expect(image).to_be_visible()
    assert image.evaluate("(img) => img.naturalWidth") > 300
    assert image.get_attribute("src").startswith("data:image/svg+xml;base64,")


def test_a_script_in_a_drawing_is_refused_and_never_runs(shown: Any) -> None:
    """The call says where it is; and even in an unchecked image it does nothing."""
    refusal = shown.locator(".jp-OutputArea-output pre").filter(has_text="refused:")
    expect(refusal).to_contain_text("has the attribute onload at <svg>")
    expect(refusal).to_contain_text("$.outputs.figure.svg")
    unchecked = shown.locator("img[alt=unchecked]")
    shown.page.wait_for_function("(img) => img.complete", arg=unchecked.element_handle())
    assert shown.page.evaluate("window.hacked") is None
