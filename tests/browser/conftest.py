"""A real JupyterLab, which serves Notebook, too, on the loopback interface, and a real browser looking at it.

Everything is fresh: configuration, data, kernels, the browser's profile. Every wait is for a state, with a deadline.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, WebSocket, sync_playwright

EXAMPLES = Path(__file__).parents[2] / "plugins"
START_S = 60
FLAGS = (
    "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run --mute-audio --autoplay-policy=no-user-gesture-required"
).split()

# What JupyterLab and Notebook themselves say on every start and what no user could act on; the last two are Notebook 7.6,
# which reads the settings of shortcuts, and opens a path, before all of it has been started.
HARMLESS = ("favicon", "ResizeObserver loop", "(reading 'schema')", "'filebrowser:open-path' not registered")

# Where the server has its pages for a notebook.
LAB, NOTEBOOK = "lab/tree", "notebooks"

# The promise is dropped: it is kept only when the last cell has run.
RUN_ALL = "() => { void window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
IDLE = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  return panel?.sessionContext?.session?.kernel?.status === 'idle' && panel.content.widgets.length > 0;
}"""
DONE = """() => {
  const panel = window.jupyterapp.shell.currentWidget;
  const cells = panel.content.widgets.filter((cell) => cell.model.type === 'code');
  const text = cells.filter((cell) => cell.model.sharedModel.getSource().trim() !== '');
  return panel.sessionContext.session.kernel.status === 'idle' && text.every((cell) => cell.model.executionCount !== null);
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright leaves an event loop running, in which `asyncio.run` refuses to work."""
    items.sort(key=lambda item: Path(__file__).parent in item.path.parents)


@dataclass
class Lab:
    """A running JupyterLab.

    Attributes
    ----------
    folder : Path
        What it serves: notebooks are put here.
    """

    url: str
    token: str
    folder: Path
    runtime: Path


@dataclass
class LabPage:
    """One notebook, open in a browser.

    Attributes
    ----------
    foreign : list of str
        What was asked of another host than the lab.
    """

    page: Page
    lab: Lab
    file: Path
    problems: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def run_all(self, *, wait: bool = True, timeout_s: float = 90) -> None:
        """Run every cell and, unless told otherwise, wait for the last one."""
        self.page.evaluate(RUN_ALL)
        if wait:
            self.page.wait_for_function(DONE, timeout=timeout_s * 1000)

    def save(self) -> Path:
        """Save the notebook. Returns the file."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        return self.file

    def shut_down(self) -> None:
        """End the kernel."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def kernel_value(self, expression: str) -> object:
        """What the kernel says an expression is, asked by a second client on the same kernel."""
        from jupyter_client import BlockingKernelClient

        kernel_id = self.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id")
        client = BlockingKernelClient(connection_file=str(self.lab.runtime / f"kernel-{kernel_id}.json"))
        client.load_connection_file()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=20)
            reply = client.execute_interactive(
                "",
                user_expressions={"answer": f"__import__('json').dumps({expression})"},
                output_hook=lambda message: None,
                timeout=20,
            )
        finally:
            client.stop_channels()
        answer = reply["content"]["user_expressions"]["answer"]
        assert answer["status"] == "ok", answer
        return json.loads(eval(answer["data"]["text/plain"], {"__builtins__": {}}))  # noqa: S307 - the repr of a str

    def wait_for_kernel(self, expression: str, *, timeout_s: float = 20) -> object:
        """Ask until the kernel's answer is true."""
        deadline_s = time.monotonic() + timeout_s
        while not (value := self.kernel_value(expression)):
            assert time.monotonic() < deadline_s, f"the kernel never had {expression}"
        return value

    def locator(self, selector: str) -> Locator:
        """Within the notebook, not the page around it."""
        return self.page.locator(f".jp-Notebook {selector}")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where the browser is; a machine without one can't run these tests."""
    found = os.environ.get("SCHILLINGER_CHROMIUM") or next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if not found:
        pytest.fail("no browser → apt-get install chromium, or set SCHILLINGER_CHROMIUM to the path of one")
    return found


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One browser for all tests; each opens a page of its own."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with nobody's settings, and one kernel: this Python."""
    base = tmp_path_factory.mktemp("lab")
    folder, runtime = base / "notebooks", base / "runtime"
    folder.mkdir()
    environment = _fresh_environment(base)
    _install_kernel(base / "data")
    _quiet_settings(base / "settings")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    log = (base / "lab.log").open("w")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}"),
            *("--ip=127.0.0.1", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
            *(f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True", "--LabApp.news_url="),
            "--JupyterNotebookApp.expose_app_in_browser=True",
            f"--LabApp.user_settings_dir={base / 'settings'}",
            f"--LabApp.workspaces_dir={base / 'workspaces'}",
        ],
        env=environment,
        cwd=base,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, token, server, base / "lab.log")
        yield Lab(url=url, token=token, folder=folder, runtime=runtime)
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)
        log.close()


@pytest.fixture(scope="module")
def write_notebook(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that writes a notebook of code cells, the first of which has a manager with the example plugins."""

    def write(*cells: str, paths: tuple[Path, ...] = ()) -> Path:
        places = [str(EXAMPLES), *map(str, paths)]
        first = (
            "from schillinger_plugins import PluginManager, widgets\n"
            f"manager = PluginManager(paths={places!r})\n"
            "widgets.install(get_ipython())"
        )
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in (first, *cells)]
        path = tmp_path_factory.mktemp("written") / "notebook.ipynb"
        nbformat.write(notebook, path)
        return path

    return write


@pytest.fixture(scope="module")
def opened() -> list[LabPage]:
    """The pages of this module's tests."""
    return []


@pytest.fixture(scope="module")
def open_notebook(lab: Lab, browser: Browser, opened: list[LabPage]) -> Iterator[Callable[..., LabPage]]:
    """A function that puts a notebook into the lab and opens it in a page of its own, JupyterLab's or Notebook's."""

    def open_(path: Path, *, dark: bool = False, view: str = LAB) -> LabPage:
        target = path  # one that is there already keeps its kernel
        if path.parent != lab.folder:
            target = lab.folder / f"{secrets.token_hex(4)}-{path.name}"
            shutil.copy(path, target)
        _set_theme(lab, dark)
        page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        shown = LabPage(page=page, lab=lab, file=target)
        page.on("console", lambda message: _note(shown, message))
        page.on("pageerror", lambda error: _keep(shown, str(error)))
        page.context.on("request", lambda request: _note_asked(shown, request))
        page.on("websocket", lambda socket: _note_asked(shown, socket))
        opened.append(shown)
        reset = "reset&" if view == LAB else ""  # Notebook has no workspace
        page.goto(f"{lab.url}/{view}/{target.name}?{reset}token={lab.token}", timeout=60_000)
        page.wait_for_function(IDLE, timeout=60_000)
        return shown

    yield open_
    for shown in opened:
        shown.shut_down()
        shown.page.context.close()


@pytest.fixture(autouse=True)
def quiet_console(opened: list[LabPage]) -> Iterator[None]:
    """No page may have complained during a test, nor asked anybody but the lab for anything."""
    yield
    problems = [problem for shown in opened for problem in (*shown.problems, *shown.foreign)]
    for shown in opened:
        shown.problems.clear()
        shown.foreign.clear()
    assert problems == []


def _note(shown: LabPage, message: ConsoleMessage) -> None:
    if message.type == "error":
        _keep(shown, f"{message.text} ({message.location.get('url', '')})")


def _note_asked(shown: LabPage, asked: Request | WebSocket) -> None:
    host = urlsplit(asked.url).netloc  # what is within the page, such as data: and blob:, has none
    if host not in ("", urlsplit(shown.lab.url).netloc):
        shown.foreign.append(asked.url)


def _keep(shown: LabPage, problem: str) -> None:
    if not any(word in problem for word in HARMLESS):
        shown.problems.append(problem)


def _fresh_environment(base: Path) -> dict[str, str]:
    foreign = ("JUPYTER", "IPYTHON", "SCHILLINGER_PLUGIN_PATH")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return environment | {
        "JUPYTER_CONFIG_DIR": str(base / "config"),
        "JUPYTER_DATA_DIR": str(base / "data"),
        "JUPYTER_RUNTIME_DIR": str(base / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(base / "ipython"),
        "XDG_DATA_HOME": str(base / "home"),
    }


def _install_kernel(data: Path) -> None:
    """A kernel named python3 that is this very Python, whatever else the machine offers."""
    spec = data / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))


def _quiet_settings(settings: Path) -> None:
    """No question about news and no check for updates: a dialog would cover the page."""
    for name, values in {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    }.items():
        file = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))


def _set_theme(lab: Lab, dark: bool) -> None:
    file = lab.folder.parent / "settings" / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
    file.write_text(json.dumps({"theme": "JupyterLab Dark" if dark else "JupyterLab Light"}))


def _wait_for(url: str, token: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline_s = time.monotonic() + START_S
    request = urllib.request.Request(f"{url}/api/status", headers={"Authorization": f"token {token}"})  # noqa: S310 - ours
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - http on the loopback interface
                return
        except OSError:
            assert server.poll() is None, f"JupyterLab ended:\n{log.read_text()[-3000:]}"
            assert time.monotonic() < deadline_s, f"JupyterLab did not answer:\n{log.read_text()[-3000:]}"
            time.sleep(0.1)  # between two attempts to connect; what is waited for is the answer
