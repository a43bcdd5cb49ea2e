"""Code that is made when it runs, so that reading the source doesn't tell what it does.

Owns ``exec`` and its kin, imports by a name that is put together, data that becomes code, long opaque literals, and the
ways through the interpreter's own objects to what was not imported (``__subclasses__``, ``__globals__``, the collector).
Each has honest uses, but few that a plugin needs. Called by ``scan``.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from .names import Names, arguments, is_text, text_of
from .report import Finding, Severity
from .source import Source

_RUNS_CODE = frozenset(
    """
    exec eval compile types.FunctionType types.CodeType code.InteractiveInterpreter code.InteractiveConsole code.interact
    runpy.run_path runpy.run_module timeit.timeit timeit.repeat cProfile.run profile.run pdb.run
    """.split()
)
_IMPORTS = frozenset({"__import__", "importlib.import_module", "importlib.__import__", "importlib.reload"})
_LOADERS = frozenset(
    """
    importlib.util.spec_from_loader importlib.machinery.SourceFileLoader importlib.machinery.ExtensionFileLoader
    importlib.machinery.SourcelessFileLoader zipimport.zipimporter imp.load_source imp.load_module imp.load_dynamic
    site.addsitedir
    """.split()
)
_DECODERS = re.compile(
    r"base64\..*|binascii\..*|zlib\.decompress(obj)?|gzip\.decompress|bz2\.decompress|lzma\.decompress|marshal\.loads?|codecs\..*"
    r"|pickle\.loads?|bytes\.fromhex|bytearray\.fromhex|chr|bytes|bytearray|urllib\.parse\.unquote.*|quopri\..*|rot13"
)
_UNMARSHALS = frozenset({"marshal.load", "marshal.loads"})
_WALKS = frozenset(
    """
    __subclasses__ __globals__ __builtins__ __closure__ f_globals f_builtins f_locals f_back tb_frame gi_frame cr_frame
    ag_frame __getattribute__ __reduce_ex__ __code__ co_code func_globals __mro__ __bases__ __base__ __loader__
    """.split()
)
_GRAVE_WALKS = frozenset({"__subclasses__", "__globals__", "__builtins__", "f_globals", "f_builtins", "func_globals"})
_QUIET_WALKS = frozenset({"__mro__", "__bases__", "__base__", "__reduce_ex__", "__getattribute__"})
"""Worth a word only together with one of the grave ones."""
_WALK_CALLS = frozenset(
    """
    gc.get_objects gc.get_referrers gc.get_referents sys._getframe sys._current_frames inspect.currentframe inspect.stack
    sys.settrace sys.setprofile sys.addaudithook threading.settrace
    """.split()
)
_FRAMES = frozenset({"inspect.currentframe", "inspect.stack", "sys._getframe"})
_DELICATE = frozenset("builtins os posix sys ctypes importlib subprocess socket __builtins__ shutil".split())
_GLOBAL_MAPPINGS = frozenset({"globals", "vars", "locals"})

_LONG_LITERAL = 400
_ENCODED = re.compile(r"[A-Za-z0-9+/=_\-\s]+")
_HEX = re.compile(r"(?:\\x)?[0-9a-fA-F\s]+")
_MAX_PARTS = 40
_RUN = re.compile(r"\S{60}")


def obfuscation(source: Source, names: Names) -> Iterator[Finding]:
    """What a source does to be unreadable, or could."""
    for call in names.calls:
        yield from _call(source, names, call)
    yield from _walks(source, names)
    for reference in names.references:
        if isinstance(reference, ast.Name) and id(reference) not in names.called:
            name = names.qualified(reference)
            if name in names.dangerous:
                message = f"{name} is handed on as a value, so that what it runs can't be read here"
                yield source.finding("medium", "dynamic-code", message, reference.lineno)
    for subscript in names.subscripts:
        yield from _subscript(source, names, subscript)
    for string in names.strings:
        why = _opaque(string.value)
        if why:
            yield source.finding("medium", "opaque-data", f"{why}: data, or code, that can't be read", string.lineno)


def _call(source: Source, names: Names, call: ast.Call) -> Iterator[Finding]:
    name = names.qualified(call.func)
    line = call.lineno
    first = call.args[0] if call.args else None
    if name in _RUNS_CODE:
        if any(_decoded(names, argument) for argument in arguments(call)):
            yield source.finding(
                "high", "decoded-code", f"{name} runs what was encoded, so that nobody could read it", line
            )
        elif first is not None and is_text(names.value_of(first)):
            yield source.finding("low", "dynamic-code", f"{name} of a text that stands there", line)
        else:
            yield source.finding("medium", "dynamic-code", f"{name} runs code that is made while the plugin runs", line)
    elif name in _IMPORTS:
        if first is None or is_text(first):
            yield source.finding("low", "dynamic-import", f"{name} where an import would do", line)
        elif _built(names, first):
            message = f"{name} of a name that is put together, so that it can't be searched for"
            yield source.finding("high", "built-name", message, line)
        else:
            yield source.finding("medium", "dynamic-import", f"{name} of what is known only when it runs", line)
    elif name in _LOADERS:
        yield source.finding("medium", "dynamic-import", f"{name} imports code past the usual ways", line)
    elif name == "importlib.util.spec_from_file_location":
        yield source.finding("low", "dynamic-import", f"{name} imports a file by its path", line)
    elif name in _UNMARSHALS:
        yield source.finding("high", "decoded-code", f"{name} makes compiled code out of data", line)
    elif name in _WALK_CALLS:
        severity: Severity = "low" if name in _FRAMES else "medium"
        yield source.finding(severity, "object-walk", f"{name} reaches into the interpreter's own objects", line)
    elif name in ("getattr", "setattr", "operator.attrgetter", "object.__getattribute__") and call.args:
        yield from _attribute(source, names, call, name)
    elif name == "numpy.load" and any(
        keyword.arg == "allow_pickle" and getattr(keyword.value, "value", None) is True for keyword in call.keywords
    ):
        message = "unpickling can run any code (in the sandbox, as all of the plugin does)"
        yield source.finding("low", "unpickling", message, line)


def _attribute(source: Source, names: Names, call: ast.Call, name: str) -> Iterator[Finding]:
    wanted = call.args[0] if name == "operator.attrgetter" else call.args[1] if len(call.args) > 1 else None
    if wanted is None:
        return
    value = names.value_of(wanted)
    of = names.qualified(call.args[0]).split(".")[0]
    if is_text(value):
        attribute = text_of(value)
        if attribute in _GRAVE_WALKS:
            message = f"{attribute}, asked for by {name}, leads to what was not imported"
            yield source.finding("high", "object-walk", message, call.lineno)
        elif of in _DELICATE and attribute in names.dangerous | {"system", "popen", "fork"}:
            yield source.finding("high", "built-name", f"{of}.{attribute}, asked for by {name}", call.lineno)
    elif _built(names, value):
        message = f"{name} with a name that is put together, so that it can't be searched for"
        yield source.finding("high", "built-name", message, call.lineno)
    elif of in _DELICATE:
        message = f"{name} of {of} with a name that is known only when it runs"
        yield source.finding("medium", "built-name", message, call.lineno)


def _walks(source: Source, names: Names) -> Iterator[Finding]:
    found = [node for node in names.references if _attribute_name(node) in _WALKS]
    spelled = {_attribute_name(node) for node in found}
    together = bool(spelled & _GRAVE_WALKS) and len(spelled) > 1
    for node in found:
        name = _attribute_name(node)
        if name in _GRAVE_WALKS:
            message = f"{name} leads to what was not imported"
            yield source.finding("high" if together else "medium", "object-walk", message, node.lineno)
        elif name not in _QUIET_WALKS:
            yield source.finding(
                "low", "object-walk", f"{name} reaches into the interpreter's own objects", node.lineno
            )


def _subscript(source: Source, names: Names, node: ast.Subscript) -> Iterator[Finding]:
    """globals()["x"], vars(builtins)["x"], builtins.__dict__["x"], __builtins__["x"], sys.modules["x"]."""
    base = node.value
    if isinstance(base, ast.Call) and names.qualified(base.func) in _GLOBAL_MAPPINGS:
        of = names.qualified(base.args[0]) if base.args else ""
    elif isinstance(base, ast.Attribute) and base.attr == "__dict__":
        of = names.qualified(base.value)
    elif names.qualified(base) == "sys.modules":
        of = ""
    elif isinstance(base, ast.Name | ast.Attribute) and _attribute_name(base) in _GRAVE_WALKS:
        of = "__builtins__"
    else:
        return
    key = names.value_of(node.slice)
    if _built(names, key):
        message = "it looks a name up that is put together, so that it can't be searched for"
        yield source.finding("high", "built-name", message, node.lineno)
    elif of.split(".")[0] in _DELICATE or text_of(key) in _DELICATE | names.dangerous | _GRAVE_WALKS:
        message = "it looks up by its name what it could simply import or write"
        yield source.finding("medium", "built-name", message, node.lineno)


def _attribute_name(node: ast.Name | ast.Attribute) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def _decoded(names: Names, node: ast.expr) -> bool:
    """Whether a value comes out of a decoder, directly or by way of names and other calls."""
    value = names.value_of(node)
    if id(value) not in names.decoded:
        names.decoded[id(value)] = _comes_decoded(names, value)
    return names.decoded[id(value)]


def _comes_decoded(names: Names, node: ast.expr, steps: int = 60) -> bool:
    pending, seen = [node], set[int]()
    while pending and steps:
        steps -= 1
        one = names.value_of(pending.pop())
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, ast.Call):
            name = names.qualified(one.func)
            if name and _DECODERS.fullmatch(name):
                return True
            if isinstance(one.func, ast.Attribute):
                if one.func.attr in ("fromhex", "b64decode", "decompress"):
                    return True
                if one.func.attr == "decode" and one.args and is_text(names.value_of(one.args[0])):
                    codec = str(getattr(names.value_of(one.args[0]), "value", "")).lower()
                    if codec.replace("-", "").replace("_", "") not in ("utf8", "ascii", "latin1"):
                        return True
                pending.append(one.func.value)
        elif isinstance(one, ast.Name) and names.qualified(one) == "chr":
            return True  # handed on, as to map
        # Of an endless list no more than is looked at: many calls may share it by name.
        pending.extend(islice((child for child in ast.iter_child_nodes(one) if isinstance(child, ast.expr)), steps))
    return False


def _built(names: Names, node: ast.expr) -> bool:
    """Whether a text is put together from parts that could have stood there in one."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return _constant_parts(node)
    if isinstance(node, ast.JoinedStr):
        return bool(node.values) and all(
            isinstance(part, ast.Constant)
            or (isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Constant))
            for part in node.values[:_MAX_PARTS]
        )
    if isinstance(node, ast.Subscript):
        return is_text(names.value_of(node.value)) and isinstance(node.slice, ast.Slice)  # "metsys"[::-1]
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and is_text(node.func.value):
            return node.func.attr in ("join", "replace", "format", "translate", "swapcase", "lower", "upper", "strip")
        return _decoded(names, node)
    return False


def _constant_parts(node: ast.expr, steps: int = 40) -> bool:
    pending = [node]
    while pending:
        steps -= 1
        one = pending.pop()
        if not steps:
            return False
        if isinstance(one, ast.BinOp):
            pending += [one.left, one.right]
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "chr":
            continue
        elif not isinstance(one, ast.Constant):
            return False
    return True


def _opaque(value: object) -> str:
    """Why a literal can't be read, or nothing."""
    if isinstance(value, bytes):
        if len(value) < _LONG_LITERAL:
            return ""
        strange = sum(byte < 9 or 13 < byte < 32 or byte > 126 for byte in value[:65536])
        if strange > 0.3 * min(len(value), 65536):
            return f"{len(value)} bytes that are no text"
        value = value.decode("latin-1")
    if not isinstance(value, str) or len(value) < _LONG_LITERAL or not _RUN.search(value):
        return ""
    part = value[:65536]
    if _HEX.fullmatch(part):
        return f"{len(value)} hexadecimal digits"
    entropy = _entropy(part)
    if entropy > 5.0 and _ENCODED.fullmatch(part):
        return f"{len(value)} characters that are encoded, as by base64"
    if entropy > 5.7 and sum(c.isspace() for c in part) < 0.03 * len(part):
        return f"{len(value)} characters that are as good as random"
    return ""


def _entropy(text: str) -> float:
    """Bits per character (Shannon, 1948)."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
