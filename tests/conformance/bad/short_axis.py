"""Has one time too few for its values."""

import numpy as np

from schillinger_plugins.types import AnalysisPlugin


class ShortAxis(AnalysisPlugin):
    async def execute(self, inputs, parameters):
        return {"levels": np.zeros(10), "times_s": np.arange(9) * 0.1}

    def get_node_definition(self):
        return {
            "type": "short",
            "label": "Short",
            "inputs": [{"name": "audio", "type": "audio"}],
            "outputs": [
                {"name": "levels", "type": "array", "times": "times_s"},
                {"name": "times_s", "type": "array", "unit": "s"},
            ],
        }
