"""Guess what should be random.

Attacks: another worker's random numbers.
How: workers are forked from one zygote, so random, NumPy and the hash seed could all begin alike.
Source: "Randomness and fork" (PostgreSQL, OpenSSL RAND fork bugs, CVE-2013-1900); random(3).
Breach: tempfile's names and uuid4 are the same in two workers: judged over two calls in two workers.
"""

import random
import tempfile
import uuid

GROUP = "secrets"


def attack(outside):
    names = [next(tempfile._get_candidate_names()) for _ in range(3)]
    state = hash(random.SystemRandom().getstate) and uuid.uuid4().hex
    # With one worker there is nothing to compare: that the generators are seeded anew is seen by their being no defaults.
    fresh = random.Random(0).random() == random.random()
    return "random begins at seed 0" if fresh or not names or not state else None
