"""A node and a panel in JupyterLab whose plugin is taken away under them: they say what is missing, and go on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from .plugins import write_plugin

pytestmark = pytest.mark.timeout(120)

SETUP = """
import os
%load_ext schillinger_plugins
from schillinger_plugins import magics
"""
MAIN = """
from schillinger_plugins.types import NodePlugin


class Reader(NodePlugin):
    async def execute(self, inputs, parameters):
        return {"y": parameters["a"]}

    def get_node_definition(self):
        return {
            "type": "reader",
            "label": "Reader",
            "outputs": [{"name": "y", "type": "number"}],
            "parameters": [{"name": "a", "label": "A", "type": "number", "default": 1}],
        }
"""


@pytest.fixture(scope="module")
def shown(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A notebook with a node whose plugin was granted a folder, a panel and the status, run."""
    folder = write_plugin(tmp_path_factory.mktemp("plugins") / "reader", MAIN)
    music = tmp_path_factory.mktemp("music")
    manifest = json.loads((folder / "plugin.json").read_text())
    manifest["metadata"]["requires_permissions"].append("file_access")
    manifest["permissions"] = {"file_access": {"reason": "to read your tones", "read": [str(music)]}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    page = open_notebook(
        write_notebook(
            f"{SETUP}os.environ['SCHILLINGER_PLUGIN_PATH'] = {str(folder.parent)!r}\n%plugin grant reader --yes",
            "manager = magics.manager()\nnode = %plugin ui reader\nnode",
            "panel = %plugin ui tuning_desk\npanel",
            "%plugin status",
        )
    )
    page.run_all()
    page.locator(".sch-card").wait_for()
    page.locator(".sch-board").wait_for()
    page.locator(".sch-status-pane").wait_for()
    return page


def magic(shown: Any, line: str) -> None:
    """A line of ``%plugin``, as if it stood in a cell that isn't shown."""
    shown.kernel_value(f"str(get_ipython().run_line_magic('plugin', {line!r}))")


def run(shown: Any) -> Any:
    """Press Run by keyboard; the card."""
    card = shown.locator(".sch-card")
    card.get_by_role("button", name="Run").focus()
    shown.page.keyboard.press("Enter")
    return card


def test_run_after_a_revocation_says_what_is_missing_and_works_after_the_grant(shown: Any) -> None:
    """The badge follows, and the failure is gone once it is mended."""
    card = run(shown)
    expect(card.locator(".sch-status")).to_have_text(re.compile("done in"), timeout=20_000)
    magic(shown, "revoke reader")
    expect(card.locator(".sch-badges")).to_contain_text("file_access (not granted)")
    run(shown)
    expect(card.get_by_role("alert")).to_contain_text("it requires file_access")
    expect(card.get_by_role("alert")).to_contain_text("%plugin grant reader file_access")
    magic(shown, "grant reader file_access --yes")
    expect(card.get_by_role("alert")).to_have_count(0)
    expect(card.locator(".sch-status")).to_have_text("granted")
    expect(card.locator(".sch-badges")).not_to_contain_text("not granted")
    run(shown)
    expect(card.locator(".sch-status")).to_have_text(re.compile("done in"), timeout=20_000)


def test_run_goes_on_after_the_status_table_has_destroyed_its_instance(shown: Any) -> None:
    """And after an unload; in live mode a key is enough."""
    card = run(shown)
    expect(card.locator(".sch-status")).to_have_text(re.compile("done in"), timeout=20_000)
    name = shown.kernel_value("manager.default_instance('reader').id")
    row = shown.locator(f'.sch-status-pane [data-row="instance:{name}"]')
    row.get_by_role("button", name=f"Destroy {name}").click()
    row.get_by_role("button", name="Destroy").click()
    expect(row).to_have_count(0)
    card.get_by_role("switch", name="Live").focus()
    shown.page.keyboard.press("Space")
    shown.wait_for_kernel("node.live and node.status == 'done'")
    magic(shown, "unload reader")
    entry = card.get_by_role("textbox", name="A")
    entry.fill("4")
    entry.press("Enter")
    shown.wait_for_kernel("node.status == 'done' and node.result['y'] == 4")
    assert shown.kernel_value("manager.default_instance('reader').id") != name


def test_a_panel_goes_on_after_its_instance_was_destroyed(shown: Any) -> None:
    """The first press is answered."""
    shown.kernel_value("str(manager.destroy_instance(manager.default_instance('tuning_desk').id))")
    desk = shown.page.get_by_role("region", name="panel Tuning desk", exact=True)
    desk.get_by_role("button", name="Play chord").focus()
    shown.page.keyboard.press("Enter")
    expect(desk.get_by_role("status")).to_have_text("C major", timeout=20_000)
    expect(desk.get_by_role("alert")).to_have_count(0)
