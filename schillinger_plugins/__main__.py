"""``python -m schillinger_plugins``: the command ``schillinger`` where its folder isn't on the path.

A notebook's kernel, above all: Jupyter starts it by its full path, so that a bare ``!schillinger`` may not be found, or be
that of another environment.
"""

import sys

from schillinger_plugins.cli import main

sys.exit(main())
