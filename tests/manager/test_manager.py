"""The manager: loading, instances, reloading, and what is remembered of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from schillinger_plugins import Audio, Instance, PluginManager
from schillinger_plugins.errors import (
    DefinitionError,
    InputError,
    LoadError,
    ManifestError,
    PermissionDenied,
    PluginError,
    PluginExecutionError,
    UnknownPlugin,
)

WritePlugin = Callable[..., Path]
BASE = "from schillinger_plugins.types import *\n"
CLASS = """
class {name}({base}):
    async def execute(self, inputs, parameters): return {{}}
    def get_node_definition(self): return {{"type": "probe", "label": "Probe"}}
"""


@pytest.mark.parametrize(
    ("main", "error", "says"),
    [
        ("def broken(:\n", PluginExecutionError, r"SyntaxError.*main\.py, line 1"),
        ("x = 1\n", LoadError, "no class that derives from NodePlugin"),
        ("import no_such_module\n", PluginExecutionError, "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)\n", PluginExecutionError, "SystemExit: 3"),
        (BASE + CLASS.format(name="A", base="EffectPlugin"), LoadError, r"A \(EFFECT\), but plugin\.json says .*NODE"),
        (
            BASE + CLASS.format(name="A", base="NodePlugin") + CLASS.format(name="B", base="NodePlugin"),
            LoadError,
            "A, B",
        ),
        (BASE + "class A(NodePlugin): pass\n", LoadError, "A in main.py lacks execute"),
        (
            BASE + CLASS.format(name="A", base="NodePlugin") + "    async def initialize(self): return False\n",
            LoadError,
            r"initialize\(\) returned False",
        ),
        (
            BASE + CLASS.format(name="A", base="NodePlugin").replace('"label": "Probe"', '"lable": 1'),
            DefinitionError,
            "label",
        ),
        ("x = " + "(" * 50_000, PluginExecutionError, "MemoryError|SyntaxError|RecursionError"),
        ("\0", PluginExecutionError, "SyntaxError|ValueError"),
    ],
    ids="syntax class import exits type two abstract refuses definition nested nul".split(),
)
def test_a_bad_main_file_is_named_and_leaves_nothing(
    manager: PluginManager, write_plugin: WritePlugin, main: str, error: type[Exception], says: str
) -> None:
    """A main file that can't serve raises a typed error, nothing of it stays, and it can be mended and loaded."""
    folder = write_plugin(main=main)
    with pytest.raises(error, match=f"(?s){says}"):
        manager.load(folder)
    assert "probe" not in manager.plugins
    assert not manager.instances
    write_plugin()
    assert manager.load(folder).state == "loaded"


def test_an_error_shows_the_authors_lines_and_not_ours(make: Callable[..., Instance]) -> None:
    """A failing plugin's traceback begins at its own file and line."""
    instance = make("samples = None\nreturn {'y': len(samples)}")
    with pytest.raises(PluginExecutionError) as caught:
        instance.execute()
    text = caught.value.traceback_text
    assert caught.value.exception_type == "TypeError"
    assert f'File "{instance.plugin.root}/main.py", line' in text  # not of the private copy that ran
    assert "return {'y': len(samples)}" in text
    assert "serve.py" not in text
    assert "asyncio" not in text


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ("{'y': {1, 2}}", r"outputs\.y is a set"),
        ("{'y': object()}", r"outputs\.y is a object"),
        ("{'y': lambda: 0}", "is a function"),
        ("[1]", "must return a dictionary"),
        ("None", "must return a dictionary"),
        ("{'z': 1}", "`z`, which is no output"),
        ("{}", "did not return the output `y`"),
    ],
)
def test_what_can_not_come_back_is_named(make: Callable[..., Instance], returned: str, says: str) -> None:
    """Outputs that can't cross or weren't declared raise DefinitionError with the path, and the instance stays usable."""
    instance = make(f"return {returned} if inputs.get('x') else {{'y': 'fine'}}")
    with pytest.raises(DefinitionError, match=says):
        instance.execute({"x": 1})
    assert instance.execute()["y"] == "fine"


def test_ungranted_permissions_are_refused(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """A plugin that requires the network is not run."""
    folder = write_plugin(requires_permissions=["execute", "network"])
    with pytest.raises(PermissionDenied, match="requires network"):
        manager.load(folder)


def test_an_unknown_id_names_the_nearest(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """A mistyped id gets the nearest one suggested."""
    manager.load(write_plugin("gain_tool"))
    with pytest.raises(UnknownPlugin, match="gain_tool"):
        manager.load("gian_tool")
    with pytest.raises(UnknownPlugin):
        manager.destroy_instance("gain_tool-99")


def test_configuration_reaches_the_plugin_checked(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """An instance's configuration overlays the default and is checked against the manifest's schema."""
    schema = {"properties": {"size": {"type": "integer", "maximum": 9}}}
    folder = write_plugin(
        body="return {'y': dict(self.context.config)}",
        manifest={"config_schema": schema, "default_config": {"size": 3, "name": "a"}},
    )
    plugin_id = manager.load(folder).id
    assert manager.create_instance(plugin_id).execute()["y"] == {"size": 3, "name": "a"}
    assert manager.create_instance(plugin_id, {"size": 5}).execute()["y"] == {"size": 5, "name": "a"}
    with pytest.raises(InputError, match=r"\$\.config\.size"):
        manager.create_instance(plugin_id, {"size": 10})


def test_a_seed_makes_a_call_repeatable(make: Callable[..., Instance]) -> None:
    """The same seed gives the same random numbers from all three generators, and is in the provenance."""
    instance = make(
        "import random; return {'y': [random.random(), float(np.random.rand()), float(self.context.random.random())]}"
    )
    first = instance.execute()
    again = instance.execute(seed=first.provenance.seed)
    assert first["y"] == again["y"]
    assert instance.execute(seed=first.provenance.seed + 1)["y"] != first["y"]


def test_audio_ports_take_audio_pairs_and_nothing_that_lacks_a_rate(
    manager: PluginManager, write_plugin: WritePlugin
) -> None:
    """An audio port takes Audio and (samples, rate); a bare array is refused with the remedy."""
    definition = {
        "type": "probe",
        "label": "Probe",
        "inputs": [{"name": "audio", "type": "audio"}],
        "outputs": [{"name": "y", "type": "any"}],
    }
    folder = write_plugin(
        body="return {'y': [inputs['audio'].sample_rate, inputs['audio'].frames]}", definition=definition
    )
    instance = manager.create_instance(manager.load(folder).id)
    assert instance.execute({"audio": Audio(np.zeros(5), 8000)})["y"] == [8000, 5]
    assert instance.execute({"audio": (np.zeros(6), 22050)})["y"] == [22050, 6]
    with pytest.raises(InputError, match=r"\$\.inputs\.audio"):
        instance.execute({"audio": np.zeros(5)})
    with pytest.raises(InputError, match="missing"):
        instance.execute({})


def test_reload_runs_the_new_code_and_keeps_the_old_one_if_it_fails(
    manager: PluginManager, write_plugin: WritePlugin
) -> None:
    """After a reload the same instance runs the new code; a reload that fails leaves the old one serving."""
    instance = manager.create_instance(manager.load(write_plugin(body="return {'y': 'old'}")).id)
    assert instance.execute()["y"] == "old"
    write_plugin(body="return {'y': 'new'}")
    manager.reload("probe")
    assert instance.execute()["y"] == "new"
    write_plugin(main="broken(")
    with pytest.raises(PluginExecutionError):
        manager.reload("probe")
    assert instance.execute()["y"] == "new"
    instance.rest()  # its next worker, too, runs what was loaded
    assert instance.execute()["y"] == "new"


def test_edited_code_runs_only_after_a_reload(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """What runs is what was loaded: a changed folder changes no result and no content hash until it is reloaded."""
    folder = write_plugin(body="return {'y': 1}")
    plugin_id = manager.load(folder).id
    first = manager.create_instance(plugin_id).execute()
    write_plugin(body="return {'y': 2}")
    second = manager.create_instance(plugin_id).execute()
    assert (first["y"], first.provenance.content_hash) == (second["y"], second.provenance.content_hash)
    manager.reload(plugin_id)
    third = manager.create_instance(plugin_id).execute()
    assert third["y"] == 2
    assert third.provenance.content_hash != first.provenance.content_hash


def test_a_hostile_folder_is_copied_without_its_traps(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """Pipes are left out rather than waited for, and links out of the folder lead nowhere in a worker."""
    body = (
        "return {'y': sorted(os.listdir(self.context.plugin_dir)) + [os.path.exists(self.context.plugin_dir / 'out')]}"
    )
    folder = write_plugin(body=body + "\n", definition={"type": "probe", "label": "Probe"})
    os.mkfifo(folder / "pipe")
    (folder / "out").symlink_to("/etc/passwd")
    (folder / "round").symlink_to(".")
    listed = manager.create_instance(manager.load(folder).id).execute()["y"]
    assert listed[:-1] == ["main.py", "out", "plugin.json", "round"]
    opened = write_plugin(body="return {'y': open(self.context.plugin_dir / 'out').read()}")
    manager.reload("probe")
    assert opened == folder
    with pytest.raises(PluginExecutionError, match="PermissionError"):
        manager.create_instance("probe").execute()


def test_an_endless_folder_is_refused(
    manager: PluginManager, write_plugin: WritePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of too many files is refused with the limit, and nothing of it stays."""
    from schillinger_plugins import extent

    monkeypatch.setattr(extent, "MAX_ENTRIES", 5)
    folder = write_plugin()
    for number in range(9):
        (folder / f"asset{number}").touch()
    with pytest.raises(LoadError, match="more than 5 files"):
        manager.load(folder)
    assert "probe" not in manager.plugins


def test_a_mended_plugin_loads_by_its_path_or_id(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """The manifest is read when a plugin is loaded, not when it was found."""
    folder = write_plugin(version="1.0.0")
    manager.load(folder)
    manager.unload("probe")
    write_plugin(version="2.0.0")
    record = manager.load("probe")
    assert record.manifest is not None
    assert record.manifest.metadata.version == "2.0.0"
    manager.unload("probe")
    write_plugin(version="nonsense")
    with pytest.raises(ManifestError):
        manager.load("probe")
    write_plugin(version="3.0.0")
    assert manager.load("probe").state == "loaded"


def test_a_closed_manager_says_so(write_plugin: WritePlugin) -> None:
    """Using a manager after its end is a clear error."""
    manager = PluginManager()
    manager.close()
    with pytest.raises(PluginError, match="closed"):
        manager.load(write_plugin())


def test_a_plugin_can_not_interrupt_the_host(make: Callable[..., Instance]) -> None:
    """A plugin that raises KeyboardInterrupt by itself has failed; nobody has interrupted anything."""
    instance = make("raise KeyboardInterrupt('gotcha')")
    with pytest.raises(PluginExecutionError, match="KeyboardInterrupt: gotcha"):
        instance.execute()
    assert instance.stats.failures == 1


def test_printed_lines_and_log_records_are_kept(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """What a plugin prints and logs is in the logs, without control characters, and a flood keeps its last lines."""
    body = "print('hello \\x1b[31mred'); self.context.log.warning('careful'); [print(i) for i in range(5000)]; print('end')"
    instance = manager.create_instance(manager.load(write_plugin("loud", body=body + "\nreturn {'y': 1}")).id)
    instance.execute()
    manager.destroy_instance(instance.id)
    lines = [line.text for line in manager.logs("loud")]
    assert lines[-1] == "end"
    assert len(lines) <= 1000
    quiet = manager.create_instance(
        manager.load(write_plugin("quiet", body=body.replace("5000", "3") + "\nreturn {'y': 1}")).id
    )
    quiet.execute()
    manager.destroy_instance(quiet.id)
    lines = [line.text for line in manager.logs("quiet")]
    assert lines[:2] == ["hello \N{REPLACEMENT CHARACTER}[31mred", "WARNING careful"]


def test_statistics_and_events_tell_what_happened(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """Calls, failures and the life of plugins and instances are counted and told to subscribers, until they undo."""
    heard: list[str] = []
    undo = manager.events.subscribe(None, lambda event: heard.append(event.name))
    plugin_id = manager.load(write_plugin(body="return {'y': 1 / inputs['x']}")).id
    instance = manager.create_instance(plugin_id)
    instance.execute({"x": 2})
    with pytest.raises(PluginExecutionError):
        instance.execute({"x": 0})
    manager.reload(plugin_id)
    manager.destroy_instance(instance.id)
    manager.unload(plugin_id)
    undo()
    manager.load(plugin_id)
    assert heard == [
        "registered",
        "loaded",
        "instance_created",
        "executed",
        "failed",
        "reloaded",
        "instance_destroyed",
        "unloaded",
    ]
    assert (instance.stats.calls, instance.stats.failures) == (1, 1)
    assert "ZeroDivisionError" in instance.stats.last_error


def test_provenance_repeats_the_call(make: Callable[..., Instance]) -> None:
    """A result records the plugin, its version and content, the inputs' digests, the level and the versions."""
    instance = make()
    one, same, other = (instance.execute({"x": np.full(4, value)}) for value in (1.0, 1.0, 2.0))
    assert one.provenance.input_digests == same.provenance.input_digests
    assert one.provenance.input_digests != other.provenance.input_digests
    assert one.provenance.plugin_version == "1.0.0"
    assert len(one.provenance.content_hash) == 64
    assert one.provenance.sandbox_level == "full"
    assert one.provenance.versions["numpy"] == np.__version__


def test_a_call_within_a_call_is_refused(make: Callable[..., Instance]) -> None:
    """A progress callback that calls the same instance gets an error instead of a deadlock."""
    instance = make("self.context.progress(0.5); return {'y': 1}")
    with pytest.raises(InputError, match="never overlap"):
        instance.execute(on_progress=lambda fraction, message: instance.execute())
    assert instance.execute()["y"] == 1


def test_the_examples_of_the_specification_run(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """The manifest and class of the architecture's description work as they stand."""
    main = """
from src.plugins.types import NodePlugin, PluginContext

class MyPlugin(NodePlugin):
    def __init__(self, context: PluginContext):
        super().__init__(context)

    async def initialize(self) -> bool:
        return True

    async def execute(self, inputs: dict, parameters: dict) -> dict:
        return {"result": "processed"}

    async def cleanup(self) -> bool:
        return True

    def get_node_definition(self) -> dict:
        return {"type": "myNode", "label": "My Plugin", "inputs": [], "outputs": [], "parameters": []}
"""
    folder = write_plugin("my_plugin", main=main, category="Audio Processing")
    assert manager.create_instance(manager.load(folder).id).execute({}, {})["result"] == "processed"
