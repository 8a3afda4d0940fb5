"""Writing Parquet row by row: row groups bounded in rows and in bytes, so that no file need fit in memory.

The export's only home of pyarrow. Equal rows give equal bytes with the same version of it, which stands in the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow
from pyarrow import parquet

from asrlab.export.files import bytes_written_whole

GROUP_BYTES = 32 << 20
"""Where a row group ends, counted in what its rows hold."""

Parts = tuple[tuple[str, str], ...]
"""Names and types, those by Arrow's name ("float64")."""
Kind = str | Parts | list[Parts]
"""A type by its name, a structure by its parts, or a list of structures by their parts in a list."""
Columns = Sequence[tuple[str, Kind]]


class ParquetRows:
    """Rows on their way into a Parquet file; each is a tuple in the order of the schema."""

    def __init__(self, writer: parquet.ParquetWriter, schema: pyarrow.Schema, group_rows: int) -> None:
        self._writer, self._schema, self._group_rows = writer, schema, group_rows
        self._held: list[Sequence[object]] = []
        self._held_bytes = 0

    def add(self, row: Sequence[object], num_bytes: int) -> None:
        """num_bytes: about as many as the row holds."""
        self._held.append(row)
        self._held_bytes += num_bytes
        if len(self._held) >= self._group_rows or self._held_bytes >= GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        if not self._held:
            return
        columns = [
            pyarrow.array(values, field.type)
            for values, field in zip(zip(*self._held, strict=True), self._schema, strict=True)
        ]
        self._writer.write_batch(
            pyarrow.RecordBatch.from_arrays(columns, schema=self._schema), row_group_size=len(self._held)
        )
        self._held, self._held_bytes = [], 0


@contextmanager
def parquet_written_whole(
    target: Path,
    columns: Columns,
    *,
    group_rows: int,
    metadata: Mapping[str, str] | None = None,
    unpacked: Sequence[str] = (),
) -> Iterator[ParquetRows]:
    """A file that takes its place when the block ends well, and vanishes when it does not.

    metadata: of the schema. unpacked: columns by their path in dots whose bytes are packed already (audio): they get
    no compression and no statistics.
    """
    schema = pyarrow.schema([(name, _type(kind)) for name, kind in columns], metadata)
    packed = [path for name, kind in columns for path in _leaves(name, kind) if path not in unpacked]
    with (
        bytes_written_whole(target) as file,
        parquet.ParquetWriter(
            file,
            schema,
            compression={**dict.fromkeys(packed, "zstd"), **dict.fromkeys(unpacked, "none")},
            use_dictionary=packed,
            write_statistics=packed,
        ) as writer,
    ):
        rows = ParquetRows(writer, schema, group_rows)
        yield rows
        rows.flush()


def _type(kind: Kind) -> pyarrow.DataType:
    if isinstance(kind, str):
        return pyarrow.type_for_alias(kind)
    if isinstance(kind, list):
        return pyarrow.list_(_type(kind[0]))
    return pyarrow.struct([(name, pyarrow.type_for_alias(part)) for name, part in kind])


def _leaves(path: str, kind: Kind) -> list[str]:
    """The paths of a column, or of those within it, as Parquet knows them."""
    if isinstance(kind, str):
        return [path]
    if isinstance(kind, list):
        return _leaves(f"{path}.list.element", kind[0])
    return [f"{path}.{name}" for name, _ in kind]
