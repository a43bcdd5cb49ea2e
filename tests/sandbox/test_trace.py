"""The trace: what a plugin did, as its audit hook tells it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import PluginError, WorkerCrashed
from schillinger_plugins.sandbox.trace import MAX_EVENTS, Trace

MakeInstance = Callable[..., Instance]


def traced(manager: PluginManager, instance: Instance) -> list[tuple[str, str]]:
    return [(event.kind, event.what) for event in manager.trace("probe") if event.instance_id == instance.id]


def test_what_a_plugin_tries_is_traced(make: MakeInstance, manager: PluginManager) -> None:
    """A file, a socket, a module, an eval and a foreign function each leave an entry of their kind."""
    instance = make(
        """
        for attempt in (lambda: open('/etc/passwd'), lambda: socket.socket(), lambda: eval('1 + 1')):
            try: attempt()
            except OSError: pass
        import wave, ctypes
        ctypes.CDLL(None).getpid()
        return {}
        """,
        definition={"type": "probe", "label": "Probe"},
    )
    instance.execute()
    found = traced(manager, instance)
    assert ("open", "open /etc/passwd") in found
    assert ("import", "wave") in found
    kinds = {kind for kind, _ in found}
    assert {"socket", "exec", "ctypes"} <= kinds


@pytest.mark.parametrize(
    ("attempt", "kind", "what"),
    [
        ("os.system('true')", "process", "os.system b'true'"),
        ("__import__('subprocess').run(['true'])", "process", "subprocess.Popen"),
        ("os.fork()", "process", "os.fork"),
        ("os.kill(1, 0)", "process", "os.kill 1 0"),
        ("sys.setprofile(None)", "process", "sys.setprofile"),
        ("os.remove('gone')", "file", "remove gone"),
        ("os.symlink('a', 'b')", "file", "symlink a"),
        ("os.listdir('/home')", "file", "listdir /home"),
        ("open('x', 'a')", "open", "open x to write"),
        ("open('x', 'r')", "open", "open x"),
        ("eval('2 + 3')", "exec", "compile <string>"),
    ],
)
def test_each_kind_of_attempt_is_named(
    make: MakeInstance, manager: PluginManager, attempt: str, kind: str, what: str
) -> None:
    """Whether or not it is let: processes, files and code."""
    instance = make(f"try: {attempt}\nexcept OSError: pass\nreturn {{'y': 1}}")
    with contextlib.suppress(PluginError):
        instance.execute()
    found = traced(manager, instance)
    assert [told for of, told in found if of == kind and told.startswith(what)], found


def test_nothing_of_the_plugins_runs_to_be_told(make: MakeInstance, manager: PluginManager) -> None:
    """Of an object its type is told, of a long text the beginning."""
    body = """
    class Odd:
        def __repr__(self): os.remove('by its repr')
    sys.audit('socket.made up', Odd(), 'x' * 9999)
    return {'y': 1}
    """
    instance = make(body)
    instance.execute()
    found = dict(traced(manager, instance))
    assert found["socket"] == f"socket.made up <Odd> {'x' * 200!r}"
    assert "by its repr" not in found.get("file", "")


def test_an_event_is_told_once(make: MakeInstance, manager: PluginManager) -> None:
    """A thousand times the same leaves one entry: the trace says what happened, not how often."""
    instance = make("for _ in range(1000): open('x', 'w').close()\nreturn {'y': 1}")
    instance.execute()
    assert sum(what == "open x to write" for _, what in traced(manager, instance)) == 1


def test_a_crash_leaves_its_trace(make: MakeInstance, manager: PluginManager) -> None:
    """What was told before the worker died is there afterwards."""
    instance = make("open('last words', 'w'); os._exit(1)")
    with pytest.raises(WorkerCrashed):
        instance.execute()
    assert ("open", "open last words to write") in traced(manager, instance)


def test_forged_entries_are_marked_and_bounded(make: MakeInstance, manager: PluginManager) -> None:
    """A plugin that writes to the pipe itself gains nothing: nonsense is named, floods are cut, the host stays calm."""
    instance = make(
        r"""
        os.write(4, b'nonsense\n[1, 2]\n["fetch\x1b[2J", "x"]\n')
        for _ in range(10000):
            try: os.write(4, b'["open", "' + b'a' * 1000 + b'"]\n')
            except OSError: break
        return {'y': 1}
        """
    )
    assert instance.execute()["y"] == 1
    events = manager.trace("probe")
    assert any("writes to its own trace" in event.what for event in events)
    assert len(events) <= 4100
    assert all(event.source == "worker" and "\x1b" not in event.kind + event.what for event in events)
    assert all(len(event.what) <= 500 for event in events)


def test_only_so_many_are_told_and_that_is_said(make: MakeInstance, manager: PluginManager) -> None:
    """A plugin that opens file after file fills no pipe, and what is left out is no secret."""
    instance = make(
        """
        for n in range(2500):
            try: open(f'/nowhere/{n}')
            except OSError: pass
            if n % 100 == 0 or n > 2000: time.sleep(0.005)
        return {'y': 1}
        """
    )
    instance.execute()
    found = [what for _, what in traced(manager, instance)]
    assert [what for what in found if "and more" in what] == ["and more: only the first 2000 are told"]
    assert found[-1].startswith("and more")


def test_a_flood_is_bounded_in_time_and_in_memory() -> None:
    """So many lines at a time, and the last so many in all; a kind that is none is an oddity."""
    trace = Trace("probe", "probe-1")
    reads, writes = os.pipe()
    os.set_blocking(reads, False)
    line = b'["made up", "x"]\n'
    os.write(writes, line * 3000)
    assert trace.drain(reads)
    assert 0 < len(trace.events()) <= 1000
    assert {event.kind for event in trace.events()} == {"exec"}
    for _ in range(4):
        os.write(writes, line * 3000)
        trace.drain(reads)
    assert len(trace.events()) == MAX_EVENTS
    os.close(writes)
    os.close(reads)


def test_the_plugins_own_folder_is_shown_not_its_copy(make: MakeInstance, manager: PluginManager) -> None:
    """Paths in the trace are those the user knows."""
    instance = make("open(self.context.plugin_dir / 'main.py').close()\nreturn {'y': 1}")
    instance.execute()
    # Told once: when it was imported, before the worker had become this instance's.
    assert f"open {instance.plugin.root}/main.py" in [event.what for event in manager.trace("probe")]
