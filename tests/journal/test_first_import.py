"""SQLAlchemy is imported by whoever asks the journal first, and two threads may ask at once."""

import os
import subprocess
import sys

TWO_AT_ONCE = """
import sys, threading
from schillinger_plugins.journal import Journal

begun, asked, looked_for, failed = threading.Event(), threading.Event(), [], []


class InTheMiddle:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is not second:
            if name == "sqlalchemy.util":
                begun.set()
                asked.wait(0.5)  # the second thread waits for this one meanwhile, or comes to a part of its own
        elif name.startswith("sqlalchemy.") and not whole.is_set():
            looked_for.append(name)
            asked.set()


def ask():
    begun.wait(20)
    with Journal().writing():
        pass


whole = threading.Event()
second = threading.Thread(target=ask)
sys.meta_path.insert(0, InTheMiddle())
second.start()
import sqlalchemy

whole.set()
second.join(20)
print(looked_for)
"""


def test_a_thread_that_asks_while_sqlalchemy_is_imported_waits_for_the_whole_of_it(tmp_path):
    """With a part of its own it would meet the other in the middle, and both imports could fail."""
    answer = subprocess.run(
        [sys.executable, "-c", TWO_AT_ONCE],
        env={**os.environ, "SCHILLINGER_JOURNAL": str(tmp_path / "journal.db")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert answer.stdout == "[]\n"
