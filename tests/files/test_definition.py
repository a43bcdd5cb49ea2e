"""Parameters that are files: their description, and the check of what is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest

from schillinger_plugins.definition import NodeDefinition, Parameter
from schillinger_plugins.definition.parameters import FILE_BYTES, MAX_FILE_BYTES
from schillinger_plugins.definition.ports import Misfit
from schillinger_plugins.errors import DefinitionError, InputError
from schillinger_plugins.types import File, NodePlugin
from schillinger_plugins.types import Parameter as Hint
from schillinger_plugins.types.hints import definition_of

from .conftest import SCALE, TAKES


def parsed(**changes: Any) -> NodeDefinition:
    return NodeDefinition.parse({**TAKES, "parameters": [{**SCALE, **changes}]}, plugin_id="taker")


def test_a_definition_with_a_file_survives_the_way_out_and_in() -> None:
    """What `as_dict` gives is plain data, and parses to the same definition."""
    one = parsed()
    assert NodeDefinition.parse(json.loads(json.dumps(one.as_dict())), plugin_id="taker") == one


def test_without_a_word_any_file_of_a_megabyte_is_taken() -> None:
    """The definition says so itself, so that whoever draws it knows."""
    told = NodeDefinition.parse(
        {**TAKES, "parameters": [{"name": "scale", "type": "file"}]}, plugin_id="taker"
    ).as_dict()
    assert (told["parameters"][0]["accept"], told["parameters"][0]["max_bytes"]) == ([], FILE_BYTES)
    assert told["parameters"][0]["default"] is None


@pytest.mark.parametrize(
    ("changes", "where", "said"),
    [
        ({"default": "/etc/passwd"}, "default", "a file has no default"),
        ({"default": b"content"}, "default", "no JSON value"),
        ({"accept": ["scl"]}, "accept[0]", ""),
        ({"accept": [".s/l"]}, "accept[0]", ""),
        ({"accept": ".scl"}, "accept", ""),
        ({"max_bytes": 0}, "max_bytes", "greater"),
        ({"max_bytes": MAX_FILE_BYTES + 1}, "max_bytes", "less"),
        ({"automatable": True}, "automatable", "a file can't be automated"),
        ({"min": 0}, "min", "a file has no min"),
        ({"options": ["a"]}, "options", "a file has no options"),
        ({"acept": [".scl"]}, "acept", "accept"),
        ({"type": "fille"}, "type", "file"),
        ({"type": "string", "max_bytes": None}, "accept", "a string has no accept"),
        ({"type": "string", "accept": []}, "max_bytes", "a string has no max_bytes"),
    ],
)
def test_a_flaw_in_its_description_is_told_with_its_place(changes: dict[str, Any], where: str, said: str) -> None:
    """Which key it is, and what to write instead."""
    with pytest.raises(DefinitionError) as caught:
        parsed(**changes)
    assert caught.value.path == f"$.parameters[0].{where}"
    assert said in str(caught.value)


@pytest.mark.parametrize("place", ["example", "presets"])
def test_a_path_in_what_a_plugin_offers_is_refused(place: str) -> None:
    """An example or a preset that names a file breaks the definition: nothing would be read for it."""
    values: Any = {"scale": "/etc/hostname.scl"}
    offered = {"parameters": values} if place == "example" else {"Mine": values}
    with pytest.raises(DefinitionError, match="no file is read here"):
        NodeDefinition.parse({**TAKES, place: offered}, plugin_id="taker")


def test_content_is_taken_as_it_is() -> None:
    """As bytes, which become a nameless file; as a file; or none."""
    scale = parsed().parameters[0]
    assert scale.check(b"! a") == File("", b"! a")
    assert scale.check(File("a.SCL", b"")) == File("a.SCL", b"")
    assert scale.check(None) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a.scl", "no file is read here"),
        (Path("a.scl"), "no file is read here"),
        (File("a.txt", b""), "expected a name that ends in .scl or .tun"),
        (b"x" * 8193, "has 8,193 bytes, at most 8,192 are taken"),
        (bytearray(b"x"), "expected a file"),
        (7, "expected a file"),
        ({"path": "a.scl"}, "expected a file"),
    ],
)
def test_what_is_no_content_is_refused_by_the_check(value: Any, said: str) -> None:
    """A path, too: who may read files has read it before."""
    with pytest.raises(Misfit, match=said):
        parsed().parameters[0].check(value)


def test_settings_keep_a_path_and_nothing_else() -> None:
    """What is kept until a call is made has the name of a file, and no content."""
    one = parsed()
    assert one.check_settings({"scale": Path("a/b.scl")}, plugin_id="taker") == {"scale": "a/b.scl"}
    assert one.check_settings({}, plugin_id="taker") == {"scale": None}
    for value in (b"content", File("a.scl", b""), "a.txt", "", "a\0.scl", "a" * 5000 + ".scl"):
        with pytest.raises(InputError):
            one.check_settings({"scale": value}, plugin_id="taker")


def test_a_hint_says_it_too() -> None:
    """`File` refined by `Parameter` gives the same definition; as an input it is refused."""

    class Settings(TypedDict):
        scale: Annotated[File | None, Hint(accept=[".scl"], max_bytes=5000)]

    class Inputs(TypedDict):
        scale: File

    class Scales(NodePlugin):
        async def execute(self, inputs: dict[str, Any], parameters: Settings) -> dict[str, Any]:  # type: ignore[override]  # what an author may write
            return {}

    class Wrong(NodePlugin):
        async def execute(self, inputs: Inputs, parameters: dict[str, Any]) -> dict[str, Any]:  # type: ignore[override]  # what an author may write
            return {}

    Scales.execute.__annotations__["parameters"] = Settings
    Wrong.execute.__annotations__["inputs"] = Inputs
    Settings.__annotations__["scale"] = Annotated[File | None, Hint(accept=[".scl"], max_bytes=5000)]
    Inputs.__annotations__["scale"] = File
    told = NodeDefinition.parse(definition_of(Scales), plugin_id="scales").parameters[0]
    assert told == Parameter(name="scale", label="Scale", type="file", accept=(".scl",), max_bytes=5000)
    with pytest.raises(TypeError, match="only a parameter can be"):
        definition_of(Wrong)


def test_a_file_is_told_in_a_word() -> None:
    """In Tab's list and on the parameters' table; and its own repr has no content."""
    assert parsed().parameters[0].describe() == "file .scl, .tun up to 8.19 kB"
    assert repr(File("a.scl", b"secret")) == "File('a.scl', 6 bytes)"


@pytest.mark.parametrize("name", ["a/b.scl", "a\0.scl", "x" * 256])
def test_a_file_has_a_name_and_no_folder(name: str) -> None:
    """Neither does a longer one help."""
    with pytest.raises(ValueError, match="no folder"):
        File(name, b"")
