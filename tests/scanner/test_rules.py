"""What the scan's own rules find, and what they leave alone."""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from schillinger_plugins.manifest import Manifest
from schillinger_plugins.policy import ImportPolicy
from schillinger_plugins.scanner import Report, scan

Look = Callable[..., Report]
PLUGINS = Path(__file__).parents[2] / "plugins"
LITERAL = base64.b64encode(random.Random(1).randbytes(600)).decode()

HOSTILE = {
    # imports against permissions
    "socket": ("import socket", "network", "medium"),
    "requests": ("import requests", "network", "medium"),
    "urllib": ("from urllib.request import urlopen", "network", "medium"),
    "urllib_from": ("from urllib import request", "network", "medium"),
    "http_client": ("import http.client as c", "network", "medium"),
    "asyncio_socket": ("import asyncio\nasyncio.open_connection('h', 1)", "network", "medium"),
    "subprocess": ("import subprocess as s", "process", "medium"),
    "multiprocessing": ("from multiprocessing import Pool", "process", "medium"),
    "pool": ("from concurrent.futures import ProcessPoolExecutor as P\nP()", "process", "medium"),
    "fork": ("import os\nos.fork()", "process", "medium"),
    "fork_aliased": ("from os import fork as f\nf()", "process", "medium"),
    "system_by_assignment": ("import os\nrun = os.system\nrun('ls')", "process", "medium"),
    "system_by_import_call": ("__import__('os').system('ls')", "process", "medium"),
    "imported_by_call": ("import importlib\nimportlib.import_module('socket')", "network", "medium"),
    "ctypes": ("import ctypes.util", "native-code", "medium"),
    "cffi": ("from cffi import FFI", "native-code", "medium"),
    "blocked": ("import pip", "import-blocked", "high"),
    "restricted": ("import pickle", "import-restricted", "low"),
    "host": ("from schillinger_plugins import manager", "import-restricted", "low"),
    "passwords": ("p = '/etc/shadow'", "secret-path", "medium"),
    "keys": ("p = '~/.ssh/id_rsa'", "secret-path", "medium"),
    "home": ("from pathlib import Path\nPath.home()", "files-elsewhere", "low"),
    "elsewhere": ("open('/data/x')", "files-elsewhere", "low"),
    # code that is made when it runs
    "exec": ("exec(input())", "dynamic-code", "medium"),
    "eval_literal": ("eval('1 + 1')", "dynamic-code", "low"),
    "compile": ("compile(source, 'x', 'exec')", "dynamic-code", "medium"),
    "exec_by_name": ("run = exec\nrun(x)", "dynamic-code", "medium"),
    "exec_shadowed": ("exec = exec\nexec(x)", "dynamic-code", "medium"),
    "exec_of_builtins": ("import builtins\nbuiltins.exec(x)", "dynamic-code", "medium"),
    "exec_handed_on": ("list(map(exec, codes))", "dynamic-code", "medium"),
    "base64": ("import base64\nexec(base64.b64decode(b'eA=='))", "decoded-code", "high"),
    "chain": (
        "import base64, zlib\na = base64.b64decode(b'')\nb = zlib.decompress(a)\nexec(compile(b, '', 'exec'))",
        "decoded-code",
        "high",
    ),
    "rot13": ("exec('cevag(1)'.encode().decode('rot_13'))", "decoded-code", "high"),
    "codecs": ("import codecs\nexec(codecs.decode('cevag', 'rot13'))", "decoded-code", "high"),
    "hex": ("exec(bytes.fromhex('7072').decode())", "decoded-code", "high"),
    "chr": ("exec(''.join(map(chr, [112, 114])))", "decoded-code", "high"),
    "chr_comprehension": ("exec(''.join(chr(c) for c in [112, 114]))", "decoded-code", "high"),
    "marshal": ("import marshal\ncode = marshal.loads(b'')", "decoded-code", "high"),
    "dynamic_import": ("import importlib\nimportlib.import_module(name)", "dynamic-import", "medium"),
    "built_import": ("__import__('so' + 'cket')", "built-name", "high"),
    "joined_import": ("__import__(''.join(['o', 's']))", "built-name", "high"),
    "reversed_import": ("__import__('so'[::-1])", "built-name", "high"),
    "formatted_import": ("__import__(f\"{'o'}s\")", "built-name", "high"),
    "built_attribute": ("import os\ngetattr(os, 'sys' + 'tem')('ls')", "built-name", "high"),
    "getattr_of_builtins": ("getattr(__builtins__, name)", "built-name", "medium"),
    "system_by_getattr": ("import os\ngetattr(os, 'system')('ls')", "built-name", "high"),
    "globals_subscript": ("globals()['__builtins__']", "built-name", "medium"),
    "dict_of_builtins": ("import builtins\nbuiltins.__dict__['ev' + 'al']('1')", "built-name", "high"),
    "sys_modules": ("import sys\nsys.modules['os'].system('ls')", "built-name", "medium"),
    "loader": ("import importlib.machinery as m\nm.SourceFileLoader('a', 'b.dat')", "dynamic-import", "medium"),
    # the interpreter's own objects
    "subclasses": ("().__class__.__base__.__subclasses__()", "object-walk", "high"),
    "globals": ("f.__globals__['os']", "object-walk", "medium"),
    "globals_by_getattr": ("getattr(f, '__globals__')", "object-walk", "high"),
    "collector": ("import gc\ngc.get_objects()", "object-walk", "medium"),
    "frames": ("import sys\nsys._getframe(1).f_back.f_globals", "object-walk", "high"),
    # what can't be read
    "opaque": (f"data = '{LITERAL}'", "opaque-data", "medium"),
    "opaque_lines": (
        "data = '''\n" + "\n".join(LITERAL[i : i + 76] for i in range(0, 800, 76)) + "'''",
        "opaque-data",
        "medium",
    ),
    "opaque_hex": (f"data = '{os.urandom(300).hex()}'", "opaque-data", "medium"),
    "opaque_bytes": (f"data = {base64.b64decode(LITERAL)!r}", "opaque-data", "medium"),
    # hidden text
    "bidi": ("x = 'user\u202e \u2066# check\u2069 \u2066'", "hidden-bidi", "high"),
    "bidi_comment": ("x = 1  # \u2067ab", "hidden-bidi", "high"),
    "zero_width": ("na\u200bme = 'x'".replace("na\u200bme", "name = 'a\u200bb'; n"), "hidden-invisible", "medium"),
    "smuggled": ("x = '" + "".join(chr(0xE0100 + i) for i in range(8)) + "'", "hidden-invisible", "high"),
    "escape": ("x = 1  # \x1b[2K", "control-character", "medium"),
    "carriage_return": ("x = 1  # fine\rimport socket", "control-character", "medium"),
    "off_screen": ("x = 1;" + " " * 200 + "y = 2", "out-of-sight", "medium"),
    "cyrillic": ("p\u0430ssword = 1", "mixed-scripts", "high"),
    "cyrillic_whole": ("\u0441\u043e\u0440\u0435 = 1", "mixed-scripts", "high"),
    "greek_twin": ("c\u03bfde = 1", "mixed-scripts", "high"),
    "mathematical": ("\U0001d41e\U0001d431\U0001d41e\U0001d41c(x)", "disguised-name", "high"),
    "mathematical_exec": ("\U0001d41e\U0001d431\U0001d41e\U0001d41c(x)", "dynamic-code", "medium"),
    "long_line": ("x = '" + "a " * 4000 + "'", "long-line", "low"),
}

HARMLESS = {
    "librosa": """
import librosa
import numpy as np
from scipy.signal import butter, sosfilt

HOP = 512

def analyse(y, sr, *, n_mels=128, kind="mel"):
    \"\"\"Beats and chroma, after Ellis (2007); the 'α' weighting is x² ÷ 2 – "as usual".\"\"\"
    S = np.abs(librosa.stft(y, n_fft=2048, hop_length=HOP)) ** 2
    tempo, beats = librosa.beat.beat_track(y=y, sr=sr, hop_length=HOP)
    mel = librosa.power_to_db(librosa.feature.melspectrogram(S=S, sr=sr, n_mels=n_mels), ref=np.max)
    chroma = librosa.feature.chroma_cqt(y=y, sr=sr)
    feature = getattr(librosa.feature, f"{kind}_spectrogram", None) or getattr(np, kind)
    Δt = HOP / sr
    σ_max = float(np.std(mel))
    evaluated = np.load("kernel.npy"), eval_everything(chroma)
    return {"tempo": tempo, "beats": beats.tolist(), "step_s": Δt, "sigma": σ_max}

def eval_everything(chroma):
    return np.einsum("ij,ij->i", chroma, chroma)
""",
    "files": """
import json, csv, re, tempfile
from pathlib import Path
here = Path(__file__).parent
table = json.loads((here / "assets" / "table.json").read_text())
pattern = re.compile(r"\\d+")
with open("notes.txt", "w") as file:
    file.write("fine")
""",
    "torch_like": """
import numpy as np
class Net:
    def eval(self): return self
    def exec(self, x): return x
    def compile(self, **options): return self
net = Net()
net.eval()
net.compile(loss="mse").exec(np.zeros(3))
""",
    "dispatch": """
import math, operator, itertools, functools, random, time, asyncio, threading, hashlib, urllib.parse, http
class A:
    def run(self, name, *args):
        return getattr(self, name)(*args), getattr(self, "run_" + name, None)
    async def execute(self, inputs, parameters):
        await asyncio.sleep(0)
        return {"y": hashlib.md5(b"x").hexdigest(), "r": random.random(), "s": http.HTTPStatus.OK}
url = urllib.parse.quote("a b")
code = type(A).__mro__, A.__name__, A.run.__doc__
""",
    "texts": """
title = "Übung für Orchester – 音楽 – музыка – موسيقى – 🎵👩‍👩‍👧 ❤️"
переменная = 1
Größe, naïve, 変数 = 1, 2, 3
svg = '''<svg xmlns="http://www.w3.org/2000/svg"><path d="M 0 0 L 10 10 L 20 0 Z" fill="none" stroke="black"/></svg>''' * 3
""",
    "tables": "WINDOW = ["
    + ",\n".join(f"{i / 999:.6f}" for i in range(1000))
    + "]\nNOTES = {"
    + ",\n".join(f"{i}: 'C{i}'" for i in range(500))
    + "}\n",
    "decoding": "import base64\ndata = base64.b64decode(b'AAAA')\nimport zlib\nraw = zlib.decompress(data)\n",
    "empty": "",
    "mark": "\ufeffx = 1\n",
    "crlf": "x = 1\r\ny = 2\r\n",
}


@pytest.mark.parametrize(("source", "rule", "severity"), HOSTILE.values(), ids=HOSTILE)
def test_it_is_found(look: Look, source: str, rule: str, severity: str) -> None:
    """What a plugin hides or can't do is found under its rule and severity, in its line."""
    report = look(source)
    found = [one for one in report.findings if one.rule == rule and one.severity == severity]
    assert found, report.findings
    lines = source.replace("\r", "\n").splitlines()
    assert all(one.file == "main.py" and 1 <= one.line <= len(lines) for one in found)
    assert all(one.snippet.isprintable() and len(one.snippet) <= 200 for one in found)


@pytest.mark.parametrize("source", HARMLESS.values(), ids=HARMLESS)
def test_honest_code_raises_no_alarm(look: Look, source: str) -> None:
    """Analysis code as people write it has no finding at all; bandit has nothing grave to say either."""
    assert look(source).findings == ()
    assert not look(source, with_bandit=True).at_least("medium")


@pytest.mark.parametrize("name", ["gain_node", "audio_analyzer", "resultant_rhythm"])
def test_the_example_plugins_raise_no_alarm(name: str) -> None:
    """The examples have no finding of medium severity or above, bandit's and their tests included."""
    folder = PLUGINS / name
    report = scan(folder, Manifest.read(folder), judge=ImportPolicy().verdict)
    assert report.with_bandit
    assert report.scanned_files >= 3
    assert not report.at_least("medium")


def test_a_permission_makes_the_network_a_remark(look: Look) -> None:
    """With ``network`` asked for, a socket is no breach any more, only useless; with ``file_access`` files are no topic."""
    assert look("import socket", asked=("network",)).worst == "low"
    assert look("open('/data/x')", asked=("file_access",)).findings == ()


def test_the_plugins_own_modules_are_its_own(look: Look) -> None:
    """A module that the plugin brings along may be called like one that is watched."""
    report = look("import requests\nfrom . import socket", {"requests.py": "x = 1\n"})
    assert report.findings == ()


def test_a_module_that_takes_a_librarys_place_is_named(look: Look) -> None:
    """A file that would be imported instead of the standard library's or NumPy's is found."""
    found = {one.file for one in look("x = 1", {"json.py": "x = 1\n", "numpy/__init__.py": ""}).findings}
    assert found == {"json.py", "numpy/__init__.py"}


def test_bandit_is_asked_and_nosec_is_not_believed(look: Look) -> None:
    """bandit's findings come with its test's number; a comment in the source silences none of them."""
    report = look("import yaml\ndata = yaml.load(text)  # nosec\n", with_bandit=True)
    assert [(one.rule, one.where) for one in report.findings] == [("bandit-B506", "main.py:2")]
    assert look("import yaml\ndata = yaml.load(text)\n").findings == ()


def test_no_line_is_told_twice(look: Look) -> None:
    """Where our own rules have spoken, bandit's words about the same line are left out."""
    report = look("exec(x)\n", with_bandit=True)
    assert [one.rule for one in report.findings] == ["dynamic-code"]


@pytest.mark.parametrize(
    ("name", "content", "rule", "severity"),
    [
        ("fast.so", b"\x7fELF\x02\x01", "native-file", "medium"),
        ("fast.cpython-311-x86_64-linux-gnu.so", b"\x7fELF", "native-file", "medium"),
        ("assets/picture.png", b"\x7fELF\x02\x01", "disguised-program", "high"),
        ("helper.pyc", b"\xa7\r\r\n", "compiled-file", "high"),
        ("model.pkl", b"\x80\x04\x95", "pickled-file", "medium"),
        ("model.dat", b"\x80\x04\x95", "pickled-file", "medium"),
        ("table.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False}", "pickled-file", "medium"),
        ("lib.zip", b"PK\x03\x04", "archive", "medium"),
        ("samples.tar.gz", b"\x1f\x8b\x08", "archive", "low"),
        ("run.sh", b"#!/bin/sh\n", "program-file", "low"),
    ],
)
def test_files_are_known_by_their_content(look: Look, name: str, content: bytes, rule: str, severity: str) -> None:
    """Machine code, compiled Python, pickles and archives are found whatever they are called."""
    (found,) = look(files={name: content}).findings
    assert (found.rule, found.severity, found.file) == (rule, severity, name)


def test_data_is_no_topic(look: Look) -> None:
    """Sounds, pictures, arrays and texts pass without a word."""
    import numpy as np

    files: dict[str, str | bytes] = {
        "assets/click.wav": b"RIFF\x24\0\0\0WAVEfmt ",
        "assets/icon.png": b"\x89PNG\r\n\x1a\n",
        "assets/table.npy": b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}" + np.zeros(3).tobytes(),
        "assets/kernel.npz": b"PK\x03\x04",
        "docs/README.md": "# Fine\n",
        "templates/a.html": "<html></html>",
    }
    assert look(files=files).findings == ()


def test_findings_are_in_order_of_gravity(look: Look) -> None:
    """The gravest come first; the lines for a prompt are few, printable, and count the rest."""
    report = look("import pickle\nimport socket\nimport pip\n" + "exec(x)\n" * 100)
    assert [one.severity for one in report.findings[:2]] == ["high", "medium"]
    assert report.worst == "high"
    assert len([one for one in report.findings if one.rule == "dynamic-code"]) == 20
    lines = report.lines(most=3)
    assert lines[0].startswith("high main.py:3: it imports pip")
    assert lines[-1].startswith("and 18 medium, 1 low more") or "more" in lines[-1]
    assert len(lines) == 4
    assert look("x = 1\n").lines() == ()
