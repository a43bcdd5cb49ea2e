"""A flow's still picture and its outline."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from matplotlib.image import imread

from schillinger_plugins import Flow, PluginManager
from schillinger_plugins.widgets.flow_picture import MAX_DRAWN, flow_html, flow_png


@pytest.fixture
def flow(manager: PluginManager) -> Iterator[Flow]:
    """A sound, a gain, an analysis that is fed by it."""
    with Flow(manager, name="study") as flow:
        song = flow.input("song", type="audio")
        gain = flow.add("gain_node", gain_db=-6, label="<script>$\\frac$")
        song >> gain >> flow.add("self_similarity")
        yield flow


def test_the_picture_shows_nodes_edges_and_how_they_ended(flow: Flow) -> None:
    """In the colours of types and states; a run changes it, and what is dragged away makes it larger."""
    before = flow_png(flow)
    assert before is not None
    pixels = imread(io.BytesIO(before))[..., :3]
    amber = np.array([0xD9, 0x77, 0x06]) / 255
    assert (np.abs(pixels - amber).max(axis=2) < 0.02).sum() > 100
    flow.run(song=(np.zeros(800), 8000), raises=False)
    after = flow_png(flow)
    assert after is not None
    assert after != before
    flow["gain_node"].position = (100, 900)
    moved = flow_png(flow)
    assert moved is not None
    assert imread(io.BytesIO(moved)).shape[0] > pixels.shape[0]


def test_there_is_none_of_nothing_and_of_too_much(manager: PluginManager) -> None:
    """An empty flow, more nodes than one can read, and one that lies on the moon."""
    with Flow(manager) as flow:
        assert flow_png(flow) is None
        flow.comment("near")
        flow.comment("far", position=(1e9, 1))
        assert flow_png(flow) is None
        for _ in range(MAX_DRAWN):
            flow.comment("one more")
        assert flow_png(flow) is None


def test_the_outline_is_in_order_and_text_stays_text(flow: Flow) -> None:
    """Each node with what feeds it and what was set; problems below it; no label is markup."""
    flow.name = "<b>study</b>"
    told = flow_html(flow)
    assert told.index(">song<") < told.index(">gain_node<") < told.index(">self_similarity<")
    assert "audio ← gain_node.audio" in told
    assert "gain_db=-6" in told
    assert "the input &#x27;song&#x27; has no value" in told
    assert "<script>" not in told
    assert "<b>study" not in told
