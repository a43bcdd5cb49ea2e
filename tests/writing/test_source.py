"""What is read in a plugin's text without running it."""

from __future__ import annotations

import pytest

from schillinger_plugins.authoring import source
from schillinger_plugins.errors import InputError

GOOD = """
import json, scipy.signal
from librosa import feature
from schillinger_plugins.types import EffectPlugin


class Louder(EffectPlugin):
    '''Makes it louder.

    And more.
    '''

    def process(self, block, parameters):
        return block
"""


def test_what_it_says_of_itself() -> None:
    """Class, type, description, and what has to be installed for it."""
    found = source.read(GOOD, plugin_id="x")
    assert (found.class_name, found.plugin_type, found.description) == ("Louder", "EFFECT", "Makes it louder.")
    assert found.imports == ("scipy", "librosa")
    assert not found.fetches


def test_who_fetches_says_from_where() -> None:
    """The hosts of the addresses that stand in the code."""
    code = GOOD.replace("return block", "self.context.fetch('https://api.example.org:8443/x?y')")
    found = source.read(code, plugin_id="x")
    assert (found.fetches, found.hosts) == (True, ("api.example.org:8443",))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("return block", "return (block", r"line 14 of the cell: '\(' was never closed"),
        ("class Louder(EffectPlugin)", "class Louder", "no class here is a plugin → derive one from AnalysisPlugin, "),
        ("(EffectPlugin)", "(EfectPlugin)", "line 7 of the cell: there is no EfectPlugin → did you mean EffectPlugin"),
        ("def process", "def proces", "lacks process or execute → did you mean process"),
        ("def process", "def run", "lacks process or execute → write def process"),
        ("import EffectPlugin", "import Audio", "EffectPlugin is not imported → begin with: from schillinger_plugins"),
        (
            "return block",
            "return block\n\nclass B(EffectPlugin):\n    pass",
            "here are 2: Louder in line 7, B in line 16",
        ),
        ("return block", "return '\\0'", None),
        ("return block", "return '\0'", "can't be parsed|null bytes"),
        ("return block", "return " + "(" * 10_000, "nested|can't be parsed|never closed"),
        ("return block", "return '" + "x" * 10**6 + "'", r"has 1,000,2\d\d characters, at most 1,000,000"),
    ],
    ids="syntax no_class misspelt_base misspelt_method no_method no_import two fine nul nested huge".split(),
)
def test_what_is_no_plugin_is_told_with_its_line(before: str, after: str, says: str | None) -> None:
    """Nothing is run to find it out."""
    code = GOOD.replace(before, after)
    if says is None:
        source.read(code, plugin_id="x")
        return
    with pytest.raises(InputError, match=says):
        source.read(code, plugin_id="x")


def test_a_base_class_of_ones_own_is_not_the_plugin() -> None:
    """The class that derives from it is, and has its methods."""
    code = GOOD + "\n\nclass Loudest(Louder):\n    pass\n"
    assert source.read(code, plugin_id="x").class_name == "Loudest"


def test_another_type_than_asked_for() -> None:
    """Both ways out are named."""
    with pytest.raises(InputError, match="Louder is an EFFECT plugin, not a NODE one → derive it from NodePlugin, or"):
        source.read(GOOD, plugin_id="x", plugin_type="NODE")


@pytest.mark.parametrize(
    ("method", "says"),
    [
        (
            "def process(self, block):",
            r"line 13 of the cell: process takes \(self, block\) → write def process\(self, bl",
        ),
        ("def process(self, block, parameters, more):", "process takes .self, block, parameters, more."),
        ("def process(self, block, parameters, *, more):", "process takes"),
        (
            "async def process(self, block, parameters):",
            "line 13 of the cell: process is an `async def` → write def proc",
        ),
        (
            "def execute(self, inputs, parameters):",
            "line 13 of the cell: execute is no `async def` → write async def exe",
        ),
        ("def process(self, *arguments):", None),
        ("def process(self, block, parameters, more=1, *, also=2):", None),
        ("@wrapped\n    def process(self):", None),
    ],
)
def test_a_method_that_cannot_be_called_is_told_with_its_line(method: str, says: str | None) -> None:
    """How many arguments it takes, and whether it is awaited; what a decorator makes of it nobody can know."""
    code = GOOD.replace("def process(self, block, parameters):", method)
    if says is None:
        source.read(code, plugin_id="x")
        return
    with pytest.raises(InputError, match=says):
        source.read(code, plugin_id="x")


NODE = """
from schillinger_plugins.types import NodePlugin

class Silent(NodePlugin):
    async def execute(self, inputs, parameters):
        return {}
"""


def test_a_node_that_describes_nothing_is_told_with_its_line() -> None:
    """Neither a definition nor an annotation; a hint, a definition or a base class from elsewhere is enough."""
    with pytest.raises(InputError, match=r"line 4 of the cell: Silent describes no node → write get_node_definition"):
        source.read(NODE, plugin_id="x")
    for before, after in {
        "parameters):": "parameters: Settings):",
        "):\n        return {}": ") -> Outputs:\n        return {}",
        "return {}\n": "return {}\n\n    def get_node_definition(self):\n        return {}\n",
        "(NodePlugin)": "(NodePlugin, Mixin)",
    }.items():
        source.read(NODE.replace(before, after), plugin_id="x")
