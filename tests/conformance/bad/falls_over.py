"""Falls over whatever it is given."""

from schillinger_plugins.types import EffectPlugin


class FallsOver(EffectPlugin):
    def process(self, block, parameters):
        return [][0]
