"""Runs an author's tests with pytest: a node like a plugin's, in a worker that is confined like a plugin's.

Owns the way from pytest's reports to plain data. Never imported in the host: ``author_tests`` has a worker load it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schillinger_plugins.types import NodePlugin

_PLUGINS = {
    "_hypothesis_pytestplugin": "hypothesispytest",
    "anyio": "anyio.pytest_plugin",
    "pytest_asyncio": "pytest_asyncio.plugin",
}
_MAX_CHARS = 20_000
_MAX_TESTS = 5_000


class Runner(NodePlugin):
    """Takes the folder of a plugin and gives what its tests said."""

    async def execute(self, inputs: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
        """``tests``: of each the node's id, the outcome, the seconds and the text; ``error`` if pytest couldn't run them."""
        if importlib.util.find_spec("pytest") is None:
            return {"tests": [], "error": "missing"}
        scratch = Path(self.context.scratch)
        loop = asyncio.get_running_loop()

        def tell(message: str) -> None:
            loop.call_soon_threadsafe(self.context.progress, 0.0, 1.0, message)

        # In a thread, since the tests may run loops of their own, and this one runs in the thread that it is called in.
        return await asyncio.to_thread(
            _run, Path(parameters["root"]), parameters["folders"], parameters["only"], scratch, tell
        )

    def get_node_definition(self) -> dict[str, Any]:
        """Nobody sees it."""
        return {"type": "runner", "label": "Runner"}


_STARTING = os.path.join("schillinger_plugins", "sandbox", "zygote.py")
_NO_WORKERS = "it starts a confined worker, which can't be done inside one: take the fixture `confined`"


class _Recorder:
    """What pytest tells while it runs."""

    def __init__(self, tell: Any) -> None:
        self.tests: dict[str, dict[str, Any]] = {}
        self._tell = tell

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._tell(nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Setup, call and teardown of one test: the first that went wrong counts."""
        test = self.tests.setdefault(
            report.nodeid, {"id": report.nodeid, "outcome": "passed", "seconds": 0.0, "text": ""}
        )
        test["seconds"] += float(report.duration)
        if test["outcome"] == "passed" and report.outcome != "passed":
            test["outcome"] = report.outcome
            test["text"] = _text(report)

    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        """A test that makes a manager of its own has not failed: here it can't be run."""
        report = yield
        if call.excinfo is not None and _wants_a_worker(call.excinfo.value):
            report.outcome, report.longrepr = "skipped", (str(item.path), 0, _NO_WORKERS)
        return report

    def pytest_collectreport(self, report: Any) -> None:
        """A file that can't be imported has no tests to tell of it."""
        if report.outcome == "failed":
            where = report.nodeid or "tests"
            self.tests[where] = {"id": where, "outcome": "failed", "seconds": 0.0, "text": _text(report)}


def _wants_a_worker(error: BaseException | None) -> bool:
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename.endswith(_STARTING):
                return True
            trace = trace.tb_next
        error = error.__cause__ or error.__context__
    return False


def _text(report: Any) -> str:
    if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")[:_MAX_CHARS]
    sections = [f"--- {title}\n{content}" for title, content in report.sections]
    # The beginning says which assertion; what was printed may be endless.
    return "\n".join([report.longreprtext, *sections])[:_MAX_CHARS]


def _run(root: Path, folders: Sequence[str], only: Sequence[str], scratch: Path, tell: Any) -> dict[str, Any]:
    import pytest

    os.chdir(root)  # what a test opens by a relative path lies in the plugin's folder; it is read-only
    mine = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [*(str(root / folder) for folder in folders), *(path for path in sys.path if path != mine)]
    settings = scratch / "pytest.ini"
    settings.write_text("[pytest]\n")
    os.environ.update(
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",  # what else is installed here is not what the author tested with
        HYPOTHESIS_STORAGE_DIRECTORY=str(scratch / "hypothesis"),
        SCHILLINGER_CONFINED="1",
    )
    arguments = ["-c", str(settings), f"--rootdir={root}", f"--confcutdir={root}", "--import-mode=importlib"]
    arguments += ["-p", "no:cacheprovider", "-p", "no:faulthandler", "--capture=sys", "--color=no", "-q", "--tb=short"]
    # It would open /dev/null for writing, which a worker may only read.
    arguments += [f"--basetemp={scratch / 'tmp'}", f"--log-file={scratch / 'log'}", "--log-file-level=CRITICAL"]
    for module, plugin in _PLUGINS.items():
        if importlib.util.find_spec(module) is not None:
            arguments += ["-p", module if module.startswith("_") else plugin]
    pytest.hookimpl(wrapper=True)(_Recorder.pytest_runtest_makereport)
    recorder, said = _Recorder(tell), io.StringIO()
    chosen = [str(root / name) for name in only] or [str(root / "tests")]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = pytest.main([*arguments, *chosen], plugins=[recorder])
    tests = list(recorder.tests.values())[:_MAX_TESTS]
    known = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
    broken = not tests and code not in known
    return {"tests": tests, "error": f"pytest ended with {int(code)}:\n{said.getvalue()[-4000:]}" if broken else ""}
