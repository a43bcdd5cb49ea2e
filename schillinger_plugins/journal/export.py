"""Export: the journal's records for other tools.

Owns the two formats: JSON Lines, one record a line, and Parquet, for data frames. A file is written aside and appears when
it is whole. Called by the command line and the magics.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import InputError, PluginError
from ..files import writing
from ..paths import shown
from .records import PAGE, Record

if TYPE_CHECKING:
    import pyarrow

FORMATS = (".jsonl", ".parquet")

_PACKED = ("parameters", "config", "input_digests", "detail")


def export(records: Iterable[Record], kind: type[Any], file: Path) -> int:
    """Write records of one kind into a file; how many they were.

    Parameters
    ----------
    kind : type
        `Ran`, `Happening` or `Line`.
    file : Path
        Ends with ``.jsonl`` or ``.parquet``.

    Raises
    ------
    InputError
        For another ending.
    PluginError
        If pyarrow is missing, or the file can't be written.
    """
    if file.suffix not in FORMATS:
        raise InputError(
            f"{shown(file)} ends with {file.suffix or 'nothing'}, and a journal is exported as {' or '.join(FORMATS)}",
            remedy=f"write {shown(file.with_suffix('.jsonl'))}",
        )
    return _json_lines(records, file) if file.suffix == ".jsonl" else _parquet(records, kind, file)


def as_dict(record: Record) -> dict[str, Any]:
    """A record as plain data, what it holds as JSON unpacked."""
    return {
        name: _unpacked(value) if name in _PACKED and isinstance(value, str) else value
        for name, value in asdict(record).items()
    }


def _json_lines(records: Iterable[Record], file: Path) -> int:
    count = 0
    with writing(file) as out:
        for record in records:
            out.write(msgspec.json.encode(as_dict(record)) + b"\n")
            count += 1
    return count


def _parquet(records: Iterable[Record], kind: type[Any], file: Path) -> int:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise PluginError(
            "Parquet needs pyarrow, which is not installed",
            remedy='pip install "schillinger_plugins[journal]", or export .jsonl',
        ) from error
    types: dict[str, Any] = {"int": pyarrow.int64(), "float": pyarrow.float64()}
    schema = pyarrow.schema([(field.name, types.get(str(field.type), pyarrow.string())) for field in fields(kind)])
    count, rows = 0, iter(records)
    with writing(file) as out, parquet.ParquetWriter(out, schema) as writer:
        while page := list(itertools.islice(rows, PAGE)):
            table: pyarrow.Table = pyarrow.Table.from_pylist([asdict(record) for record in page], schema=schema)
            writer.write_table(table)
            count += len(page)
    return count


def _unpacked(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # it was cut
        return text
