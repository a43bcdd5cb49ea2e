"""A pytest plugin for authors: fixtures for the tests that lie in a plugin's folder.

A test file says ``pytest_plugins = ["schillinger_plugins.testing"]`` and has them. The same file is run by the author's own
pytest, in the author's process, and by ``%plugin test`` in a confined worker.

============  ====================================================================================
`plugin`      the plugin of the folder that the test lies in, in this process: `PluginInProcess`
`context`     a `PluginContext` with a scratch folder and the manifest's configuration
`silence`     makes zeros: ``silence(seconds=1, channels=2)``
`noise`       makes white noise: ``noise(seed=3)``
`tone`        makes a sine: ``tone(hz=440, rate=48000)``
`impulse`     makes a single frame that is not zero: ``impulse(at=100, frames=1000)``
`confined`    the plugin in a confined process, as its users have it: an `Instance`
============  ====================================================================================

Examples
--------
In ``soft_clip/tests/test_soft_clip.py``::

    import numpy as np
    pytest_plugins = ["schillinger_plugins.testing"]

    def test_silence_stays(plugin, silence):
        assert not plugin.execute({"audio": silence()})["audio"].samples.any()

    def test_blocks_change_nothing(plugin, noise):
        sound = noise(frames=1000)
        whole = plugin.execute({"audio": sound}, {"drive_db": 6})["audio"]
        cut = plugin.process(*plugin.blocks(sound, 64), drive_db=6)
        np.testing.assert_allclose(cut.samples, whole.samples, atol=1e-6)
"""

from __future__ import annotations

from .fixtures import confined, context, impulse, noise, plugin, plugin_code, schillinger_manager, silence, tone
from .in_process import PluginInProcess

__all__ = [
    "PluginInProcess",
    "confined",
    "context",
    "impulse",
    "noise",
    "plugin",
    "plugin_code",
    "schillinger_manager",
    "silence",
    "tone",
]
