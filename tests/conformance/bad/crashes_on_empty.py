"""Asks for the largest of no samples."""

import numpy as np

from schillinger_plugins.types import AnalysisPlugin


class CrashesOnEmpty(AnalysisPlugin):
    async def execute(self, inputs, parameters):
        return {"peak": float(np.max(np.abs(inputs["audio"].samples)))}

    def get_node_definition(self):
        return {
            "type": "peak",
            "label": "Peak",
            "inputs": [{"name": "audio", "type": "audio"}],
            "outputs": [{"name": "peak", "type": "number"}],
        }
