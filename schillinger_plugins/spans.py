"""Spans: what plugins do, as OpenTelemetry sees it.

Owns the switch, ``SCHILLINGER_OTEL=1``, without which nothing of OpenTelemetry is imported; the names of spans and
attributes; and that a span is open while its call is, so that its caller's span is its parent and what it calls its
children. Sends nothing by itself: spans go to the process's tracer provider, or, if there is none, to the exporters that the
user names in ``OTEL_TRACES_EXPORTER``. Called by ``admission``, ``instance`` and the server.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import TYPE_CHECKING

from .errors import InputError, PluginError, PluginExecutionError

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer, TracerProvider

SWITCH = "SCHILLINGER_OTEL"
EXPORTERS = "OTEL_TRACES_EXPORTER"
"""OpenTelemetry's own variable, with its own names: otlp, console, …"""

_OFF, _ON = ("", "0", "off", "no", "false"), ("1", "on", "yes", "true")
_GROUP = "opentelemetry_traces_exporter"
_NAME = "schillinger_plugins"
_MAX_MESSAGE = 1_000
_MAX_TRACEBACK = 8_000
_REMEDY = 'pip install "schillinger_plugins[otel]"'

Value = str | bool | int | float


class Stages:
    """A span that is open, and beneath it one for each stage of it, one after the other."""

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._name = ""
        self._stage: Span | None = None

    def enter(self, name: str) -> None:
        """The next stage begins, and ends the one before; entered again, it goes on."""
        if name == self._name:
            return
        self._end_stage()
        self._name, self._stage = name, self._tracer.start_span(name)

    def tell(self, values: Mapping[str, Value]) -> None:
        """Attributes, each under ``schillinger.``."""
        self._span.set_attributes({f"schillinger.{name}": value for name, value in values.items()})

    def end(self, error: BaseException | None) -> None:
        """It went well, or this went wrong in the stage that is under way."""
        from opentelemetry.trace import Status, StatusCode

        outcome = "done" if error is None else "failed" if isinstance(error, Exception) else "cancelled"
        self.tell({"outcome": outcome})
        if isinstance(error, Exception):
            status = Status(StatusCode.ERROR, _message(error))
            self._span.set_status(status)
            self._span.add_event("exception", _described(error))
            if self._stage is not None:
                self._stage.set_status(status)
        self._end_stage()

    def _end_stage(self) -> None:
        if self._stage is not None:
            self._stage.end()
            self._stage = None


class Spans:
    """Begins spans.

    Parameters
    ----------
    provider : TracerProvider, optional
        Where they go; the process's own, whenever that is set, if not given.
    """

    def __init__(self, provider: TracerProvider | None = None) -> None:
        from opentelemetry import trace

        self._tracer = trace.get_tracer(_NAME, metadata.version(_NAME), provider)

    @classmethod
    def from_environment(cls) -> Spans | None:
        """As ``SCHILLINGER_OTEL`` says; None if it is off.

        Raises
        ------
        InputError
            If it says neither, or what it needs is not installed.
        """
        word = os.environ.get(SWITCH, "").strip().lower()
        if word in _OFF:
            return None
        if word not in _ON:
            raise InputError(f"{SWITCH} is {word[:40]!r}", remedy=f"write {SWITCH}=1, or unset it")
        try:
            spans = cls()
        except ImportError as error:
            raise InputError(f"{SWITCH}=1 needs {error.name}, which is not installed", remedy=_REMEDY) from error
        _provide()
        return spans

    @contextlib.contextmanager
    def span(self, verb: str, plugin_id: str, values: Mapping[str, Value] | None = None) -> Iterator[Stages]:
        """A span, open as long as the block: a child of the one that is open around it."""
        from opentelemetry import trace

        span = self._tracer.start_span(f"{verb} {plugin_id}")
        # What goes wrong is told below: an exception of the host has frames that say nothing of the plugin.
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            stages = Stages(self._tracer, span)
            stages.tell({"plugin.id": plugin_id, **(values or {})})
            try:
                yield stages
            except BaseException as error:
                stages.end(error)
                raise
            stages.end(None)

    @contextlib.contextmanager
    def carried(self, headers: Mapping[str, str]) -> Iterator[None]:
        """Have the spans of the block be children of another process's, which the headers of its request name."""
        from opentelemetry import context, propagate

        token = context.attach(propagate.extract(headers))
        try:
            yield
        finally:
            context.detach(token)


def _provide() -> None:
    """Collect spans as the user's environment says, unless the program does already."""
    from opentelemetry import trace

    names = [name.strip() for name in os.environ.get(EXPORTERS, "").split(",")]
    names = [name for name in names if name not in ("", "none")]
    if not names or not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise InputError(f"{EXPORTERS} needs {error.name}, which is not installed", remedy=_REMEDY) from error
    is_named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    provider = TracerProvider(resource=Resource.create({} if is_named else {"service.name": "schillinger"}))
    for name in names:
        found = next(iter(metadata.entry_points(group=_GROUP, name=name)), None)
        if found is None:
            package = "opentelemetry-exporter-otlp-proto-http" if name.startswith("otlp") else "the package that has it"
            known = ", ".join(sorted(point.name for point in metadata.entry_points(group=_GROUP)))
            raise InputError(
                f"{EXPORTERS} names {name[:40]!r}, and installed are: {known}",
                remedy=f"pip install {package}; with that one the name is otlp_proto_http"
                if name.startswith("otlp")
                else f"install {package}",
            )
        provider.add_span_processor(BatchSpanProcessor(found.load()()))
    trace.set_tracer_provider(provider)


def _message(error: Exception) -> str:
    return (error.message if isinstance(error, PluginError) else str(error))[:_MAX_MESSAGE]


def _described(error: Exception) -> dict[str, str]:
    """As OpenTelemetry's conventions name it; of a plugin's exception its own traceback, with the author's lines."""
    told = {"exception.type": type(error).__name__, "exception.message": _message(error)}
    if isinstance(error, PluginExecutionError):
        told["exception.type"] = error.exception_type
        told["exception.stacktrace"] = error.traceback_text[-_MAX_TRACEBACK:]
    return told
