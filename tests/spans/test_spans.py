"""Loads and calls are spans: what ran, in which stages, at what cost, why it failed; and nothing unless it is asked for."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable

import httpx
import numpy as np
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import StatusCode, format_span_id, format_trace_id

from schillinger_plugins import Audio, Flow, Instance, PluginManager
from schillinger_plugins.errors import InputError, PluginExecutionError
from schillinger_plugins.server import Server
from schillinger_plugins.spans import Spans

from ..conftest import WritePlugin
from ..journal.test_recorder import EFFECT
from ..workflow.conftest import ADDER, ADDS, OWN, main_of
from .conftest import Collected

Make = Callable[..., Instance]


def test_a_call_is_a_span_with_what_it_was(make: Make, spans: Collected) -> None:
    """Which plugin, code, instance and run; how it ended and what it cost, as its result says."""
    instance = make("return {'y': 1}")
    result = instance.execute({"x": 1})
    told = dict(spans.named("execute probe").attributes or {})
    assert told == {
        "schillinger.plugin.id": "probe",
        "schillinger.plugin.version": "1.0.0",
        "schillinger.plugin.hash": result.provenance.content_hash,
        "schillinger.sandbox.level": result.provenance.sandbox_level,
        "schillinger.instance.id": instance.id,
        "schillinger.run.id": result.provenance.run_id,
        "schillinger.outcome": "done",
        "schillinger.wall_s": result.stats.wall_s,
        "schillinger.cpu_s": result.stats.cpu_s,
        "schillinger.memory.peak_bytes": result.stats.peak_memory_bytes,
    }
    assert spans.named("execute probe").status.status_code is StatusCode.UNSET


def test_its_stages_follow_each_other_within_it(make: Make, spans: Collected) -> None:
    """Prepared, queued, executed, checked; a worker is started where there is none, by both doors."""
    instance = make("return {'y': 1}")
    instance.execute({"x": 1})
    stages = spans.beneath(spans.named("execute probe"))
    assert [stage.name for stage in stages] == ["prepare", "queue", "execute", "check"]
    for before, after in itertools.pairwise(stages):
        assert before.end_time is not None
        assert after.start_time is not None
        assert before.end_time <= after.start_time
    instance.rest()
    spans.exporter.clear()
    asyncio.run(instance.aexecute({"x": 1}))
    stages = spans.beneath(spans.named("execute probe"))
    assert [stage.name for stage in stages] == ["prepare", "queue", "start", "execute", "check"]


def test_a_failure_is_told_with_the_authors_line(make: Make, spans: Collected) -> None:
    """The plugin's own exception, its traceback, and the stage in which it happened."""
    instance = make("raise ValueError('no such scale')")
    with pytest.raises(PluginExecutionError):
        instance.execute({"x": 1})
    span = spans.named("execute probe")
    assert (span.attributes or {})["schillinger.outcome"] == "failed"
    assert span.status.status_code is StatusCode.ERROR
    (event,) = span.events
    assert (event.attributes or {})["exception.type"] == "ValueError"
    assert "main.py" in str((event.attributes or {})["exception.stacktrace"])
    (failed,) = (one for one in spans.beneath(span) if one.status.status_code is StatusCode.ERROR)
    assert failed.name == "execute"


def test_what_is_refused_or_cancelled_is_told(make: Make, spans: Collected) -> None:
    """A wrong parameter fails as it is prepared; who gives up a call has made no mistake."""
    instance = make("self.context.progress(0.1)\nawait asyncio.sleep(3600)")
    with pytest.raises(InputError):
        instance.execute({}, {"none": 1})
    span = spans.named("execute probe")
    assert [one.name for one in spans.beneath(span)] == ["prepare"]
    assert (span.events[0].attributes or {})["exception.type"] == "InputError"
    spans.exporter.clear()

    async def give_up() -> None:
        began = asyncio.Event()
        task = asyncio.ensure_future(instance.aexecute({"x": 1}, on_progress=lambda *_: began.set()))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    span = spans.named("execute probe")
    assert (span.attributes or {})["schillinger.outcome"] == "cancelled"
    assert span.status.status_code is StatusCode.UNSET


def test_a_load_is_a_span(manager: PluginManager, write_plugin: WritePlugin, spans: Collected) -> None:
    """What was decided and what was started; one that fails says why."""
    record = manager.load(write_plugin())
    span = spans.named("load probe")
    assert [one.name for one in spans.beneath(span)] == ["decide", "start"]
    assert (span.attributes or {})["schillinger.plugin.hash"] == manager._loaded[record.id].content_hash
    with pytest.raises(PluginExecutionError):
        manager.load(write_plugin("other", main="raise ValueError('broken')"))
    assert "broken" in str(spans.named("load other").status.description)


def test_a_call_that_a_reload_overtakes_is_one_of_the_new_code(
    manager: PluginManager, write_plugin: WritePlugin, spans: Collected
) -> None:
    """It was asked of what served before, and waited for its turn meanwhile."""
    body = "self.context.progress(0.1)\nreturn {'y': 1}"
    instance = manager.create_instance(manager.load(write_plugin(body=body)).id)
    waiting = [
        threading.Thread(target=manager.reload, args=("probe",)),
        threading.Thread(target=instance.execute, args=({"x": 2},)),
    ]

    def wait_behind(*_: object) -> None:
        write_plugin(body=body, version="2.0.0")
        for number, thread in enumerate(waiting, 1):
            thread.start()
            while instance.waiting < number:
                os.sched_yield()

    instance.execute({"x": 1}, on_progress=wait_behind)
    for thread in waiting:
        thread.join()
    calls = [span for span in spans.all() if span.name == "execute probe"]
    assert [(call.attributes or {})["schillinger.plugin.version"] for call in calls] == ["1.0.0", "2.0.0"]


def test_the_callers_span_is_the_parent(make: Make, spans: Collected) -> None:
    """In its thread and in its task; a thread that has no span begins a trace of its own."""
    instance = make("return {'y': 1}")

    async def call() -> None:
        with spans.open_span("task"):
            await instance.aexecute({"x": 1})

    with spans.open_span("cell"):
        instance.execute({"x": 1})
    asyncio.run(call())
    thread = threading.Thread(target=instance.execute)
    thread.start()
    thread.join()
    parents = [span.parent for span in spans.all() if span.name == "execute probe"]
    expected = [spans.named(name).get_span_context() for name in ("cell", "task")]
    assert [one and one.span_id for one in parents] == [*(one and one.span_id for one in expected), None]


def test_calls_of_one_instance_from_several_threads_keep_their_stages(make: Make, spans: Collected) -> None:
    """Each call's own stages, however long it waited for the others."""
    instance = make("return {'y': 1}")
    threads = [threading.Thread(target=instance.execute, args=({"x": number},)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    calls = [span for span in spans.all() if span.name == "execute probe"]
    assert len({(call.attributes or {})["schillinger.run.id"] for call in calls}) == 4
    for call in calls:
        assert [one.name for one in spans.beneath(call)] == ["prepare", "queue", "execute", "check"]


def test_the_steps_of_a_workflow_are_beneath_it(
    manager: PluginManager, write_plugin: WritePlugin, spans: Collected
) -> None:
    """The workflow's span has the loads and calls of its steps as children, and its own stages."""
    manager.add(write_plugin("adder", body=ADDS, definition=ADDER))
    steps = [{"id": "first", "plugin": "adder", "inputs": {"x": "inputs.x"}}]
    folder = write_plugin("flow", main=main_of("return {'y': 1}", {**OWN, "steps": steps}), plugin_type="WORKFLOW")
    manager.create_instance(manager.load(folder).id).execute({"x": 1})
    names = [one.name for one in spans.beneath(spans.named("execute flow"))]
    assert names == ["steps", "load adder", "execute adder", "queue", "execute", "check"]


def test_the_nodes_of_a_flow_are_beneath_its_caller(
    manager: PluginManager, write_plugin: WritePlugin, spans: Collected
) -> None:
    """A flow runs in threads of its own, and over many inputs in several: what it does is done for whoever asked."""
    ports = {"inputs": [{"name": "x", "type": "number"}], "outputs": [{"name": "y", "type": "number"}]}
    manager.load(write_plugin(body="return {'y': inputs['x']}", definition={"type": "p", "label": "P", **ports}))
    with Flow(manager) as flow, spans.open_span("study"):
        flow.input("n", type="number") >> flow.add("probe")["x"]
        flow.run(n=1)
        assert len(list(flow.over(n=[2, 3]))) == 2
    calls = [span for span in spans.all() if span.name == "execute probe"]
    study = spans.named("study").get_span_context()
    assert study is not None
    assert [call.parent and call.parent.span_id for call in calls] == [study.span_id] * 3


def test_a_stream_is_one_span(manager: PluginManager, write_plugin: WritePlugin, spans: Collected) -> None:
    """Its blocks are none: they must not be late; nor are they stages of a call that goes on meanwhile."""
    folder = write_plugin("half", main=EFFECT, plugin_type="EFFECT")
    instance = manager.create_instance(manager.load(folder).id)
    spans.exporter.clear()
    with instance.stream() as stream:
        for _ in range(5):
            stream.process(Audio(np.ones((1, 64), np.float32), 48000))
    assert [one.name for one in spans.all()] == ["stream half"]
    other = manager.create_instance(manager.load(write_plugin(body="self.context.progress(0.5)\nreturn {'y': 1}")).id)
    with instance.stream() as stream:
        block = Audio(np.ones((1, 64), np.float32), 48000)
        result = other.execute({"x": 1}, on_progress=lambda *_: stream.process(block))
    call = spans.named("execute probe")
    assert (call.attributes or {})["schillinger.run.id"] == result.provenance.run_id
    assert [one.name for one in spans.beneath(call)] == ["prepare", "queue", "execute", "check"]


def test_a_client_names_the_parent_in_its_request(make: Make, spans: Collected, manager: PluginManager) -> None:
    """W3C Trace Context: the call is a child of the span in ``traceparent``."""
    instance = make("return {'y': 1}")
    server = Server(manager, port=0)
    server.start()
    try:
        with spans.open_span("client") as client:
            own = client.get_span_context()
        parent = f"00-{format_trace_id(own.trace_id)}-{format_span_id(own.span_id)}-01"
        headers = {"Authorization": f"Bearer {server.token}", "traceparent": parent}
        url = f"{server.url}/api/plugins/instances/{instance.id}/execute"
        answer = httpx.post(url, headers=headers, json={"inputs": {"x": 1}}, trust_env=False, timeout=30)
        assert answer.status_code == 200, answer.text
    finally:
        server.stop()
    span = spans.named("execute probe")
    assert span.parent is not None
    assert (span.parent.trace_id, span.parent.span_id) == (own.trace_id, own.span_id)


def test_nothing_is_imported_unless_it_is_asked_for() -> None:
    """A manager without the switch knows no OpenTelemetry, nor does the command line."""
    code = (
        "import sys\n"
        "from schillinger_plugins import PluginManager, cli\n"
        "with PluginManager() as manager:\n"
        "    print(manager.spans, [name for name in sys.modules if name.startswith('opentelemetry')])\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "SCHILLINGER_OTEL"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "None []\n"


def test_the_users_environment_names_the_exporter() -> None:
    """Without a provider of the program's own, one is made for the exporters that OpenTelemetry's variable names."""
    code = "from schillinger_plugins.spans import Spans\nwith Spans.from_environment().span('execute', 'probe'): pass\n"
    environment = {**os.environ, "SCHILLINGER_OTEL": "1", "OTEL_TRACES_EXPORTER": "console"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert '"name": "execute probe"' in done.stdout
    assert '"service.name": "schillinger"' in done.stdout
    environment["OTEL_TRACES_EXPORTER"] = "otlp_nowhere"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert "names 'otlp_nowhere', and installed are: console" in done.stderr


def in_a_process(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a program writes that has spans."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "SCHILLINGER_OTEL": "1", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


BEGINS = "from schillinger_plugins.spans import Spans\nwith Spans.from_environment().span('execute', 'probe'): pass\n"


def test_a_service_that_has_a_name_keeps_it() -> None:
    """The user's, in either of OpenTelemetry's variables; and with the exporter ``none`` nothing is sent."""
    for names in ({"OTEL_SERVICE_NAME": "mine"}, {"OTEL_RESOURCE_ATTRIBUTES": "service.name=mine"}):
        done = in_a_process(BEGINS, OTEL_TRACES_EXPORTER="console", **names)
        assert '"service.name": "mine"' in done.stdout
    done = in_a_process(BEGINS, OTEL_TRACES_EXPORTER="none")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_program_that_has_a_provider_keeps_it() -> None:
    """Nothing is put in its place, nor said about that."""
    own = "from opentelemetry import trace\nfrom opentelemetry.sdk.trace import TracerProvider\n"
    done = in_a_process(f"{own}trace.set_tracer_provider(TracerProvider())\n{BEGINS}", OTEL_TRACES_EXPORTER="console")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what installs it."""
    monkeypatch.setenv("SCHILLINGER_OTEL", "1")
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(InputError, match=r"opentelemetry, which is not installed.*schillinger_plugins\[otel\]"):
        Spans.from_environment()


def test_a_stage_that_is_entered_again_goes_on(provider: TracerProvider, spans: Collected) -> None:
    """As when a plugin is reloaded while a call waits for its turn."""
    with Spans(provider).span("execute", "probe") as stages:
        for name in ("prepare", "queue", "queue", "execute"):
            stages.enter(name)
    assert [one.name for one in spans.beneath(spans.named("execute probe"))] == ["prepare", "queue", "execute"]


def test_what_is_told_of_an_error_is_bounded(provider: TracerProvider, spans: Collected) -> None:
    """Of its message the beginning, of its traceback the end."""
    raised = PluginExecutionError("x" * 5000, exception_type="ValueError", traceback_text="a" * 9000 + "the end")
    with pytest.raises(PluginExecutionError), Spans(provider).span("execute", "probe"):
        raise raised
    (event,) = spans.named("execute probe").events
    told = dict(event.attributes or {})
    assert told["exception.message"] == "x" * 1000
    assert str(told["exception.stacktrace"]).endswith("the end")
    assert len(str(told["exception.stacktrace"])) == 8000


def test_a_request_s_parent_is_nobody_else_s(provider: TracerProvider) -> None:
    """When the request is answered, what the thread does next begins a trace of its own."""
    with Spans(provider).carried({"traceparent": f"00-{1:032x}-{1:016x}-01"}):
        assert trace.get_current_span().get_span_context().span_id == 1
    assert not trace.get_current_span().get_span_context().is_valid


def test_a_switch_that_says_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to write."""
    monkeypatch.setenv("SCHILLINGER_OTEL", "maybe")
    with pytest.raises(InputError, match=r"SCHILLINGER_OTEL is 'maybe'.*SCHILLINGER_OTEL=1"):
        Spans.from_environment()
    for word in ("0", "off", "No", "false", " "):
        monkeypatch.setenv("SCHILLINGER_OTEL", word)
        assert Spans.from_environment() is None
    for word in ("1", "on", "Yes", "true"):
        monkeypatch.setenv("SCHILLINGER_OTEL", word)
        assert Spans.from_environment() is not None
