"""Guess what should be random.

Attacks: another worker's random numbers.
How: workers are forked from one zygote, so random, NumPy, tempfile and uuid could begin alike in all of them; the
neighbour's first numbers are told, and compared.
Source: fork and random generators: CVE-2013-1900 (PostgreSQL), OpenSSL's RAND after fork; random(3).
Breach: one of the first numbers here is the neighbour's.
"""

import random
import tempfile
import uuid

import numpy as np

GROUP = "secrets"


def attack(outside):
    own = [random.random(), float(np.random.random()), next(tempfile._get_candidate_names()), uuid.uuid4().hex]
    same = [one for one, other in zip(own, outside.neighbour_random, strict=True) if one == other]
    return f"the same as the neighbour's: {same}" if same else None
