"""The author's own tests: run by pytest inside a confined worker, their results brought back as plain data.

Owns the worker that runs them, its limits, and the check of what it says: whatever comes from it was written by a stranger.
Nothing of a plugin's ``tests/`` is ever imported in the host. Called by ``suite``.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from ..errors import PluginError
from ..manager import PluginManager
from ..sandbox import blocking, conversation
from ..sandbox.limits import Limits
from ..sandbox.log import Log
from ..sandbox.steps import Conversation, OnProgress
from ..sandbox.worker import Worker
from .outcome import AUTHORS, Outcome

REMEDY = 'pip install "schillinger_plugins[testing]"'
LIMITS = Limits(memory_mb=4096, cpu_s=300, wall_s=300, output_mb=64)
_FOLDER = Path(__file__).parent / "confined"
_TITLE = "the author's tests"
_MAX_NAME = 300
_MAX_TESTS = 5000


def run(
    manager: PluginManager,
    plugin_id: str,
    *,
    only: Collection[str] = (),
    on_progress: OnProgress | None = None,
) -> list[Outcome]:
    """Run the tests in a plugin's folder.

    Parameters
    ----------
    only : collection of str
        Tests, as ``tests/test_gain.py::test_unity``; all if empty.
    on_progress : callable
        Told each test that begins.

    Returns
    -------
    list of Outcome
        One for each test, or a single one that says why there is none.
    """
    log = Log(plugin_id, f"{plugin_id}-tests")
    plugin, worker = manager.spawn_beside(plugin_id, log, limits=LIMITS)
    try:
        if not (plugin.copy / "tests").is_dir():
            return [_of("skipped", "its folder has no tests/")]
        folders = list(dict.fromkeys((str(Path(plugin.manifest.main_file).parent), ".")))
        parameters = {"root": str(plugin.copy), "folders": folders, "only": sorted(only)}
        blocking.drive(_start(worker, plugin_id), worker, LIMITS.starting)
        outputs = blocking.drive(_call(worker, plugin_id, parameters, on_progress), worker, LIMITS)
    except PluginError as error:
        return [_of("failed", f"they could not be run to their end: {type(error).__name__}: {error.message}")]
    finally:
        worker.end()
    shown = (str(plugin.copy), str(plugin.root))
    return _outcomes(outputs, shown)


def _outcomes(outputs: dict[str, Any], shown_as: tuple[str, str]) -> list[Outcome]:
    tests, error = outputs.get("tests"), outputs.get("error")
    if error == "missing":
        return [_of("skipped", f"pytest is not installed → {REMEDY}")]
    if not isinstance(tests, list) or error:
        return [_of("failed", str(error)[:5000].replace(*shown_as))]
    found = [_outcome(test, shown_as) for test in tests[:_MAX_TESTS] if isinstance(test, dict)]
    return found or [_of("skipped", "there is no test in its tests/")]


def _outcome(test: dict[str, Any], shown_as: tuple[str, str]) -> Outcome:
    name = str(test.get("id", ""))[:_MAX_NAME].replace(*shown_as)
    name = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    verdict = test.get("outcome")
    seconds = test.get("seconds")
    return Outcome.of(
        verdict if verdict in ("passed", "skipped") else "failed",
        str(test.get("text", "")).replace(*shown_as),
        check=name,
        group=AUTHORS,
        title=name,
        seconds=round(seconds, 3) if isinstance(seconds, float) and 0 <= seconds < LIMITS.wall_s else 0.0,
    )


def _of(verdict: Any, message: str) -> Outcome:
    return Outcome.of(verdict, message, check=AUTHORS, group=AUTHORS, title=_TITLE)


def _start(worker: Worker, plugin_id: str) -> Conversation[Any]:
    return conversation.start(
        worker,
        plugin_id=plugin_id,
        instance_id=f"{plugin_id}-tests",
        root=str(_FOLDER),
        main_file="runner.py",
        plugin_type="NODE",
        config={},
        readable=[],
        writable=[],
        spare_core=False,
    )


def _call(
    worker: Worker, plugin_id: str, parameters: dict[str, Any], on_progress: OnProgress | None
) -> Conversation[dict[str, Any]]:
    outcome = yield from conversation.call(
        worker, {}, parameters, plugin_id=plugin_id, seed=None, limits=LIMITS, on_progress=on_progress
    )
    conversation.discard(outcome)
    return outcome.outputs
