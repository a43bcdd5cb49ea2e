"""plugin.json: what is accepted, and what is refused with which words."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins.errors import InputError, ManifestError
from schillinger_plugins.manifest import Manifest, manifest_schema

WHERE = Path("my_plugin")


def refused(data: Any, *, where: Path = WHERE) -> ManifestError:
    text = data if isinstance(data, (str, bytes)) else json.dumps(data)
    with pytest.raises(ManifestError) as caught:
        Manifest.parse(text, where=where)
    return caught.value


def test_the_specifications_own_manifest_is_valid(manifest: dict[str, Any]) -> None:
    """The manifest printed in the specification parses as it stands, with the folder's name as id."""
    parsed = Manifest.parse(json.dumps(manifest), where=WHERE)
    assert parsed.id == "my_plugin"
    assert parsed.metadata.category == "Audio Processing"
    assert parsed.metadata.dependencies == ()


@pytest.mark.parametrize(
    "key",
    ["name", "version", "description", "author", "plugin_type", "category", "dependencies", "requires_permissions"],
)
def test_missing_metadata_is_named_with_its_path(manifest: dict[str, Any], key: str) -> None:
    """A missing field is named, the error ends with its path and says what to add."""
    del manifest["metadata"][key]
    error = refused(manifest)
    assert f"`{key}` is missing" in str(error)
    assert f'add "{key}"' in str(error)
    assert str(error).endswith(f" - at $.metadata.{key}")


@pytest.mark.parametrize("key", ["metadata", "main_file", "config_schema", "default_config"])
def test_a_missing_part_is_named(manifest: dict[str, Any], key: str) -> None:
    """The four parts of every manifest are required."""
    del manifest[key]
    assert str(refused(manifest)).endswith(f" - at $.{key}")


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("metadata", "name"), 3, "a string"),
        (("metadata",), [], "an object"),
        (("main_file",), None, "a string"),
        (("config_schema",), "x", "an object"),
        (("metadata", "dependencies"), "librosa", "a list"),
        (("limits",), {"memory_mb": "much"}, "a whole number"),
        (("limits",), {"threads": True}, "a whole number"),
        (("limits",), {"wall_s": "1"}, "a number"),
    ],
)
def test_a_wrong_type_says_what_was_expected(
    manifest: dict[str, Any], path: tuple[str, ...], value: Any, expected: str
) -> None:
    """A value of a wrong type is refused, never converted; the error says what was expected and what was found."""
    target = manifest
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    error = refused(manifest)
    assert f"expected {expected}, got " in str(error)
    assert (error.path or "").startswith("$." + ".".join(path))


@pytest.mark.parametrize(
    ("within", "wrong", "right"),
    [
        ((), "main_flie", "main_file"),
        ((), "schema", "$schema"),
        (("metadata",), "verison", "version"),
        (("limits",), "memory", "memory_mb"),
        (("permissions", "network"), "resaon", "reason"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(
    manifest: dict[str, Any], within: tuple[str, ...], wrong: str, right: str
) -> None:
    """A misspelt key is refused at any depth, and the nearest known key is suggested."""
    target = manifest
    for part in within:
        target = target.setdefault(part, {})
    target[wrong] = 1
    text = [flaw for flaw in Manifest._examine(json.dumps(manifest), WHERE)[1] if "unknown key" in flaw.message]
    assert [flaw.path for flaw in text] == ["$." + ".".join((*within, wrong))]
    assert text[0].remedy == f"did you mean `{right}`?"


@pytest.mark.parametrize("version", ["", "one", "1.x", "1.0.0-", "v", "1..2", "latest", "1.0 0"])
def test_a_bad_version_is_refused(manifest: dict[str, Any], version: str) -> None:
    """What is no PEP 440 version is refused at its path."""
    manifest["metadata"]["version"] = version
    assert str(refused(manifest)).endswith(" - at $.metadata.version")


@pytest.mark.parametrize("version", ["1.0.0", "0.1", "2026.11", "1.0.0rc1", "1.0.0+local", "1.0.0-beta.2"])
def test_good_versions_are_kept_as_written(manifest: dict[str, Any], version: str) -> None:
    """PEP 440 and the usual semantic versions are accepted."""
    manifest["metadata"]["version"] = version
    assert Manifest.parse(json.dumps(manifest), where=WHERE).metadata.version == version


@pytest.mark.parametrize(
    "path",
    [
        "../main.py",
        "/etc/main.py",
        "a/../../main.py",
        "a/..",
        "..\\main.py",
        "C:/main.py",
        "C:main.py",
        "~/../x/../../a.py",
    ],
)
def test_a_path_that_leaves_the_folder_is_refused(manifest: dict[str, Any], path: str) -> None:
    """No spelling of main_file leads out of the plugin's folder."""
    manifest["main_file"] = path
    assert str(refused(manifest)).endswith(" - at $.main_file")


def test_a_link_that_leaves_the_folder_is_refused(make_plugin: Any, tmp_path: Path) -> None:
    """A main file that is a symbolic link out of the folder is refused when the folder is read."""
    folder = make_plugin()
    (tmp_path / "outside.py").write_text("")
    (folder / "main.py").unlink()
    (folder / "main.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(ManifestError, match=r"link that leaves the plugin's folder.* - at \$\.main_file"):
        Manifest.read(folder)


def test_a_folder_of_links_out_is_refused(make_plugin: Any, tmp_path: Path) -> None:
    """A linked folder on the way to the main file is a way out, too."""
    folder = make_plugin(main_file="src/main.py")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "main.py").write_text("")
    (folder / "src").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ManifestError, match="leaves the plugin's folder"):
        Manifest.read(folder)


def test_a_manifest_that_is_a_link_out_is_refused(make_plugin: Any, tmp_path: Path) -> None:
    """plugin.json itself must lie in the folder."""
    folder = make_plugin()
    (folder / "plugin.json").rename(tmp_path / "outside.json")
    (folder / "plugin.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(ManifestError, match="link that leaves the folder"):
        Manifest.read(folder)


def test_links_within_the_folder_are_fine(make_plugin: Any) -> None:
    """A link that stays inside is nobody's business."""
    folder = make_plugin()
    (folder / "main.py").rename(folder / "real.py")
    (folder / "main.py").symlink_to("real.py")
    assert Manifest.read(folder).main_file == "main.py"


def test_a_main_file_that_is_not_there_is_refused(make_plugin: Any) -> None:
    """A manifest whose main file is missing says where it should be."""
    folder = make_plugin(main_file="other.py")
    with pytest.raises(ManifestError, match=r"'other\.py' is not there .*other\.py - at \$\.main_file"):
        Manifest.read(folder)


def test_a_main_file_that_is_a_folder_is_refused(make_plugin: Any) -> None:
    """The main file is a file."""
    folder = make_plugin(main_file="other.py")
    (folder / "other.py").mkdir()
    with pytest.raises(ManifestError, match="no regular file"):
        Manifest.read(folder)


def test_a_manifest_that_is_a_pipe_does_not_hang(make_plugin: Any) -> None:
    """A named pipe in place of plugin.json is refused instead of waited for."""
    folder = make_plugin()
    (folder / "plugin.json").unlink()
    os.mkfifo(folder / "plugin.json")
    with pytest.raises(ManifestError, match="no regular file"):
        Manifest.read(folder)


@pytest.mark.parametrize("make", [lambda p: p, lambda p: p / "gone", lambda p: p / "nul\0"])
def test_no_manifest_is_an_error_with_a_next_step(tmp_path: Path, make: Any) -> None:
    """An empty folder, a missing one and a name that is no path are manifest errors with a remedy."""
    with pytest.raises(ManifestError) as caught:
        Manifest.read(make(tmp_path))
    assert caught.value.remedy


def test_two_megabytes_of_nesting_are_refused() -> None:
    """Two megabytes of brackets are refused by size, without being parsed."""
    assert "at most 1048576" in str(refused("[" * 1024 * 1024 + "]" * 1024 * 1024))


@pytest.mark.parametrize("brackets", ["[]", '{"a":'])
def test_nesting_below_the_size_limit_is_refused(brackets: str) -> None:
    """Nesting that would exhaust the parser's stack is a manifest error, not a RecursionError."""
    depth = 100_000
    text = "[" * depth + "]" * depth if brackets == "[]" else '{"a":' * depth + "1" + "}" * depth
    assert "nested more than 64 deep" in str(refused(text))


def test_two_megabytes_on_disk_are_not_read_whole(make_plugin: Any) -> None:
    """A plugin.json of two megabytes is refused for its size."""
    folder = make_plugin(text=b" " * 2 * 1024 * 1024)
    with pytest.raises(ManifestError, match="at most 1048576"):
        Manifest.read(folder)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "expected an object"),
        ("null", "expected an object"),
        (b"\xff\xfe{}", "not UTF-8"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": 1e999}', "inf is no JSON number"),
        ('{"a": ' + "9" * 5000 + "}", "not readable"),
        ('{"a": ' + "9" * 30 + "}", "more than 64 bits"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"main_file": "a.py", "main_file": "b.py"}', "'main_file' is there twice"),
    ],
)
def test_what_is_no_plain_json_object_is_refused(text: str | bytes, reason: str) -> None:
    """Text that is no JSON, or JSON that says two things, is refused with the reason."""
    assert reason in str(refused(text))


def test_a_duplicate_key_deep_inside_is_refused(manifest: dict[str, Any]) -> None:
    """A key given twice is refused at any depth."""
    text = json.dumps(manifest).replace('"version": "1.0.0"', '"version": "1.0.0", "version": "2.0.0"')
    assert "'version' is there twice" in str(refused(text))


def test_a_byte_order_mark_is_ignored(manifest: dict[str, Any]) -> None:
    """Editors on other systems begin a file with one."""
    assert Manifest.parse(b"\xef\xbb\xbf" + json.dumps(manifest).encode(), where=WHERE).id == "my_plugin"


@pytest.mark.parametrize("plugin_type", ["node", "NODES", "ANALYSER", "x", ""])
def test_an_unknown_type_is_refused(manifest: dict[str, Any], plugin_type: str) -> None:
    """The eight types are listed when another is given."""
    manifest["metadata"]["plugin_type"] = plugin_type
    error = refused(manifest)
    assert "VISUALIZATION" in str(error)
    assert error.path == "$.metadata.plugin_type"


def test_the_nearest_type_is_suggested(manifest: dict[str, Any]) -> None:
    """A type in lower case is refused, and the right spelling named."""
    manifest["metadata"]["plugin_type"] = "node"
    assert "did you mean `NODE`?" in str(refused(manifest))


@pytest.mark.parametrize("text", ["\x1b[31mred", "bell\x07", "right-to-left \u202e", "two\nlines", " ", ""])
def test_a_name_that_would_mislead_a_reader_is_refused(manifest: dict[str, Any], text: str) -> None:
    """Escape sequences, line breaks and direction overrides never reach a terminal or a page."""
    manifest["metadata"]["name"] = text
    assert refused(manifest).path == "$.metadata.name"


def test_a_name_in_any_script_is_fine(manifest: dict[str, Any]) -> None:
    """Names are text in any language."""
    manifest["metadata"]["name"] = "Анализатор ♪ <script>"
    assert Manifest.parse(json.dumps(manifest), where=WHERE).title == "Анализатор ♪ <script>"


@pytest.mark.parametrize("folder", ["My Plugin", "-a", "ü", "x" * 65])
def test_a_folder_whose_name_is_no_id_is_told_so(manifest: dict[str, Any], folder: str) -> None:
    """Where the folder's name can't be the id, the error says that `id` can be given."""
    error = refused(manifest, where=Path(folder))
    assert 'give "id"' in str(error)
    manifest["id"] = "my_id"
    assert Manifest.parse(json.dumps(manifest), where=Path(folder)).id == "my_id"


@pytest.mark.parametrize("plugin_id", ["", "-a", "a b", "../a", "a" * 65, "a\n", ".a"])
def test_a_bad_id_is_refused(manifest: dict[str, Any], plugin_id: str) -> None:
    """An id is letters, digits and a few signs, none of which could lead out of a folder."""
    manifest["id"] = plugin_id
    assert refused(manifest).path == "$.id"


@pytest.mark.parametrize(("key", "value"), [("memory_mb", 0), ("wall_s", -1.0), ("threads", 10**6), ("cpu_s", 1e9)])
def test_limits_have_sane_bounds(manifest: dict[str, Any], key: str, value: float) -> None:
    """A limit that is not positive or beyond reason is refused at its path."""
    manifest["limits"] = {key: value}
    assert refused(manifest).path == f"$.limits.{key}"


def test_permissions_come_with_their_reason(manifest: dict[str, Any]) -> None:
    """A permission that is asked for and explained is kept with its reason and its hosts."""
    manifest["metadata"]["requires_permissions"] = ["execute", "network"]
    manifest["permissions"] = {"network": {"reason": "fetches scores", "hosts": ["example.org", "example.org:8080"]}}
    network = Manifest.parse(json.dumps(manifest), where=WHERE).permissions.network
    assert network is not None
    assert (network.reason, network.hosts) == ("fetches scores", ("example.org", "example.org:8080"))


@pytest.mark.parametrize(
    "host", ["*", "http://example.org", "example.org:0", "a b", "example.org/path", "", "ex.org:99999"]
)
def test_a_host_is_a_plain_name(manifest: dict[str, Any], host: str) -> None:
    """Wildcards and addresses are no hosts."""
    manifest["metadata"]["requires_permissions"] = ["network"]
    manifest["permissions"] = {"network": {"reason": "because", "hosts": [host]}}
    assert refused(manifest).path == "$.permissions.network.hosts[0]"


def test_an_unknown_permission_is_refused(manifest: dict[str, Any]) -> None:
    """There are three permissions."""
    manifest["metadata"]["requires_permissions"] = ["execute", "files"]
    error = refused(manifest)
    assert error.path == "$.metadata.requires_permissions[1]"
    assert "did you mean `file_access`?" in str(error)


def test_an_explained_permission_must_be_asked_for(manifest: dict[str, Any]) -> None:
    """An explanation for a permission that is not asked for is a mistake somewhere."""
    manifest["permissions"] = {"network": {"reason": "because"}}
    assert refused(manifest).path == "$.permissions.network"


@pytest.mark.parametrize("requirement", ["librosa >= ", "a @ https://example.org/a.whl", "-e .", "a;b;c"])
def test_a_dependency_is_a_name_and_versions(manifest: dict[str, Any], requirement: str) -> None:
    """Addresses and fragments of command lines are no requirements."""
    manifest["python_dependencies"] = [requirement]
    assert refused(manifest).path == "$.python_dependencies[0]"


def test_a_flaw_in_the_definition_is_placed_in_the_manifest(manifest: dict[str, Any]) -> None:
    """The path leads through the manifest into the definition."""
    manifest["definition"] = {
        "type": "n",
        "label": "N",
        "parameters": [{"name": "a", "type": "number", "default": 5, "max": 1}],
    }
    assert refused(manifest).path == "$.definition.parameters[0].default"


def test_all_flaws_are_listed(make_plugin: Any, manifest: dict[str, Any]) -> None:
    """`flaws` lists every broken rule; the error tells how many more there are."""
    manifest["metadata"].update(version="x", plugin_type="y", name=1)
    folder = make_plugin(text=json.dumps(manifest))
    assert [flaw.path for flaw in Manifest.flaws(folder)] == [
        "$.metadata.name",
        "$.metadata.version",
        "$.metadata.plugin_type",
    ]
    with pytest.raises(ManifestError, match="2 more"):
        Manifest.read(folder)


def test_the_schema_for_editors_agrees(manifest: dict[str, Any]) -> None:
    """The exported JSON Schema is one, takes a good manifest, and refuses a misspelt key."""
    from jsonschema import Draft202012Validator

    schema = manifest_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(manifest)
    assert not validator.is_valid({**manifest, "main_flie": 1})
    assert not validator.is_valid({**manifest, "id": "Not An Id"})
    assert schema["$id"]


def test_every_key_of_the_schema_is_described() -> None:
    """An editor shows a sentence for every key of a manifest and of its parts."""
    schema = manifest_schema()
    parts = {"": schema, **schema["$defs"]}
    silent = [
        f"{part}.{key}"
        for part, model in parts.items()
        for key, value in model.get("properties", {}).items()
        if "description" not in value and "$ref" not in value
    ]
    assert not [name for name in silent if not name.startswith("NodeDefinition.")]


def test_config_is_the_default_overlaid(manifest: dict[str, Any]) -> None:
    """What the user sets replaces the default, key by key."""
    manifest["default_config"] = {"a": 1, "b": {"c": 1}}
    parsed = Manifest.parse(json.dumps(manifest), where=WHERE)
    assert parsed.check_config({"b": {}}) == {"a": 1, "b": {}}
    assert parsed.check_config() == {"a": 1, "b": {"c": 1}}


def test_config_that_breaks_its_schema_is_refused_with_its_path(manifest: dict[str, Any]) -> None:
    """A configuration is checked against config_schema; the error ends with the path."""
    manifest["config_schema"] = {"properties": {"model": {"properties": {"size": {"enum": ["s", "m"]}}}}}
    parsed = Manifest.parse(json.dumps(manifest), where=WHERE)
    with pytest.raises(InputError, match=re.escape(" - at $.config.model.size")):
        parsed.check_config({"model": {"size": "xl"}})


def test_config_that_is_no_plain_data_is_refused(manifest: dict[str, Any]) -> None:
    """A configuration crosses into the worker, so it is plain data."""
    with pytest.raises(InputError, match=re.escape("$.config.model")):
        Manifest.parse(json.dumps(manifest), where=WHERE).check_config({"model": object()})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150)
@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
    | JSON.map(json.dumps)
)
def test_arbitrary_text_raises_nothing_but_manifest_errors(text: bytes | str) -> None:
    """Whatever stands in plugin.json, the answer is a manifest or a ManifestError."""
    refused(text)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_manifest_spoilt_anywhere_raises_nothing_but_manifest_errors(data: st.DataObject) -> None:
    """One value anywhere in a good manifest replaced by anything is accepted or a ManifestError with a path."""
    from .conftest import SPEC_MANIFEST

    full = {
        **SPEC_MANIFEST,
        "id": "x",
        "limits": {"memory_mb": 100},
        "permissions": {"execute": {"reason": "r"}},
        "definition": {"type": "n", "label": "N", "parameters": [{"name": "a", "type": "number", "default": 0}]},
    }
    spoilt = json.loads(json.dumps(full))
    target = spoilt
    while True:
        key = data.draw(
            st.sampled_from(sorted(target)) if isinstance(target, dict) else st.integers(0, len(target) - 1)
        )
        if isinstance(target[key], (dict, list)) and target[key] and data.draw(st.booleans()):
            target = target[key]
            continue
        target[key] = data.draw(JSON)
        break
    path: str | None = "$"
    try:
        Manifest.parse(json.dumps(spoilt), where=WHERE)
    except ManifestError as error:
        path = error.path
    assert (path or "").startswith("$")
