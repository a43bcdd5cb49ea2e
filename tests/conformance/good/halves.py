"""Halves what it hears, with the gain in a module of its own."""

import halving

from schillinger_plugins.types import Audio, EffectPlugin


class Halves(EffectPlugin):
    async def initialize(self):
        self.ready = True
        return True

    def process(self, block, parameters):
        assert self.ready
        assert not block.samples.flags.writeable
        return Audio(block.samples * halving.FACTOR, block.sample_rate)
