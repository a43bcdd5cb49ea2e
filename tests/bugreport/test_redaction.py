"""Secrets, however they are written, don't get through; what tells nothing of them does."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.bugreport.redaction import Redaction

RANDOM = "kD3fPq9Zr7TbWx2LmN8vYc4J"
WRITTEN = [
    "Authorization: Bearer {}",
    "authorization: Basic {}",
    "{{'Authorization': 'Bearer {}', 'Accept': '*/*'}}",
    "Cookie: session={}; theme=dark",
    "Cookie: theme=dark; {}",
    "Authorization: ApiKey ann {}",
    "X-Api-Key: {}",
    "got 401 for Bearer {}",
    "token={}",
    "INFO counted api_key={} n=3",
    '{{"client_secret": "{}"}}',
    "password is {}",
    "PASSWORD:{}",
    "--token {}",
    "curl --password={} a.org",
    "https://ann:{}@example.org/a",
    "https://example.org/a?key=x&sig={}#end",
    "postgresql+psycopg://ann:{}@host/db",
    "redis://:{}@cache:6379",
    "session_id='{}'",
    "self.auth_token = {}",
]
SHAPES = [
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0123456789",
    "xoxb-123456789012-abcdefghijkl",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyD-9tSrke72PouQMnMX",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "hf_abcdefghijkl",
    "sk-proj-abcdefghijkl",
    "9f86d081884c7d659a2feaa0c55ad015",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    RANDOM,
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nx==\n-----END RSA PRIVATE KEY-----",
]
HOSTILE = ["a.-", "x://", "token", "a@b.", "--token ", "-----BEGIN PRIVATE KEY-----", "x-key", "' \"", "\\\\"]
PLAIN = [
    "ZeroDivisionError: division by zero",
    '  File "main.py", line 18, in execute',
    "/usr/lib/python3.11/site-packages/numpy/core/multiarray.py",
    "the key of C sharp minor, tempo=120.5",
    "Audio(2 ch, 0.100 s, 48000 Hz)",
    "numpy 1.26.4, librosa 0.11.0, Python 3.11.2",
    "<plugin_main.MeanPitch object at 0x7f3a9c2b1d40>",
    "2026-11-28T10:00:00.123+00:00 f9c10551-3 resultant_rhythm-1 done",
    "the root note, by its author: a user of basic harmony",
    "WorkerCrashed and ConfinementUnavailable and DecompressionBombError2",
    "INFO counted notes=0 audio_analyzer_version_2_of_2026",
    "https://docs.example.org/errors/PluginError.md",
]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("secret", ["hunter2", RANDOM])
def test_a_secret_is_known_by_how_it_is_written(written: str, secret: str) -> None:
    """Headers, pairs, options and addresses; a short word, too."""
    redact = Redaction(environment={})
    assert secret not in redact(written.format(secret))
    assert redact.taken


@pytest.mark.parametrize("secret", SHAPES)
def test_a_secret_is_known_by_its_looks(secret: str) -> None:
    """Tokens of well-known services, keys, and what looks random, in the middle of a sentence."""
    said = Redaction(environment={})(f"it gave me {secret} and went")
    assert not any(part in said for part in secret.split("\n"))
    assert said.startswith("it gave me ")


@pytest.mark.parametrize("text", PLAIN)
def test_what_helps_stays(text: str) -> None:
    """A traceback, versions, paths and musical words are what a report is for."""
    redact = Redaction(environment={"HOME": "/home/ann-of-the-tests"})
    assert redact(text) == text


def test_values_of_the_environment_are_known() -> None:
    """By the names of their variables, or as they look random; in whatever form they come."""
    environment = {
        "LAB_PASSWORD": 'cor"rect h\u00f6rse\x1b',
        "OPENAI_API_KEY": "plain-words",
        "CI_BUILD": RANDOM,
        "LANG": "C.UTF-8",
    }
    redact = Redaction(environment=environment)
    value = environment["LAB_PASSWORD"]
    for form in (value, json.dumps(value), json.dumps(value, ensure_ascii=False), repr(value), quote(value)):
        assert "rect" not in redact.known(f"printed {form}")
    assert redact.known("plain-words C.UTF-8") == "(secret) C.UTF-8"
    assert RANDOM[:8] not in redact.known(f"x{RANDOM}y")


def test_who_somebody_is_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The home folder, the user's name and the machine's, other people's home folders and addresses."""
    monkeypatch.setattr("schillinger_plugins.bugreport.redaction.current_user", lambda: "annabel")
    monkeypatch.setattr("platform.node", lambda: "lab-seven")
    redact = Redaction(environment={"HOME": "/data/people/annabel"})
    said = redact("annabel@lab-seven: /data/people/annabel/x.wav, /home/bert/y, /data/annabel/z, ann.x+y@example.org")
    assert said == "(user)@(host): ~/x.wav, /home/(user)/y, /data/(user)/z, (address)"


@pytest.mark.parametrize(
    "piece", ["a.-", "x://", "token", "a@b.", "--token ", "-----BEGIN PRIVATE KEY-----", "x-key", "' \"", "\\\\"]
)
def test_hostile_text_takes_no_time(piece: str) -> None:
    """No pattern looks at long text again and again: this would take hours."""
    Redaction(environment={})(piece * (30_000 // len(piece)))


@given(
    text=st.text(max_size=300),
    secret=st.text(st.characters(codec="ascii", exclude_characters="\\"), min_size=8, max_size=40),
)
def test_a_known_value_never_gets_through(text: str, secret: str) -> None:
    """Whatever is around it, and however often."""
    said = Redaction([secret], environment={})(text + secret + text + secret)
    assert secret not in said.replace("(secret)", "\0")
