"""What a source imports and calls, against what its plugin asks for and what the sandbox lets anybody do.

Owns the lists of modules and functions that reach for the network, other processes, native code and files elsewhere. Judges
what is named plainly; ``obfuscation`` looks for what is not. The policy's own lists come in as a function, since a scan
knows no policy. Called by ``scan``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator
from typing import Literal

from .names import Import, Names, text_of
from .report import BLOCKED_IMPORT, Finding
from .source import Source

Verdict = Literal["blocked", "restricted", "allowed"]
Judge = Callable[[str], Verdict]

NETWORK_MODULES = frozenset(
    """
    socket _socket ssl socketserver http.client http.server urllib.request ftplib smtplib poplib imaplib nntplib telnetlib
    xmlrpc wsgiref requests requests_toolbelt httpx aiohttp urllib3 httplib2 websocket websockets paramiko asyncssh fabric
    pycurl grpc zmq tornado twisted boto3 botocore pymongo redis psycopg psycopg2 pymysql wget yt_dlp smbprotocol dns
    """.split()
)
PROCESS_MODULES = frozenset(
    """
    subprocess multiprocessing _posixsubprocess _multiprocessing pty concurrent.futures.process loky billiard sh pexpect
    plumbum psutil invoke ray
    """.split()
)
NATIVE_MODULES = frozenset("ctypes _ctypes cffi _cffi_backend pybind11 cppyy llvmlite".split())

_PROCESS_CALLS = re.compile(
    r"os\.(fork|forkpty|system|popen|kill|killpg|startfile|(exec|spawn)[lv]p?e?|posix_spawnp?|setuid|setgid|unshare|setns)"
    r"|posix\.(fork|system|exec.*|posix_spawnp?|kill)"
    r"|signal\.(pthread_kill|pidfd_send_signal)"
    r"|asyncio(\.subprocess)?\.create_subprocess_(exec|shell)"
    r"|concurrent\.futures(\.process)?\.ProcessPoolExecutor"
)
_NETWORK_CALLS = re.compile(
    r"asyncio(\.streams)?\.(open_connection|start_server|open_unix_connection|start_unix_server)|urllib\.request\..*"
)
_FILE_CALLS = frozenset(
    """
    open io.open os.open os.listdir os.scandir os.walk os.stat os.readlink os.unlink os.remove os.rename os.replace
    os.makedirs os.mkdir os.rmdir os.chmod os.symlink os.link pathlib.Path pathlib.PosixPath glob.glob glob.iglob
    shutil.rmtree shutil.copy shutil.copyfile shutil.copytree shutil.move numpy.load numpy.save numpy.fromfile
    numpy.loadtxt librosa.load soundfile.read soundfile.write soundfile.SoundFile scipy.io.wavfile.read
    """.split()
)
_ELSEWHERE = frozenset({"pathlib.Path.home", "os.path.expanduser"})
_SECRETS = re.compile(
    r"/etc/(passwd|shadow|sudoers)|(^|/)\.(ssh|gnupg|aws|kube|netrc|git-credentials|pypirc|jupyter|ipython|bash_history)(/|$)"
    r"|id_(rsa|ed25519|ecdsa)$|^/proc/(self|\d+|thread-self)/(environ|mem|maps|root|fd|cmdline)|/var/run/docker\.sock"
    r"|169\.254\.169\.254|^/dev/(mem|kmem|kvm|shm/)"
)


def imports(
    source: Source, names: Names, *, asked: Collection[str], own: Collection[str], judge: Judge
) -> Iterator[Finding]:
    """What a source's imports and calls say.

    Parameters
    ----------
    asked : collection of str
        The permissions in the manifest.
    own : collection of str
        The modules in the plugin's folder.
    judge : callable
        What the policy says of a module.
    """
    for one in [*names.imports, *_called_imports(names)]:
        if one.module.split(".")[0] not in own:
            yield from _import(source, one, asked, judge)
    for call in names.calls:
        name = names.qualified(call.func)
        if not name:
            continue
        if _PROCESS_CALLS.fullmatch(name):
            message = f"{name} can't work: a plugin has no other processes"
            yield source.finding("medium", "process", message, call.lineno)
        elif _NETWORK_CALLS.fullmatch(name):
            yield source.finding(*_network(name, asked), call.lineno)
        elif name in _ELSEWHERE and "file_access" not in asked:
            message = f"{name} leads to the user's files, and the plugin doesn't ask for file_access"
            yield source.finding("low", "files-elsewhere", message, call.lineno)
        elif name in _FILE_CALLS and "file_access" not in asked and call.args:
            path = text_of(names.value_of(call.args[0]))
            if path.startswith(("/", "~", "..")):
                message = f"{name} of a path outside the plugin, which doesn't ask for file_access"
                yield source.finding("low", "files-elsewhere", message, call.lineno)
    for string in names.strings:
        text = string.value if isinstance(string.value, str) else ""
        if len(text) < 4096 and _SECRETS.search(text):
            yield source.finding("medium", "secret-path", "it names a place where secrets are", string.lineno)


def _import(source: Source, one: Import, asked: Collection[str], judge: Judge) -> Iterator[Finding]:
    modules = [one.module, *(f"{one.module}.{name}" for name in one.names)]
    verdicts = [judge(module) for module in modules]
    if "blocked" in verdicts:
        module = modules[verdicts.index("blocked")]
        message = f"it imports {_short(module)}, which the policy blocks (Policy.imports.blocked)"
        yield source.finding("high", BLOCKED_IMPORT, message, one.line)
        return
    if network := _listed(modules, NETWORK_MODULES):
        yield source.finding(*_network(network, asked), one.line)
    elif process := _listed(modules, PROCESS_MODULES):
        message = f"{process} can't start anything: a plugin has no other processes"
        yield source.finding("medium", "process", message, one.line)
    elif native := _listed(modules, NATIVE_MODULES):
        message = f"{native} runs machine code and reads any memory of its process, past all that this scan can see"
        yield source.finding("medium", "native-code", message, one.line)
    elif "restricted" in verdicts:
        # Of `from schillinger_plugins import types` the last part decides.
        of = [verdict for verdict in verdicts[1:] if verdict == "restricted"] if one.names else verdicts
        if of:
            module = modules[verdicts.index("restricted")]
            message = f"it imports {_short(module)}, which the policy records (Policy.imports.restricted)"
            yield source.finding("low", "import-restricted", message, one.line)


def _called_imports(names: Names) -> Iterator[Import]:
    """Modules that are imported by a call with the name as it stands."""
    for call in names.calls:
        if (
            names.qualified(call.func) in ("__import__", "importlib.import_module", "importlib.__import__")
            and call.args
        ):
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and not first.value.startswith("."):
                yield Import(module=first.value, line=call.lineno)


def _network(name: str, asked: Collection[str]) -> tuple[Literal["low", "medium"], str, str]:
    if "network" in asked:
        return "low", "network", f"{name} can't connect: what a plugin may fetch it gets by context.fetch"
    return "medium", "network", f"{name} can't connect, and the plugin doesn't ask for network"


def _listed(modules: Collection[str], listed: Collection[str]) -> str | None:
    for module in modules:
        parts = module.split(".")
        for count in range(1, len(parts) + 1):
            if ".".join(parts[:count]) in listed:
                return ".".join(parts[:count])
    return None


def _short(module: str) -> str:
    return module if len(module) <= 60 and module.isprintable() else ascii(module[:60])
