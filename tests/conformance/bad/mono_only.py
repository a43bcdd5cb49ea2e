"""Takes the first channel for all of them."""

from schillinger_plugins.types import Audio, EffectPlugin


class MonoOnly(EffectPlugin):
    async def execute(self, inputs, parameters):
        return {"audio": Audio(inputs["audio"].samples[0] * 0.5, inputs["audio"].sample_rate)}
