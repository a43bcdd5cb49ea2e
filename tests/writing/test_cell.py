"""``%%plugin``, with real workers."""

from __future__ import annotations

import json

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from schillinger_plugins import Audio, PluginManager
from schillinger_plugins.authoring import cell_folder
from schillinger_plugins.result import Result
from tests.conftest import Cell

SCALE = """%%plugin scale --type effect factor=3
from typing import Annotated, TypedDict

from schillinger_plugins.types import Audio, EffectPlugin, Parameter


class Settings(TypedDict):
    factor: Annotated[float, Parameter(2.0, min=0, max=10)]


class Scale(EffectPlugin):
    '''Multiplies.'''

    calls = 0

    def process(self, block: Audio, parameters: Settings) -> Audio:
        self.calls += 1
        print("call", self.calls)
        return Audio(block.samples * parameters["factor"], block.sample_rate)
"""


CHORDS = """%%plugin chord_count
from typing import TypedDict

from schillinger_plugins.types import NodePlugin


class Inputs(TypedDict):
    chords: list


class Outputs(TypedDict):
    count: int


class ChordCount(NodePlugin):
    example = {"inputs": {"chords": ["C", "Am"]}}

    async def execute(self, inputs: Inputs, parameters: dict) -> Outputs:
        return {"count": len(inputs["chords"])}
"""


def test_a_cell_is_a_plugin(cell: Cell, manager: PluginManager) -> None:
    """It is loaded and run on a test sound with the values of the line, and its folder is one that can be passed on."""
    result, printed, error = cell(SCALE)
    assert error is None
    assert isinstance(result, Result)
    assert result.provenance.parameters == {"factor": 3.0}
    assert result["audio"].duration_s == 1
    assert "scale is loaded (" in printed
    manifest = json.loads((cell_folder("scale") / "plugin.json").read_text())
    assert manifest["metadata"]["description"] == "Multiplies."
    assert manifest["metadata"]["plugin_type"] == "EFFECT"
    assert manager.definition("scale").label == "Scale"


def test_running_it_again_is_a_reload(cell: Cell, manager: PluginManager) -> None:
    """Who holds an instance goes on with the new code, and with the state of before."""
    cell(SCALE)
    held = manager.create_instance("scale")
    sound = Audio(np.ones((1, 4), np.float32), 8000)
    held.execute({"audio": sound})
    _, printed, error = cell(SCALE.replace('* parameters["factor"]', '* -parameters["factor"]'))
    assert error is None
    assert "scale is reloaded (" in printed
    assert held.execute({"audio": sound})["audio"].samples[0, 0] == -2
    assert "call 2" in [line.text for line in manager.logs("scale") if line.instance_id == held.id]


def test_a_cell_that_fails_on_its_example_does_not_serve(cell: Cell, manager: PluginManager) -> None:
    """The run that the cell would show comes before the swap: the line, what has changed, and what goes on serving."""
    cell(SCALE)
    held = manager.create_instance("scale")
    before = (cell_folder("scale") / "main.py").read_text()
    _, printed, error = cell(SCALE.replace("block.samples *", "block.sample *").replace("Multiplies", "Scales"))
    assert error is not None
    assert "Cell %%plugin scale, line 19, in process" in printed
    assert "its example: failed, before any instance was given the new code" in printed
    assert f"changed since {held.plugin.content_hash[:8]}, which goes on serving:" in printed
    assert "+        return Audio(block.sample *" in printed
    assert "plugin.json" not in printed
    assert held.execute({"audio": (np.ones(1), 8000)})["audio"].samples[0, 0] == 2
    assert (cell_folder("scale") / "main.py").read_text() == before


def test_a_cell_without_a_sound_offers_an_example(cell: Cell) -> None:
    """It is what the cell runs, and what is wrong with it is told with its own line."""
    result, _, error = cell(CHORDS)
    assert error is None
    assert result["count"] == 2
    _, printed, error = cell(CHORDS.replace('{"chords"', '{"chord"'))
    assert error is not None
    assert "line 16 of the cell:" in printed
    assert "did you mean `chords`?" in printed


def test_values_are_python(cell: Cell, shell: InteractiveShell) -> None:
    """Expressions of the line see the notebook's names."""
    shell.user_ns.update(sound=Audio(np.ones((1, 5), np.float32), 8000), n=2)
    result, _, error = cell(SCALE.replace("factor=3", "factor=n + 2 audio=sound"))
    assert error is None
    assert result["audio"].samples.tolist() == [[4.0] * 5]


def test_no_run_only_loads(cell: Cell, manager: PluginManager) -> None:
    """Nothing is executed."""
    assert cell(SCALE.replace("factor=3", "--no-run"))[0] is None
    assert manager.plugins["scale"].state == "loaded"
    assert not manager.instances


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("return Audio(", "return Audio((", "line 19 of the cell: '(' was never closed"),
        ("block.samples *", "block.sample *", "Cell %%plugin scale, line 19, in process"),
        ("import Audio,", "import Oudio,", "Cell %%plugin scale, line 4, in <module>"),
        ("min=0, max=10", "min=5, max=10", "line 8 of the cell:"),
        ("float, Parameter", "complex, Parameter", "line 8 of the cell:"),
        ("--type effect", "--type node", "Scale is an EFFECT plugin, not a NODE one"),
        ("--type effect", "--type efect", "there is no plugin type 'efect' → did you mean effect?"),
        ("%%plugin scale", "%%plugin 3scale", "'3scale' can't be the id of a plugin in a cell"),
        ("factor=3", "facter=3", "did you mean `factor`?"),
        ("factor=3", "factor=30", "above the maximum 10"),
    ],
    ids="syntax raises import default hint type typo id name range".split(),
)
def test_what_is_wrong_points_at_the_cell(
    cell: Cell, manager: PluginManager, before: str, after: str, says: str
) -> None:
    """In the cell's own lines, the magic's line being the first; and what served before goes on serving."""
    cell(SCALE)
    instance = manager.create_instance("scale")
    _, printed, error = cell(SCALE.replace(before, after))
    assert error is not None
    assert says.replace("→", "").split()[0] in printed
    assert all(part.strip() in printed for part in says.split("→")), printed
    if before != "factor=3":  # which has been loaded
        assert instance.execute({"audio": Audio(np.ones((1, 1), np.float32), 8000)})["audio"].samples[0, 0] == 2


@pytest.mark.parametrize(
    ("said", "wrong"),
    [("return Audio(", "return Audio(("), ("import Audio,", "import Oudio,")],
    ids=["syntax", "import"],
)
def test_what_does_not_load_does_not_stay_on_disk(cell: Cell, said: str, wrong: str) -> None:
    """The folder is as it was, so that the next kernel finds what served; a first try leaves nothing behind."""
    cell(SCALE.replace(said, wrong))
    assert not cell_folder("scale").exists()
    assert cell(SCALE)[2] is None
    before = (cell_folder("scale") / "main.py").read_text()
    cell(SCALE.replace(said, wrong))
    assert (cell_folder("scale") / "main.py").read_text() == before
    assert sorted(path.name for path in cell_folder("scale").iterdir()) == ["main.py", "plugin.json"]


def test_what_was_written_by_hand_stays(cell: Cell) -> None:
    """Version, limits and the tests beside it survive the next run of the cell."""
    cell(SCALE)
    path = cell_folder("scale") / "plugin.json"
    manifest = json.loads(path.read_text())
    manifest["metadata"]["version"] = "1.2.0"
    manifest["limits"] = {"wall_s": 5}
    path.write_text(json.dumps(manifest))
    (cell_folder("scale") / "tests").mkdir()
    assert cell(SCALE.replace("Multiplies", "Scales"))[2] is None
    manifest = json.loads(path.read_text())
    assert (manifest["metadata"]["version"], manifest["limits"]) == ("1.2.0", {"wall_s": 5})
    assert manifest["metadata"]["description"] == "Scales."
    assert (cell_folder("scale") / "tests").is_dir()


def test_somebody_elses_id_is_refused(cell: Cell) -> None:
    """A cell doesn't take the place of an installed plugin."""
    _, printed, error = cell(SCALE.replace("%%plugin scale", "%%plugin gain_node"))
    assert error is not None
    assert "there is another plugin of that id" in printed


def test_what_is_missing_is_said(cell: Cell) -> None:
    """A package that isn't installed, and a host that has to be granted."""
    _, printed, _ = cell(
        SCALE.replace("'''Multiplies.'''", "'''Multiplies.'''\n\n    def unused(self): import nosuch_package")
    )
    assert "nosuch_package is imported and not installed here: pip install nosuch_package" in printed


def test_alone_it_explains_itself(cell: Cell) -> None:
    """``%%plugin -h``."""
    assert "the cell is a plugin's code" in cell("%%plugin -h\npass")[1]


def test_a_variable_of_the_notebook_is_not_the_plugins(cell: Cell) -> None:
    """Who uses one is told that the plugin runs elsewhere; a name that the notebook doesn't have either is only unknown."""
    cell("louder = 3")
    _, _, error = cell(SCALE.replace('parameters["factor"]', "louder"))
    assert "can't see the notebook's variables" in str(error)
    _, _, error = cell(SCALE.replace('parameters["factor"]', "nowhere"))
    assert "notebook" not in str(error)


def test_a_library_that_is_missing_is_named(cell: Cell) -> None:
    """With the way to install it, at the line that imports it."""
    _, printed, error = cell(SCALE.replace("from typing", "import no_such_library.part\nfrom typing"))
    assert "pip install no_such_library" in str(error)
    assert "line 2" in printed


def test_lines_for_the_notebook_are_told(cell: Cell) -> None:
    """A magic within the cell is no syntax error that nobody understands."""
    _, _, error = cell(SCALE.replace("from typing", "%matplotlib inline\nfrom typing"))
    assert "line 2 of the cell: %matplotlib inline is for the notebook" in str(error)
