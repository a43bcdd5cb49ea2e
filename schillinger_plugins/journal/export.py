"""Export: the journal's records for other tools.

Owns the formats: JSON Lines, one record a line; Parquet, for data frames; and runs as a trace for Perfetto. A file is
written aside and appears when it is whole. Called by the command line.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ..errors import InputError, PluginError
from ..files import writing
from ..paths import shown
from .chrome_trace import trace_events
from .grants import Denial, Grant
from .packing import unpacked
from .records import PAGE, Ran, Record

if TYPE_CHECKING:
    import pyarrow

FORMATS = (".jsonl", ".parquet", ".trace.json")

Entry = Record | Grant | Denial
"""What a journal holds."""

_PACKED = ("parameters", "config", "input_digests", "detail")


def export(records: Iterable[Entry], kind: type[Any], file: Path) -> int:
    """Write records of one kind into a file; how many they were.

    Parameters
    ----------
    kind : type
        `Ran`, `Happening`, `Line`, `Grant` or `Denial`.
    file : Path
        Ends with ``.jsonl`` or ``.parquet``; runs also with ``.trace.json``.

    Raises
    ------
    InputError
        For another ending.
    PluginError
        If pyarrow is missing, or the file can't be written.
    """
    ending = next((ending for ending in FORMATS if file.name.endswith(ending)), "")
    try:
        if ending == ".jsonl":
            return _json_lines(records, file)
        if ending == ".parquet":
            return _parquet(records, kind, file)
        if ending and kind is Ran:
            return _trace(cast("Iterable[Ran]", records), file)
    except OSError as error:
        raise PluginError(
            f"{shown(file)} can't be written: {error.strerror or error}",
            remedy="name a file in a folder that is there, that you may write, and whose disk has room",
        ) from error
    raise InputError(
        f"{shown(file)} ends with {file.suffix or 'nothing'}, and a journal is exported as {', '.join(FORMATS[:2])}"
        f" or, if it is runs, {FORMATS[2]}",
        remedy=f"write {shown(file.with_suffix('.jsonl'))}",
    )


def as_dict(record: Entry) -> dict[str, Any]:
    """A record as plain data, what it holds as JSON unpacked."""
    return {
        name: unpacked(value) if name in _PACKED and isinstance(value, str) else value
        for name, value in asdict(record).items()
    }


def _json_lines(records: Iterable[Entry], file: Path) -> int:
    count = 0
    with writing(file) as out:
        for record in records:
            out.write(msgspec.json.encode(as_dict(record)) + b"\n")
            count += 1
    return count


def _trace(runs: Iterable[Ran], file: Path) -> int:
    count = 0
    with writing(file) as out:
        out.write(b'{"traceEvents": [')
        for event in trace_events(runs):
            out.write((b",\n" if count else b"\n") + msgspec.json.encode(event))
            count += 1
        out.write(b"\n]}\n")
    return count


def _parquet(records: Iterable[Entry], kind: type[Any], file: Path) -> int:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise PluginError(
            "Parquet needs pyarrow, which is not installed",
            remedy='pip install "schillinger_plugins[journal]", or export .jsonl',
        ) from error
    texts = pyarrow.list_(pyarrow.string())
    types: dict[str, Any] = {"int": pyarrow.int64(), "float": pyarrow.float64(), "tuple[str, ...]": texts}
    schema = pyarrow.schema([(field.name, types.get(str(field.type), pyarrow.string())) for field in fields(kind)])
    count, rows = 0, iter(records)
    with writing(file) as out, parquet.ParquetWriter(out, schema) as writer:
        while page := list(itertools.islice(rows, PAGE)):
            table: pyarrow.Table = pyarrow.Table.from_pylist([asdict(record) for record in page], schema=schema)
            writer.write_table(table)
            count += len(page)
    return count
