"""Goes on whatever happens."""

import time

from schillinger_plugins.types import AnalysisPlugin


class IgnoresCancel(AnalysisPlugin):
    async def execute(self, inputs, parameters):
        steps = inputs["audio"].frames // 10000
        while steps:
            try:
                time.sleep(0.4)  # noqa: ASYNC251 - the flaw
                steps -= 1
            except BaseException:  # noqa: S112 - the flaw
                continue
        return {"done": True}

    def get_node_definition(self):
        return {
            "type": "ignores",
            "label": "Ignores",
            "inputs": [{"name": "audio", "type": "audio"}],
            "outputs": [{"name": "done", "type": "boolean"}],
        }
