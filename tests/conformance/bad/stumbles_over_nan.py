"""Looks its loudest sample up in a table, where NaN is not."""

import numpy as np

from schillinger_plugins.types import AnalysisPlugin

NAMES = ["quiet", "loud"]


class StumblesOverNan(AnalysisPlugin):
    async def execute(self, inputs, parameters):
        peak = np.max(np.abs(inputs["audio"].samples), initial=0.0)
        return {"name": NAMES[[bound for bound in (0, 1) if peak >= bound][-1] if peak <= 9 else 9]}

    def get_node_definition(self):
        return {
            "type": "stumbles",
            "label": "Stumbles",
            "inputs": [{"name": "audio", "type": "audio"}],
            "outputs": [{"name": "name", "type": "string"}],
        }
