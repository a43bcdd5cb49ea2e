"""A manager whose spans are collected by the SDK's own exporter in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from schillinger_plugins import PluginManager
from tests.conftest import manager_of_its_own

_exporter = InMemorySpanExporter()


@dataclass(frozen=True)
class Collected:
    """What has been told so far."""

    exporter: InMemorySpanExporter
    open_span: Callable[[str], AbstractContextManager[trace.Span]]

    def all(self) -> Sequence[ReadableSpan]:
        """In the order of their ends."""
        return self.exporter.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        """The only one of that name."""
        (found,) = (span for span in self.all() if span.name == name)
        return found

    def beneath(self, span: ReadableSpan) -> list[ReadableSpan]:
        """Its children, in the order of their beginnings."""
        context = span.get_span_context()
        assert context is not None
        found = [one for one in self.all() if one.parent is not None and one.parent.span_id == context.span_id]
        return sorted(found, key=lambda one: one.start_time or 0)


@pytest.fixture(scope="session")
def provider() -> TracerProvider:
    """The process's own: it can be set once."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(_exporter))
    trace.set_tracer_provider(provider)
    return provider


@pytest.fixture(scope="session")
def shared_manager(provider: TracerProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginManager]:
    """As for all tests, but that spans are switched on."""
    with manager_of_its_own(tmp_path_factory.mktemp("data"), SCHILLINGER_OTEL="1") as manager:
        yield manager


@pytest.fixture
def spans(provider: TracerProvider) -> Iterator[Collected]:
    """What this test brings about."""
    _exporter.clear()
    yield Collected(_exporter, provider.get_tracer("tests").start_as_current_span)
    _exporter.clear()
