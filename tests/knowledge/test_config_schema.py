"""A stranger's JSON Schema: applied, and unable to hurt who applies it."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins.schema.config import config_flaws, schema_flaws


def test_a_valid_schema_has_no_flaws() -> None:
    """An ordinary schema is accepted, references within it included."""
    schema = {"$defs": {"size": {"enum": ["s", "m"]}}, "properties": {"size": {"$ref": "#/$defs/size"}}}
    assert schema_flaws(schema) == []
    assert config_flaws(schema, {"size": "s"}, root="$") == []
    assert [flaw.path for flaw in config_flaws(schema, {"size": "x"}, root="$")] == ["$.size"]


@pytest.mark.parametrize("schema", [{"type": "strange"}, {"properties": []}, {"required": "a"}, {"minimum": "0"}])
def test_what_is_no_json_schema_is_refused(schema: dict[str, Any]) -> None:
    """A schema that breaks the standard is refused with its path."""
    (flaw,) = schema_flaws(schema)
    assert flaw.path.startswith("$.config_schema.")


@pytest.mark.parametrize("target", ["https://example.org/schema.json", "file:///etc/passwd", "other.json", "urn:x"])
def test_nothing_is_fetched(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference that leaves the schema is refused before anything is opened."""

    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    (flaw,) = schema_flaws({"properties": {"a": {"$ref": target}}})
    assert flaw.path == "$.config_schema.properties.a.$ref"
    assert config_flaws({"properties": {"a": {"$ref": target}}}, {"a": 1}, root="$")


def test_a_reference_to_nothing_is_a_flaw() -> None:
    """A dangling reference is reported where the configuration is checked."""
    assert "$ref to nothing" in config_flaws({"$ref": "#/$defs/gone"}, {}, root="$")[0].message


def test_a_circle_of_references_ends() -> None:
    """A schema that is itself, and nothing else, is reported instead of followed for ever."""
    assert config_flaws({"$ref": "#"}, {}, root="$")


def test_doubling_references_end() -> None:
    """A schema that doubles its work thirty times over is given up after a fixed number of steps."""
    defs: dict[str, Any] = {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(30)}
    defs["a30"] = {}
    assert "steps" in config_flaws({"$defs": defs, "$ref": "#/$defs/a0"}, {}, root="$")[0].message


def test_a_pattern_built_to_take_for_ever_does_not() -> None:
    """A pattern on which a backtracking engine would run for years is answered at once."""
    schema = {"properties": {"a": {"pattern": "^(a+)+$"}}}
    assert schema_flaws(schema) == []
    assert config_flaws(schema, {"a": "a" * 60 + "b"}, root="$")
    assert not config_flaws(schema, {"a": "a" * 60}, root="$")


@pytest.mark.parametrize("pattern", [r"(?=a)b", r"(a)\1", "(", "[", "a{99999999}"])
def test_a_pattern_that_the_engine_lacks_is_refused(pattern: str) -> None:
    """Look-around, back-references and what is no pattern are refused when the manifest is read."""
    (flaw,) = schema_flaws({"properties": {"a": {"pattern": pattern}}})
    assert flaw.path == "$.config_schema.properties.a.pattern"


def test_a_property_may_be_called_pattern() -> None:
    """Under `properties` the words of the standard are a plugin's own names."""
    assert schema_flaws({"properties": {"pattern": {"type": "string"}, "$ref": {"type": "string"}}}) == []


@pytest.mark.parametrize("key", ["patternProperties", "$dynamicRef"])
def test_unsupported_keywords_are_refused(key: str) -> None:
    """What is not supported is refused, not ignored."""
    (flaw,) = schema_flaws({key: {} if key == "patternProperties" else "#x"})
    assert flaw.path == f"$.config_schema.{key}" if key.isidentifier() else flaw.path.endswith(key)


def test_unique_items_are_found_in_long_lists() -> None:
    """The check of uniqueness is right, and linear."""
    schema = {"properties": {"a": {"uniqueItems": True}}}
    distinct = [{"n": n} for n in range(4000)]
    assert not config_flaws(schema, {"a": distinct}, root="$")
    assert config_flaws(schema, {"a": [*distinct, {"n": 7}]}, root="$")


def test_large_schemas_and_configurations_are_refused() -> None:
    """Both are bounded in size."""
    assert "at most" in schema_flaws({"description": "x" * 70_000})[0].message
    assert "at most" in config_flaws({"type": "object"}, {"a": "x" * 70_000}, root="$")[0].message


KEYWORDS = st.sampled_from(
    [
        "type",
        "properties",
        "items",
        "$ref",
        "allOf",
        "not",
        "if",
        "enum",
        "pattern",
        "required",
        "$defs",
        "minimum",
        "$id",
        "$schema",
    ]
)
SCHEMAS = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["object", "#", "#/$defs/a", "x", "(a*)*"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS | st.just("a"), inner, max_size=4),
    max_leaves=15,
)


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(KEYWORDS, SCHEMAS, max_size=4), st.dictionaries(st.just("a"), SCHEMAS, max_size=2))
def test_any_schema_is_answered_with_flaws(schema: dict[str, Any], config: dict[str, Any]) -> None:
    """No schema and no configuration raises anything."""
    if not schema_flaws(schema):
        config_flaws(schema, config, root="$")


CHECKED = """
import sys
from schillinger_plugins.schema.config import config_flaws, schema_flaws
schema = {"properties": {"a": {"format": "iri"}}}
assert schema_flaws(schema) == config_flaws(schema, {"a": "no iri"}, root="$") == []
assert "jsonschema" in sys.modules
assert not [name for name in sys.modules if name.startswith("rfc3987_syntax")]
import jsonschema
conforms = jsonschema.FormatChecker().conforms
assert [conforms(text, "iri") for text in ("http://ä.example/", "no iri")] == [True, False]
assert [conforms(text, "iri-reference") for text in ("ä", "http://[")] == [True, False]
"""


def test_no_grammar_is_built_for_a_format_that_is_a_comment() -> None:
    """It takes longer than all else that finding plugins does; who checks the format all the same has it checked."""
    subprocess.run([sys.executable, "-c", CHECKED], check=True, timeout=60)
