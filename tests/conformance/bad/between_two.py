"""Looks at the last two frames, of which there may be one."""

from schillinger_plugins.types import AnalysisPlugin


class BetweenTwo(AnalysisPlugin):
    async def execute(self, inputs, parameters):
        samples = inputs["audio"].samples
        return {"step": float(samples[0, -1] - samples[0, -2]) if samples.size else 0.0}

    def get_node_definition(self):
        return {
            "type": "between_two",
            "label": "Between two",
            "inputs": [{"name": "audio", "type": "audio"}],
            "outputs": [{"name": "step", "type": "number"}],
        }
